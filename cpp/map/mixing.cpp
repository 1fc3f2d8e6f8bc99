#include "map/mixing.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <thread>
#include <tuple>

#include "core/distance.hpp"
#include "core/integers.hpp"
#include "map/labelgrid.hpp"

namespace huepress {
namespace {

constexpr int recent_bits = 16;

// The lower border of the cells of a key, in half levels, of which the odd ones are the borders of
// levels.
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

// Every third bit of the result is the next one of the key.
constexpr std::uint32_t spread_bits(std::uint32_t key) {
    std::uint32_t result = 0;
    for (int bit = 0; bit < 8; ++bit) result |= (key >> bit & 1) << 3 * bit;
    return result;
}

constexpr std::uint32_t key_in(std::uint32_t index, int channel) {
    std::uint32_t key = 0;
    for (int bit = 0; bit < 8; ++bit) key |= (index >> (3 * bit + 2 - channel) & 1) << bit;
    return key;
}

// Where the positions of a block, blue varying fastest, have their places.
constexpr auto place_in_block = [] {
    std::array<std::uint16_t, index_block> places{};
    for (std::uint32_t i = 0; i < index_block; ++i)
        places[i] = static_cast<std::uint16_t>(4 * spread_bits(i >> 6) +
                                               2 * spread_bits(i >> 3 & 7) + spread_bits(i & 7));
    return places;
}();

Point halved(Point point) {
    for (std::int16_t& coordinate : point) coordinate = static_cast<std::int16_t>(coordinate >> 1);
    return point;
}

int largest_difference(const Point& a, const Point& b) {
    int most = 0;
    for (std::size_t c = 0; c < 4; ++c) most = std::max(most, std::abs(a[c] - b[c]));
    return most;
}

// n reciprocals[d] >> 38 is n / 2d for n below 2^25, as the rounding up adds less than n / 2^38.
constexpr auto reciprocals = [] {
    std::array<std::uint64_t, 256> r{};
    for (std::uint64_t d = 1; d < 256; ++d) r[d] = (std::uint64_t{1} << 38) / (2 * d) + 1;
    return r;
}();

// The colour of a premultiplied position of such an alpha, 1 to 255, or the nearest that cells go
// on to.
Point straight(const Point& point, int alpha, int farthest) {
    constexpr int raised = 1 << 15;  // above 0, and beyond any `farthest`
    Point result{};
    for (std::size_t c = 0; c < 3; ++c) {
        const int bounded = std::clamp(point[c] * 255, -farthest * alpha, farthest * alpha);
        const auto twice = static_cast<std::uint64_t>(2 * bounded + alpha + 2 * alpha * raised);
        const auto quotient =
            static_cast<int>(twice * reciprocals[static_cast<std::size_t>(alpha)] >> 38);
        result[c] = static_cast<std::int16_t>(quotient - raised);
    }
    return result;
}

// distance() is never below along() of one axis' difference.
template <class Along, class Distance>
std::vector<std::int64_t> gaps_by(std::span<const Point> all, Along along, Distance distance) {
    std::size_t axis = 0;  // along which they spread the most, so that few are compared
    int widest = -1;
    for (std::size_t c = 0; c < 4; ++c) {
        const auto [low, high] = std::minmax_element(
            all.begin(), all.end(), [c](const Point& a, const Point& b) { return a[c] < b[c]; });
        if ((*high)[c] - (*low)[c] > widest) {
            widest = (*high)[c] - (*low)[c];
            axis = c;
        }
    }
    const auto before = [axis](const Point& a, const Point& b) {
        return std::tie(a[axis], a) < std::tie(b[axis], b);
    };
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
        const auto at =
            std::lower_bound(points.begin(), points.end(), point, before) - points.begin();
        result.push_back(std::min(gaps[static_cast<std::size_t>(at)], *median));
    }
    return result;
}

}  // namespace

std::vector<std::int64_t> usual_squared_gaps(std::span<const Point> points) {
    return gaps_by(points, square, [](const Point& a, const Point& b) {
        return std::int64_t{squared_distance(a, b)};
    });
}

std::vector<std::int64_t> usual_gaps(std::span<const Point> points) {
    return gaps_by(
        points, [](int difference) { return std::int64_t{std::abs(difference)}; },
        [](const Point& a, const Point& b) { return std::int64_t{largest_difference(a, b)}; });
}

Point mixed(Space mixing, Rgba color) {
    Point point = halved(embed(mixing, color));
    point[3] = static_cast<std::int16_t>(alpha_level * color[3]);
    return point;
}

template <class Label>
TargetCodes<Label>::TargetCodes(Space space, std::span<const Rgba> codebook, bool translucent)
    : space_(space), mixing_(mixing_space(space)), codes_(codebook.size()),
      group_of_(codebook.size()), compared_(codebook.size()), block_of_cell_(index_cells),
      labels_((index_cells + 1) * index_block),
      compared_centres_(space == Space::oklab ? (index_cells + 1) * index_block : 0),
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
    for (std::size_t c = 0; c < 4; ++c)
        for (const std::uint16_t label : solid_) solid_axes_[c].push_back(compared_[label][c]);
    std::vector<Point> solid;
    for (const std::uint16_t label : solid_) solid.push_back(compared_[label]);
    fours_ = side_by_side(compared_);
    solid_fours_ = side_by_side(solid);
    lay_out_cells();
    gather_groups();
    measure_rooms();
    clear_ = nearest_of(fours_, halved(embed(space, Rgba{0, 0, 0, 0})));
}

template <class Label>
void TargetCodes<Label>::lay_out_cells() {
    const auto place = [this](int half_level) {
        return mixing_ == Space::srgb ? 16 * half_level - mixing_unit / 2
                                      : coordinate_of_light(light_of_half_level(half_level));
    };
    for (int key = 0; key < 256; ++key) {
        const auto at = static_cast<std::size_t>(key);
        centres_[at] =
            static_cast<std::int16_t>(std::clamp(place(middle(key)), -farthest, farthest));
        lights_[at] = light_of_half_level(middle(key));
    }
    for (std::size_t level = 0; level < 256; ++level) {
        const auto value = static_cast<std::uint8_t>(level);
        const std::size_t key = key_of_level(value);
        levels_[level] = {spread_bits(static_cast<std::uint32_t>(key)),
                          mixed(mixing_, {value, value, value, 255})[0], centres_[key]};
        alpha_places_[level] = halved(embed(space_, {0, 0, 0, value}))[3];
    }
    // A coordinate counts as the odd number that shares its slot of two. Of sRGB, borders are
    // multiples of 32.
    slot_bits_ = mixing_ == Space::srgb ? 5 : 1;
    spreads_.resize((std::size_t{2 * farthest} >> slot_bits_) + 1);
    std::uint32_t key = 0;
    for (std::size_t slot = 0; slot < spreads_.size(); ++slot) {
        const int coordinate = (static_cast<int>(slot) << slot_bits_) + 1 - farthest;
        while (key < 255 && place(border(static_cast<int>(key) + 1)) <= coordinate) ++key;
        spreads_[slot] = spread_bits(key);
    }
}

template <class Label>
void TargetCodes<Label>::gather_groups() {
    const auto gather = [&](std::vector<std::pair<std::uint32_t, std::uint16_t>> places, Held& held,
                            std::vector<std::vector<std::uint16_t>>& groups,
                            std::uint16_t Groups::* group) {
        std::sort(places.begin(), places.end());
        groups.resize(1);
        for (std::size_t i = 0, end; i < places.size(); i = end) {
            for (end = i + 1; end < places.size() && places[end].first == places[i].first;) ++end;
            held.push_back(places[i]);
            if (end == i + 1) continue;
            std::vector<std::uint16_t> labels;
            for (std::size_t j = i; j < end; ++j) {
                labels.push_back(places[j].second);
                group_of_[places[j].second].*group = static_cast<std::uint16_t>(groups.size());
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
            places.emplace_back(index_of(straight(codes_[i].point, alphas_[i], farthest)) |
                                    std::uint32_t{alphas_[i]} << 24,
                                label);
    }
    gather(std::move(places), held_, groups_, &Groups::all);
    gather(std::move(solid_places), solid_held_, solid_groups_, &Groups::solid);
}

template <class Label>
void TargetCodes<Label>::measure_rooms() {
    std::vector<Point> points;
    for (const Code& code : codes_) points.push_back(code.point);
    const auto rooms = usual_gaps(points);
    const auto gaps = usual_squared_gaps(compared_);
    // Seven quarters of a gap, or what is no dot yet.
    for (std::size_t i = 0; i < codes_.size(); ++i) {
        const std::int64_t farthest = std::max(49 * gaps[i] / 16, square(mixing_unit / 16));
        neighbourhoods_.push_back(
            {static_cast<std::int32_t>(std::min<std::int64_t>(farthest, INT32_MAX)),
             static_cast<std::int16_t>(rooms[i])});
    }
}

template <class Label>
Point TargetCodes<Label>::compared_centre(std::uint32_t index) const {
    Point centre;
    if (space_ == Space::oklab) {
        Light light;
        for (int c = 0; c < 3; ++c) light[static_cast<std::size_t>(c)] = lights_[key_in(index, c)];
        oklab_of_light({&light, 1}, {&centre, 1});
        centre = halved(centre);
    } else {
        for (int c = 0; c < 3; ++c)
            centre[static_cast<std::size_t>(c)] = centres_[key_in(index, c)];
    }
    centre[3] = alpha_places_[255];
    return centre;
}

template <class Label>
std::uint32_t TargetCodes<Label>::translucent(const Point& target) {
    const auto alpha = static_cast<std::uint8_t>((target[3] + alpha_level / 2) / alpha_level);
    const std::uint32_t index = index_of(straight(target, alpha, farthest)),
                        cell = index | std::uint32_t{alpha} << 24;
    auto& place = recent_[cell * 0x9E3779B1u >> (32 - recent_bits)];
    const std::uint64_t entry = place.load(std::memory_order_relaxed);
    std::uint32_t label;
    if (entry >> 32 == cell) {
        label = static_cast<std::uint32_t>(entry) - 1;
    } else {
        const auto held =
            std::lower_bound(held_.begin(), held_.end(), std::pair(cell, std::uint16_t{0}));
        if (held != held_.end() && held->first == cell) {
            label = held->second;
        } else {
            Point centre = compared_centre(index);
            for (std::size_t c = 0; c < 3; ++c)
                centre[c] =
                    static_cast<std::int16_t>(divide_rounded(std::int64_t{centre[c]} * alpha, 255));
            centre[3] = alpha_places_[alpha];
            label = nearest_of(fours_, centre);
        }
        place.store(std::uint64_t{cell} << 32 | (label + 1), std::memory_order_relaxed);
    }
    return group_of_[label].all == 0 ? label : nearest_in(groups_[group_of_[label].all], target);
}

template <class Label>
auto TargetCodes<Label>::side_by_side(std::span<const Point> points) -> Fours {
    Fours fours(groups_of(points.size()));
    for (std::size_t i = 0; i < 4 * fours.size(); ++i)
        fours[i / 4].set(i % 4, points[std::min(i, points.size() - 1)]);
    return fours;
}

template <class Label>
std::uint32_t TargetCodes<Label>::nearest_in(const std::vector<std::uint16_t>& group,
                                             const Point& target) const {
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

// Threads that want the same block wait for the one that makes it: that takes less than to make it
// again.
template <class Label>
std::uint16_t TargetCodes<Label>::make_block(std::size_t cell) {
    auto& known = block_of_cell_[cell];
    std::uint16_t known_block = none;
    while (!known.compare_exchange_weak(known_block, in_work, std::memory_order_acquire)) {
        if (made(known_block)) return known_block;
        if (known_block == in_work) std::this_thread::yield();
        known_block = none;
    }
    const auto block =
        static_cast<std::uint16_t>(blocks_.fetch_add(1, std::memory_order_relaxed) + 1);
    try {
        fill(cell, block);
    } catch (...) {
        known.store(none);  // nobody shall wait for it
        throw;
    }
    known.store(block, std::memory_order_release);
    return block;
}

template <class Label>
void TargetCodes<Label>::fill(std::size_t cell, std::size_t block) {
    const auto start = static_cast<std::uint32_t>(cell * index_block);
    const std::array<std::size_t, 3> low{key_in(start, 0), key_in(start, 1), key_in(start, 2)};
    Label* labels = &labels_[block * index_block];
    std::vector<std::uint16_t> names;
    if (sizeof(Label) == 1 && space_ == mixing_) {
        name_contenders(compared_centre(start), compared_centre(start + index_block - 1), names);
        std::array<GridCode, 256> codes;
        for (std::size_t i = 0; i < names.size(); ++i)
            codes[i] = {compared_[names[i]], static_cast<std::uint8_t>(names[i])};
        std::array<std::uint8_t, index_block> found;
        label_grid({&centres_[low[0]], &centres_[low[1]], &centres_[low[2]]}, alpha_places_[255],
                   std::span(codes).first(names.size()), found.data());
        for (std::size_t i = 0; i < index_block; i += 2)
            std::copy_n(&found[i], 2, labels + place_in_block[i]);
    } else {
        std::array<Point, index_block> places;
        place(low, places);
        Point least = places[0], most = places[0];
        for (const Point& point : places)
            for (std::size_t c = 0; c < 4; ++c) {
                least[c] = std::min(least[c], point[c]);
                most[c] = std::max(most[c], point[c]);
            }
        name_contenders(least, most, names);
        std::array<std::uint16_t, group_size> found;
        std::array<std::int32_t, group_size> distances;
        for (std::size_t i = 0; i < index_block; i += group_size) {
            kernels().nearest(&places[i], compared_.data(), names.data(), names.size(),
                              found.data(), distances.data());
            for (std::size_t j = 0; j < group_size; ++j)
                labels[place_in_block[i + j]] = static_cast<Label>(found[j]);
        }
        const auto of_pixels = [](std::size_t key) {
            return key >= key_of_level(0) && key <= key_of_level(255);
        };
        if (space_ == Space::oklab && std::all_of(low.begin(), low.end(), of_pixels))
            for (std::size_t i = 0; i < index_block; ++i)
                compared_centres_[block * index_block + place_in_block[i]] = places[i];
    }
    const auto first = std::lower_bound(solid_held_.begin(), solid_held_.end(),
                                        std::pair(start, std::uint16_t{0}));
    for (auto held = first; held != solid_held_.end() && held->first / index_block == cell; ++held)
        labels[held->first % index_block] = static_cast<Label>(held->second);
}

// Where the centres of a block's cells are compared, blue varying fastest.
template <class Label>
void TargetCodes<Label>::place(const std::array<std::size_t, 3>& low,
                               std::span<Point> places /* OUT, 512 */) const {
    const auto key = [&](std::size_t i, std::size_t c) { return low[c] + (i >> (6 - 3 * c) & 7); };
    if (space_ == Space::oklab) {
        std::array<Light, index_block> lights;
        for (std::size_t i = 0; i < index_block; ++i)
            for (std::size_t c = 0; c < 3; ++c) lights[i][c] = lights_[key(i, c)];
        oklab_of_light(lights, places);
        for (Point& point : places) point = halved(point);
    } else {
        for (std::size_t i = 0; i < index_block; ++i)
            for (std::size_t c = 0; c < 3; ++c) places[i][c] = centres_[key(i, c)];
    }
    for (Point& point : places) point[3] = alpha_places_[255];
}

// The codes that may be nearest to some position of a box: |x - code|^2 - |x - other|^2 is a linear
// function of x, so that along each axis it is least at an end. In floats, of which the error is
// below the margin: a few codes too many do no harm.
template <class Label>
void TargetCodes<Label>::name_contenders(const Point& low, const Point& high,
                                         std::vector<std::uint16_t>& names /* OUT */) const {
    constexpr float margin = 4096;
    const std::size_t n = solid_.size();
    Point middle;
    for (std::size_t c = 0; c < 4; ++c)
        middle[c] = static_cast<std::int16_t>((low[c] + high[c]) / 2);
    const std::size_t central = nearest_of(solid_fours_, middle);
    std::array<const float*, 4> axes;
    std::array<float, 4> own, twice_low, twice_high;
    for (std::size_t c = 0; c < 4; ++c) {
        axes[c] = solid_axes_[c].data();
        own[c] = axes[c][central];
        twice_low[c] = static_cast<float>(2 * low[c]) - own[c];
        twice_high[c] = static_cast<float>(2 * high[c]) - own[c];
    }
    std::vector<float> lead(n);
    for (std::size_t i = 0; i < n; ++i) {
        float sum = margin;
        for (std::size_t c = 0; c < 4; ++c) {
            const float x = axes[c][i], off = x - own[c];
            const float at_low = off * (twice_low[c] - x), at_high = off * (twice_high[c] - x);
            sum += at_low > at_high ? at_low : at_high;
        }
        lead[i] = sum;
    }
    names.resize(n);
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; ++i) {
        names[count] = solid_[i];
        count += lead[i] >= 0;
    }
    names.resize(count);
}

template class TargetCodes<std::uint8_t>;
template class TargetCodes<std::uint16_t>;

}  // namespace huepress
