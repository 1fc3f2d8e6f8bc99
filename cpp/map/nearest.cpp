#include "map/nearest.hpp"

#include <algorithm>
#include <numeric>

#include "map/labelgrid.hpp"

namespace huepress {
namespace {

constexpr std::size_t list_capacity =
    (std::size_t{14} << 20) / 44;  // groups, of 44 bytes, of all lists
constexpr int recent_bits = 16;

// Lists up to this long are not narrowed further: at the last level cells are many.
constexpr std::size_t longest_kept(int level) { return level == 5 ? 8 : 4; }

// Up to this many codes, comparing all is faster than fetching a cell's list.
constexpr std::size_t few_codes = 32;

// The level of the lists that blocks are labelled from: finer ones cost more than they save.
constexpr int block_level = 4;

constexpr std::int32_t square(std::int32_t x) { return x * x; }

}  // namespace

int oklab_curvature(int level, std::size_t brightest) {
    constexpr std::array<int, 4> level_2{1241, 577, 481, 356};
    constexpr std::array<int, 8> level_3{1080, 413, 190, 159, 128, 106, 94, 82};
    constexpr std::array<int, 16> level_4{895, 455, 236, 110, 58, 48, 45, 41,
                                          37,  33,  30,  29,  27, 25, 23, 22};
    constexpr std::array<int, 32> level_5{691, 360, 233, 148, 95, 60, 42, 31, 23, 19, 14,
                                          12,  11,  11,  10,  9,  9,  9,  8,  8,  8,  7,
                                          7,   7,   7,   7,   6,  6,  6,  6,  6,  5};
    return level == 2   ? level_2[brightest]
           : level == 3 ? level_3[brightest]
           : level == 4 ? level_4[brightest]
                        : level_5[brightest];
}

NearestCode::NearestCode(Space space, std::span<const Rgba> codebook, bool translucent, bool many)
    : space_(space), many_(many), lists_(many ? list_capacity : 1 + 2 * groups_of(codebook.size())),
      recent_(translucent && many ? std::size_t{1} << recent_bits : 0) {
    std::vector<Point> points(codebook.size());
    embed(space, codebook, points);
    // Equal points can only be found by their lowest label, and would make every list longer.
    std::vector<std::uint32_t> order(codebook.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return points[a] != points[b] ? points[a] < points[b] : a < b;
    });
    order.erase(
        std::unique(order.begin(), order.end(),
                    [&](std::uint32_t a, std::uint32_t b) { return points[a] == points[b]; }),
        order.end());
    std::sort(order.begin(), order.end());
    const std::vector<std::uint16_t> labels(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size(); ++i) points[i] = points[order[i]];
    append_list(std::span(points).first(labels.size()), labels);
    keep_opaque(codebook, std::span(points).first(labels.size()), labels);

    for (int level = first_level; many && level <= last_level; ++level) {
        const auto at = static_cast<std::size_t>(level);
        opaque_cells_[at] = Cells(std::size_t{1} << (3 * level));
        // one bit less for alpha
        if (translucent && level <= last_translucent_level)
            translucent_cells_[at] = Cells(std::size_t{1} << (4 * level - 1));
    }
    transparent_label_ = nearest_among(embed(space, Rgba{0, 0, 0, 0}), 1);
    if (!has_blocks(space, codebook.size())) return;
    for (std::size_t level = 0; level < 256; ++level) {
        const auto grey = static_cast<std::uint8_t>(level);
        const Point point = embed(space, Rgba{grey, grey, grey, 255});
        for (std::size_t c = 0; c < 3; ++c) axes_[c][level] = point[c];
        opaque_alpha_ = point[3];
    }
}

void NearestCode::keep_opaque(std::span<const Rgba> codebook, std::span<const Point> points,
                              std::span<const std::uint16_t> labels) {
    for (std::size_t i = 0; i < points.size(); ++i)
        if (codebook[labels[i]][3] == 255) {
            kept_points_.push_back(points[i]);
            kept_labels_.push_back(labels[i]);
        }
    if (kept_points_.empty() || kept_points_.size() == points.size()) return;
    opaque_list_ = append_list(kept_points_, kept_labels_);
}

std::uint32_t NearestCode::append_list(std::span<const Point> points,
                                       std::span<const std::uint16_t> labels) {
    const std::uint32_t list = lists_end_;
    for (std::size_t i = 0; i < groups_of(points.size()); ++i) {
        Group& group = lists_[lists_end_++];
        for (std::size_t lane = 0; lane < 4; ++lane) {
            const std::size_t code = std::min(4 * i + lane, points.size() - 1);
            group.set(lane, points[code]);
            group.labels[lane] = labels[code];
        }
        group.codes = static_cast<std::uint32_t>(points.size());
    }
    return list;
}

std::uint32_t NearestCode::nearest_among(const Point& point, std::uint32_t list) const {
    const Group* first = &lists_[list];
    const std::uint32_t place = FourDistances(point).nearest(first, (first->codes + 3) / 4);
    return first[place / 4].labels[place % 4];
}

std::uint32_t NearestCode::find_candidates(Rgba color, bool opaque, int level) {
    if (level < first_level) return opaque ? opaque_list_ : 1;
    auto& known = cell(color, opaque, level);
    if (const std::uint32_t list = known.load(std::memory_order_relaxed)) return list;

    std::uint32_t list = find_candidates(color, opaque, level - 1);
    const std::size_t count = lists_[list].codes;
    if (count > longest_kept(level) && lists_end_ + groups_of(count) <= list_capacity) {
        std::array<Rgba, 16> corner_colors;
        std::array<Point, 16> corners;
        const std::size_t corner_count = opaque ? 8 : 16;
        for (std::size_t corner = 0; corner < corner_count; ++corner) {
            for (std::size_t c = 0; c < 4; ++c) {
                const int width = 256 >> (c == 3 ? level - 1 : level);
                const int low = color[c] / width * width;
                corner_colors[corner][c] =
                    static_cast<std::uint8_t>(corner >> c & 1 ? low + width - 1 : low);
            }
            // Beyond the gaps of embed() nothing is asked for here.
            auto& alpha = corner_colors[corner][3];
            alpha = opaque ? std::uint8_t{255} : std::clamp<std::uint8_t>(alpha, 1, 254);
        }
        embed(space_, std::span(corner_colors).first(corner_count),
              std::span(corners).first(corner_count));
        const std::int32_t slack =
            (space_ == Space::oklab
                 ? oklab_curvature(level, std::max({color[0], color[1], color[2]}) >> (8 - level))
                 : 0) +
            (opaque ? 0 : 1);
        list = narrowed(list, std::span(corners).first(corner_count), slack);
    }
    known.store(list, std::memory_order_release);
    return list;
}

// With d the squared distance, d(x, a) - d(x, b) is a linear function of x. So a code that is
// farther than another from every corner of a cell is farther from all that lies between the
// corners: it is no candidate. A cell's colours lie between its corners exactly where each axis of
// a space is a function of one channel, and else but for `slack` along an axis.
std::uint32_t NearestCode::narrowed(std::uint32_t list, std::span<const Point> corners,
                                    std::int32_t slack) {
    const Group* wider = &lists_[list];
    Point centre;
    for (std::size_t axis = 0; axis < 4; ++axis) {
        std::int32_t sum = 0;
        for (const Point& corner : corners) sum += corner[axis];
        centre[axis] = static_cast<std::int16_t>(sum / static_cast<std::int32_t>(corners.size()));
    }
    const std::uint32_t place = FourDistances(centre).nearest(wider, (wider->codes + 3) / 4);
    const Point central = wider[place / 4].point(place % 4);

    std::array<FourDistances, 16> from_corner;
    std::array<std::int32_t, 16> reach{};
    for (std::size_t corner = 0; corner < corners.size(); ++corner) {
        from_corner[corner] = FourDistances(corners[corner]);
        for (std::size_t axis = 0; axis < 4; ++axis) {
            const std::int32_t difference = corners[corner][axis] - central[axis];
            reach[corner] += difference * difference;
        }
    }
    kept_points_.clear();
    kept_labels_.clear();
    for (std::size_t first = 0; first < wider->codes; first += 4) {
        const Group& group = wider[first / 4];
        std::array<std::int32_t, 4> leeway{};
        if (slack != 0)
            for (std::size_t lane = 0; lane < 4; ++lane) {
                const Point point = group.point(lane);
                for (std::size_t axis = 0; axis < 4; ++axis)
                    leeway[lane] += 2 * slack * std::abs(point[axis] - central[axis]);
            }
        unsigned lanes = 0;
        for (std::size_t corner = 0; corner < corners.size(); ++corner)
            lanes |= from_corner[corner].within(group, reach[corner], leeway);
        for (std::size_t lane = 0; lane < 4 && first + lane < wider->codes; ++lane)
            if (lanes >> lane & 1) {
                kept_points_.push_back(group.point(lane));
                kept_labels_.push_back(group.labels[lane]);
            }
    }
    return append_list(kept_points_, kept_labels_);
}

// Several at once take a fraction of the time each.
void NearestCode::place(std::span<const Rgba> colors, std::span<Point> points /* OUT */) const {
    if (colors.size() == 1)
        points[0] = embed(space_, colors[0]);
    else
        embed(space_, colors, points.first(colors.size()));
}

void NearestCode::opaque(std::span<const Rgba> colors, std::uint32_t* labels /* OUT */) {
    std::array<Point, batch> points;
    place(colors, points);
    for (std::size_t i = 0; i < colors.size(); ++i)
        labels[i] = nearest_among(points[i], candidates(colors[i], true, last_level));
}

void NearestCode::opaque_block(const std::array<std::size_t, 3>& low,
                               std::uint8_t* labels /* OUT, 512 */) {
    Axes axes;
    for (std::size_t c = 0; c < 3; ++c) axes[c] = &axes_[c][low[c]];
    const Rgba color{static_cast<std::uint8_t>(low[0]), static_cast<std::uint8_t>(low[1]),
                     static_cast<std::uint8_t>(low[2]), 255};
    const Group* list = &lists_[candidates(color, true, block_level)];
    const Point middle{axes[0][4], axes[1][4], axes[2][4],
                       static_cast<std::int16_t>(opaque_alpha_)};
    const std::uint32_t place = FourDistances(middle).nearest(list, (list->codes + 3) / 4);
    const Point central = list[place / 4].point(place % 4);

    std::array<GridCode, 256> codes;
    std::size_t count = 0;
    for (std::size_t i = 0; i < list->codes; ++i) {
        const Point code = list[i / 4].point(i % 4);
        // How much nearer than the central code it can be: the difference is linear along each
        // axis, so that it is most at an end.
        std::int32_t lead = square(opaque_alpha_ - central[3]) - square(opaque_alpha_ - code[3]);
        for (std::size_t c = 0; c < 3; ++c)
            lead += std::max(square(axes[c][0] - central[c]) - square(axes[c][0] - code[c]),
                             square(axes[c][7] - central[c]) - square(axes[c][7] - code[c]));
        codes[count] = {code, static_cast<std::uint8_t>(list[i / 4].labels[i % 4])};
        count += lead >= 0;
    }
    if (count == 1)
        std::fill_n(labels, 512, codes[0].label);
    else
        label_grid(axes, opaque_alpha_, std::span(codes).first(count), labels);
}

void NearestCode::translucent(std::span<const Rgba> colors, std::uint32_t* labels /* OUT */) {
    const auto key_of = [](const Rgba& color) {
        return color[0] | std::uint32_t{color[1]} << 8 | std::uint32_t{color[2]} << 16 |
               std::uint32_t{color[3]} << 24;
    };
    const auto slot_of = [this](std::uint32_t key) -> auto& {
        return recent_[key * 0x9E3779B1u >> (32 - recent_bits)];
    };
    std::array<std::size_t, batch> missed;
    std::array<Rgba, batch> fresh;
    std::size_t count = 0;
    if (!many_) {
        std::array<Point, batch> points;
        place(colors, points);
        for (std::size_t i = 0; i < colors.size(); ++i)
            labels[i] = colors[i][3] == 0 ? transparent_label_ : nearest_among(points[i], 1);
        return;
    }
    for (std::size_t i = 0; i < colors.size(); ++i) {
        const std::uint32_t key = key_of(colors[i]);
        const std::uint64_t entry = slot_of(key).load(std::memory_order_relaxed);
        if (colors[i][3] == 0) {
            labels[i] = transparent_label_;
        } else if (entry >> 32 == key) {
            labels[i] = static_cast<std::uint32_t>(entry) - 1;
        } else {
            fresh[count] = colors[i];
            missed[count++] = i;
        }
    }
    std::array<Point, batch> points;
    place(std::span(fresh).first(count), points);
    const bool all = lists_[1].codes <= few_codes;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t list = all ? 1 : candidates(fresh[i], false, last_translucent_level);
        const std::uint32_t label = nearest_among(points[i], list);
        const std::uint32_t key = key_of(fresh[i]);
        slot_of(key).store(std::uint64_t{key} << 32 | (label + 1), std::memory_order_relaxed);
        labels[missed[i]] = label;
    }
}

}  // namespace huepress
