#include "mixing.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <thread>
#include <tuple>

#include "distance.hpp"
#include "integers.hpp"
#include "labelgrid.hpp"

namespace huepress {
namespace {

constexpr int recent_bits = 16;

// The lower border of the cells of a key, in half levels, of which the odd ones are the borders of levels.
constexpr int border(int key) {
    if (key < 64) return -1 + 14 * (key - 64);
    if (key > 192) return 511 + 14 * (key - 192);
    return -1 + 4 * (key - 64);
}

constexpr int middle(int key) { return (border(key) + border(key + 1)) / 2; }

std::int64_t square(std::int64_t x) { return x * x; }

int coordinate_of_light(std::int64_t light) {
    return static_cast<int>(divide_rounded((2 * light - light_unit) * mixing_unit, 2 * light_unit));
}

Point halved(Point point) {
    for (std::int16_t& coordinate : point) coordinate = static_cast<std::int16_t>(coordinate >> 1);
    return point;
}

int largest_difference(const Point& a, const Point& b) {
    int most = 0;
    for (std::size_t c = 0; c < 4; ++c) most = std::max(most, std::abs(a[c] - b[c]));
    return most;
}

// The colour of a premultiplied position of such an alpha, 1 to 255, or the nearest that cells go on to.
Point straight(const Point& point, int alpha, std::int64_t farthest) {
    Point result{};
    for (std::size_t c = 0; c < 3; ++c)
        result[c] = static_cast<std::int16_t>(std::clamp<std::int64_t>(
            divide_rounded(std::int64_t{point[c]} * 255, alpha), -farthest, farthest));
    return result;
}

// distance() is never below along() of one axis' difference.
template <class Along, class Distance>
std::vector<std::int64_t> gaps_by(std::span<const Point> all, Along along, Distance distance) {
    std::size_t axis = 0;  // along which they spread the most, so that few are compared
    int widest = -1;
    for (std::size_t c = 0; c < 4; ++c) {
        const auto [low, high] =
            std::minmax_element(all.begin(), all.end(), [c](const Point& a, const Point& b) { return a[c] < b[c]; });
        if ((*high)[c] - (*low)[c] > widest) {
            widest = (*high)[c] - (*low)[c];
            axis = c;
        }
    }
    const auto before = [axis](const Point& a, const Point& b) { return std::tie(a[axis], a) < std::tie(b[axis], b); };
    std::vector<Point> points(all.begin(), all.end());
    std::sort(points.begin(), points.end(), before);
    points.erase(std::unique(points.begin(), points.end()), points.end());
    std::vector<std::int64_t> gaps(points.size(), std::numeric_limits<std::int64_t>::max());
    if (points.size() == 1) gaps[0] = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto look_at = [&](std::size_t j) {
            if (along(points[j][axis] - points[i][axis]) >= gaps[i]) return false;
            gaps[i] = std::min(gaps[i], distance(points[i], points[j]));
            return true;
        };
        for (std::size_t j = i + 1; j < points.size() && look_at(j);) ++j;
        for (std::size_t j = i; j-- > 0 && look_at(j);) {
        }
    }
    std::vector<std::int64_t> ranked = gaps, result;
    const auto median = ranked.begin() + static_cast<std::ptrdiff_t>((ranked.size() - 1) / 2);
    std::nth_element(ranked.begin(), median, ranked.end());
    for (const Point& point : all) {
        const auto at = std::lower_bound(points.begin(), points.end(), point, before) - points.begin();
        result.push_back(std::min(gaps[static_cast<std::size_t>(at)], *median));
    }
    return result;
}

}  // namespace

std::vector<std::int64_t> usual_squared_gaps(std::span<const Point> points) {
    return gaps_by(points, square, [](const Point& a, const Point& b) { return std::int64_t{squared_distance(a, b)}; });
}

std::vector<std::int64_t> usual_gaps(std::span<const Point> points) {
    return gaps_by(points, [](int difference) { return std::int64_t{std::abs(difference)}; },
                   [](const Point& a, const Point& b) { return std::int64_t{largest_difference(a, b)}; });
}

Point mixed(Space mixing, Rgba color) {
    Point point = halved(embed(mixing, color));
    point[3] = static_cast<std::int16_t>(alpha_level * color[3]);
    return point;
}

template <class Label>
TargetCodes<Label>::TargetCodes(Space space, std::span<const Rgba> codebook, bool translucent)
    : space_(space),
      mixing_(mixing_space(space)),
      codes_(codebook.size()),
      compared_(codebook.size()),
      block_of_cell_(index_cells),
      labels_((index_cells + 1) * index_block),
      bounds_((index_cells + 1) * index_block),
      recent_(translucent ? std::size_t{1} << recent_bits : 0) {
    embed(space, codebook, compared_);
    for (Point& point : compared_) point = halved(point);
    for (std::size_t i = 0; i < codes_.size(); ++i) {
        codes_[i].point = mixed(mixing_, codebook[i]);
        codes_[i].compared = compared_[i];
        alphas_.push_back(codebook[i][3]);
        if (codebook[i][3] == 255) solid_.push_back(static_cast<std::uint16_t>(i));
    }
    if (solid_.empty()) {
        solid_.resize(codes_.size());
        std::iota(solid_.begin(), solid_.end(), std::uint16_t{0});
    }
    lay_out_cells();
    gather_groups();
    measure_rooms();
    clear_ = nearest_to(halved(embed(space, Rgba{0, 0, 0, 0})));
}

template <class Label>
void TargetCodes<Label>::lay_out_cells() {
    for (int level = 0; level < 256; ++level) {
        const auto value = static_cast<std::uint8_t>(level);
        levels_[value] = mixed(mixing_, {value, value, value, 255})[0];
        alpha_places_[value] = halved(embed(space_, {0, 0, 0, value}))[3];
    }
    const auto place = [this](int half_level) {
        return mixing_ == Space::srgb ? 16 * half_level - mixing_unit / 2
                                      : coordinate_of_light(light_of_half_level(half_level));
    };
    for (int key = 0; key < 256; ++key)
        centres_[static_cast<std::size_t>(key)] =
            static_cast<std::int16_t>(std::clamp(place(middle(key)), -farthest, farthest));
    for (std::uint32_t key = 0; key < 256; ++key)
        for (int c = 0; c < 3; ++c) places_[static_cast<std::size_t>(c)][key] = color_index(key << 8 * c);
    int key = 0;
    for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
        while (key < 255 && place(border(key + 1)) <= static_cast<int>(2 * slot) + 1 - farthest) ++key;
        keys_[slot] = static_cast<std::uint8_t>(key);
    }
}

template <class Label>
void TargetCodes<Label>::gather_groups() {
    const auto gather = [&](std::vector<std::pair<std::uint32_t, std::uint16_t>> places, Held& held,
                            std::vector<std::vector<std::uint16_t>>& groups, std::uint16_t Code::* group) {
        std::sort(places.begin(), places.end());
        groups.resize(1);
        for (std::size_t i = 0, end; i < places.size(); i = end) {
            for (end = i + 1; end < places.size() && places[end].first == places[i].first;) ++end;
            held.push_back(places[i]);
            if (end == i + 1) continue;
            std::vector<std::uint16_t> labels;
            for (std::size_t j = i; j < end; ++j) {
                labels.push_back(places[j].second);
                codes_[places[j].second].*group = static_cast<std::uint16_t>(groups.size());
            }
            groups.push_back(std::move(labels));
        }
    };
    std::vector<std::pair<std::uint32_t, std::uint16_t>> places, solid_places;
    for (std::size_t i = 0; i < codes_.size(); ++i) {
        const auto label = static_cast<std::uint16_t>(i);
        if (alphas_[i] == 255)
            solid_places.emplace_back(index_of(codes_[i].point), label);
        else if (alphas_[i] != 0)
            places.emplace_back(index_of(straight(codes_[i].point, alphas_[i], farthest)) | std::uint32_t{alphas_[i]} << 24, label);
    }
    gather(std::move(places), held_, groups_, &Code::group);
    gather(std::move(solid_places), solid_held_, solid_groups_, &Code::solid_group);
}

template <class Label>
void TargetCodes<Label>::measure_rooms() {
    std::vector<Point> points;
    for (const Code& code : codes_) points.push_back(code.point);
    const auto rooms = usual_gaps(points);
    for (std::size_t i = 0; i < codes_.size(); ++i) codes_[i].room = static_cast<std::int16_t>(rooms[i]);
    gaps_ = usual_squared_gaps(compared_);
}

// Where the centres of cells are compared, opaque.
template <class Label>
void TargetCodes<Label>::compare(std::span<const std::uint32_t> indices, std::span<Point> points /* OUT */) const {
    const auto key = [](std::uint32_t index, int c) {
        return (index >> (19 - 5 * c) & 31) << 3 | (index >> (6 - 3 * c) & 7);
    };
    if (space_ == Space::oklab) {
        std::array<Light, index_block> lights;
        for (std::size_t i = 0; i < indices.size(); ++i)
            for (int c = 0; c < 3; ++c)
                lights[i][static_cast<std::size_t>(c)] = light_of_half_level(middle(static_cast<int>(key(indices[i], c))));
        oklab_of_light(std::span(lights).first(indices.size()), points);
        for (Point& point : points) point = halved(point);
    } else {
        for (std::size_t i = 0; i < indices.size(); ++i)
            for (int c = 0; c < 3; ++c) points[i][static_cast<std::size_t>(c)] = centres_[key(indices[i], c)];
    }
    for (Point& point : points) point[3] = alpha_places_[255];
}

template <class Label>
std::uint32_t TargetCodes<Label>::translucent(const Point& target) {
    const auto alpha = static_cast<std::uint8_t>((target[3] + alpha_level / 2) / alpha_level);
    const std::uint32_t index = index_of(straight(target, alpha, farthest)), cell = index | std::uint32_t{alpha} << 24;
    auto& place = recent_[cell * 0x9E3779B1u >> (32 - recent_bits)];
    const std::uint64_t entry = place.load(std::memory_order_relaxed);
    std::uint32_t label;
    if (entry >> 32 == cell) {
        label = static_cast<std::uint32_t>(entry) - 1;
    } else {
        const auto held = std::lower_bound(held_.begin(), held_.end(), std::pair(cell, std::uint16_t{0}));
        if (held != held_.end() && held->first == cell) {
            label = held->second;
        } else {
            Point centre;
            compare({&index, 1}, {&centre, 1});
            for (std::size_t c = 0; c < 3; ++c)
                centre[c] = static_cast<std::int16_t>(divide_rounded(std::int64_t{centre[c]} * alpha, 255));
            centre[3] = alpha_places_[alpha];
            label = nearest_to(centre);
        }
        place.store(std::uint64_t{cell} << 32 | (label + 1), std::memory_order_relaxed);
    }
    return codes_[label].group == 0 ? label : nearest_in(groups_[codes_[label].group], target);
}

template <class Label>
std::uint32_t TargetCodes<Label>::nearest_to(const Point& compared) const {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::size_t label = 0;
    for (std::size_t i = 0; i < compared_.size(); ++i) {
        std::int64_t distance = 0;
        for (std::size_t c = 0; c < 4; ++c) distance += square(compared_[i][c] - compared[c]);
        if (distance < least) {
            least = distance;
            label = i;
        }
    }
    return static_cast<std::uint32_t>(label);
}

template <class Label>
std::uint32_t TargetCodes<Label>::nearest_in(const std::vector<std::uint16_t>& group, const Point& target) const {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::uint32_t nearest = 0;
    for (const std::uint32_t label : group) {
        std::int64_t distance = 0;
        for (std::size_t c = 0; c < 4; ++c) distance += square(codes_[label].point[c] - target[c]);
        if (distance < least) {
            least = distance;
            nearest = label;
        }
    }
    return nearest;
}

// Threads that want the same block wait for the one that makes it: that takes less than to make it again.
template <class Label>
std::uint16_t TargetCodes<Label>::make_block(std::size_t cell) {
    auto& known = block_of_cell_[cell];
    std::uint16_t known_block = none;
    while (!known.compare_exchange_weak(known_block, in_work, std::memory_order_acquire)) {
        if (made(known_block)) return known_block;
        if (known_block == in_work) std::this_thread::yield();
        known_block = none;
    }
    const auto block = static_cast<std::uint16_t>(blocks_.fetch_add(1, std::memory_order_relaxed) + 1);
    try {
        std::array<std::uint32_t, index_block> indices;
        std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(cell * index_block));
        std::array<Point, index_block> places;
        compare(indices, places);
        fill(cell, places, &labels_[block * index_block]);
        measure(cell, places, &labels_[block * index_block], &bounds_[block * index_block]);
    } catch (...) {
        known.store(none);  // nobody shall wait for it
        throw;
    }
    known.store(block, std::memory_order_release);
    return block;
}

template <class Label>
void TargetCodes<Label>::fill(std::size_t cell, std::span<const Point> places, Label* labels /* OUT, 512 */) const {
    if (sizeof(Label) == 1 && space_ == mixing_) {
        const auto names = contenders(places.front(), places.back());
        const std::array<std::size_t, 3> low{cell >> 10 << 3, (cell >> 5 & 31) << 3, (cell & 31) << 3};
        std::array<std::array<std::int16_t, 8>, 3> coordinates;
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t i = 0; i < 8; ++i) coordinates[c][i] = centres_[low[c] + i];
        std::array<GridCode, 256> codes;
        for (std::size_t i = 0; i < names.size(); ++i)
            codes[i] = {compared_[names[i]], static_cast<std::uint8_t>(names[i])};
        std::array<std::uint8_t, index_block> found;
        label_grid({coordinates[0].data(), coordinates[1].data(), coordinates[2].data()}, places[0][3], std::span(codes).first(names.size()), found.data());
        std::copy(found.begin(), found.end(), labels);
    } else {
        Point least = places[0], most = places[0];
        for (const Point& place : places)
            for (std::size_t c = 0; c < 4; ++c) {
                least[c] = std::min(least[c], place[c]);
                most[c] = std::max(most[c], place[c]);
            }
        const auto names = contenders(least, most);
        std::array<std::uint16_t, group_size> found;
        std::array<std::int32_t, group_size> distances;
        for (std::size_t i = 0; i < index_block; i += group_size) {
            kernels().nearest(&places[i], compared_.data(), names.data(), names.size(), found.data(), distances.data());
            std::copy(found.begin(), found.end(), labels + i);
        }
    }
    const auto first = std::lower_bound(solid_held_.begin(), solid_held_.end(),
                                        std::pair(static_cast<std::uint32_t>(cell * index_block), std::uint16_t{0}));
    for (auto held = first; held != solid_held_.end() && held->first / index_block == cell; ++held)
        labels[held->first % index_block] = static_cast<Label>(held->second);
}

template <class Label>
void TargetCodes<Label>::measure(std::size_t cell, std::span<const Point> places, const Label* labels,
                                 Bounds* bounds /* OUT, 512 */) const {
    const std::array<std::size_t, 3> low{cell >> 10 << 3, (cell >> 5 & 31) << 3, (cell & 31) << 3};
    for (const std::size_t key : low)
        if (key < key_of_level(0) || key > key_of_level(255)) return;
    for (std::size_t i = 0; i < index_block; ++i) {
        const Code& code = codes_[labels[i]];
        const std::array<std::size_t, 3> offsets{i >> 6, i >> 3 & 7, i & 7};
        int far = 0;
        for (std::size_t c = 0; c < 3; ++c) far = std::max(far, std::abs(centres_[low[c] + offsets[c]] - code.point[c]));
        // Half as far again as the nearest code, seven quarters of a gap, or what is no dot yet.
        const std::int64_t farthest = std::max({9 * std::int64_t{squared_distance(places[i], code.compared)} / 4,
                                                49 * gaps_[labels[i]] / 16, square(mixing_unit / 16)});
        bounds[i] = {places[i], static_cast<std::int32_t>(std::min<std::int64_t>(farthest, INT32_MAX)),
                     static_cast<std::uint16_t>(reach(code.room, far)), static_cast<std::uint16_t>(code.room)};
    }
}

// The codes that may be nearest to some position of a box: |x - code|^2 - |x - other|^2 is a linear
// function of x, so that along each axis it is least at an end.
template <class Label>
std::vector<std::uint16_t> TargetCodes<Label>::contenders(const Point& low, const Point& high) const {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    Point central{};
    for (const std::uint16_t label : solid_) {
        std::int64_t distance = 0;
        for (std::size_t c = 0; c < 4; ++c) distance += square(low[c] + high[c] - 2 * compared_[label][c]);
        if (distance < least) {
            least = distance;
            central = compared_[label];
        }
    }
    std::vector<std::uint16_t> names;
    for (const std::uint16_t label : solid_) {
        std::int64_t lead = 0;
        for (std::size_t c = 0; c < 4; ++c) {
            const std::int16_t code = compared_[label][c];
            lead += std::max(square(low[c] - central[c]) - square(low[c] - code),
                             square(high[c] - central[c]) - square(high[c] - code));
        }
        if (lead >= 0) names.push_back(label);
    }
    return names;
}

template class TargetCodes<std::uint8_t>;
template class TargetCodes<std::uint16_t>;

}  // namespace huepress
