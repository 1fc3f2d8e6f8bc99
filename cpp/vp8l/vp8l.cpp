#include "vp8l/vp8l.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <tuple>
#include <utility>

#include "deflate/bits.hpp"
#include "vp8l/groups.hpp"
#include "vp8l/parse.hpp"
#include "vp8l/prefix.hpp"
#include "vp8l/symbols.hpp"

namespace huepress::vp8l {
namespace {

constexpr int color_indexing = 3;

// The prefix codes of a group. Red, blue and alpha are always 0.
struct Codes {
    PrefixCode green, distance;

    explicit Codes(const Counts& counts)
        : green(std::span(counts).first(green_symbols)),
          distance(std::span(counts).subspan(green_symbols)) {}

    std::uint64_t bits() const { return green.bits() + distance.bits() + 3 * 4; }
    void write(BitWriter& out) const {
        green.write(out);
        for (int i = 0; i < 3; ++i) out.put(1, 4);  // a simple code of one symbol: 0
        distance.write(out);
    }
};

// Labels, parsed and grouped: all that is to be written of them.
struct Plane {
    std::span<const std::uint8_t> labels;
    std::size_t width;
    std::vector<Step> steps;
    Tiles tiles;

    std::vector<Counts> counts() const { return counts_of(steps, labels, width, tiles); }
};

// Before any is known: literals as they occur, and lengths and distances of like cost.
Costs first_costs(std::span<const std::uint8_t> labels) {
    Counts counts{};
    for (const std::uint8_t label : labels) counts[label] += 2;
    const auto share = static_cast<std::uint32_t>(labels.size() / 16 + 1);
    for (std::size_t i = 1; i < lengths; ++i) counts[literals + i] = share;
    for (std::size_t i = 0; i < distances; ++i) counts[green_symbols + i] = share;
    return costs_of(counts);
}

std::vector<Costs> costs_of(const std::vector<Counts>& counts) {
    std::vector<Costs> costs;
    for (const Counts& each : counts) costs.push_back(vp8l::costs_of(each));
    return costs;
}

Plane one_group(std::span<const std::uint8_t> labels, std::size_t width, const Parser& parser,
                int rounds) {
    Plane plane{labels, width, {}, {}};
    std::vector<Costs> costs{first_costs(labels)};
    for (int round = 0; round < rounds; ++round) {
        plane.steps = parser.parse(costs, plane.tiles);
        costs = costs_of(plane.counts());
    }
    return plane;
}

std::uint64_t extra_bits(const Counts& counts) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < lengths; ++i)
        bits += std::uint64_t{counts[literals + i]} * static_cast<unsigned>(extra_of(i));
    for (std::size_t i = 0; i < distances; ++i)
        bits += std::uint64_t{counts[green_symbols + i]} * static_cast<unsigned>(extra_of(i));
    return bits;
}

// Bits of the codes and the steps.
std::uint64_t bits_of(const Plane& plane) {
    std::uint64_t bits = 0;
    for (const Counts& counts : plane.counts()) bits += Codes(counts).bits() + extra_bits(counts);
    return bits;
}

void write_steps(const Plane& plane, std::span<const Codes> codes, BitWriter& out) {
    each_step(
        plane.steps, plane.width,
        [&](const Step& step, std::size_t i, std::size_t x, std::size_t y) {
            const Codes& code = codes[plane.tiles.group_at(x, y)];
            if (step.distance == 0) {
                code.green.put(out, plane.labels[i]);
                return;
            }
            const auto told = [&](std::uint32_t value, const PrefixCode& with, std::size_t first) {
                const std::size_t symbol = symbol_of(value);
                with.put(out, first + symbol);
                out.put(value - base_of(symbol), extra_of(symbol));
            };
            told(step.length, code.green, literals);
            told(code_of(step.distance, static_cast<std::uint32_t>(plane.width)), code.distance, 0);
        });
}

std::vector<Codes> codes_of(const Plane& plane) {
    std::vector<Codes> codes;
    for (const Counts& counts : plane.counts()) codes.emplace_back(counts);
    return codes;
}

// A picture within the picture: which group each tile is in.
Plane map_of(const Tiles& tiles) {
    const Parser parser(tiles.group, tiles.across);
    return one_group(tiles.group, tiles.across, parser, 3);
}

// Labels as the pixels of a picture, with one group at first.
class Plan {
public:
    Plan(std::span<const std::uint8_t> labels, std::size_t width)
        : parser_(labels, width), plane_(one_group(labels, width, parser_, 2)),
          bits_(bits_of(plane_)) {}

    const Plane& plane() const { return plane_; }
    std::uint64_t bits() const { return bits_; }

    // Finds as many groups as pay: for the steps as they are, and again for those that groups
    // change.
    void group() {
        const std::size_t width = plane_.width, height = plane_.labels.size() / width;
        int size = 3;
        while (((width >> size) + 1) * ((height >> size) + 1) > most_tiles) ++size;
        Plane plane = plane_;
        for (int round = 0; round < 8; ++round) {
            plane.tiles = grouped(plane.steps, plane.labels, width, size);
            if (plane.tiles.groups == 1) break;
            plane.steps = parser_.parse(costs_of(plane.counts()), plane.tiles);
            const std::uint64_t before = bits_;
            take(plane);
            if (before - bits_ < before / 512) break;
        }
    }

private:
    void take(const Plane& plane) {
        std::uint64_t bits = bits_of(plane);
        if (plane.tiles.groups > 1) bits += bits_of(map_of(plane.tiles));
        if (bits >= bits_) return;
        bits_ = bits;
        plane_ = plane;
    }

    static constexpr std::size_t most_tiles = 1024;  // of a side that the format can tell

    Parser parser_;
    Plane plane_;
    std::uint64_t bits_;
};

void write_plane(const Plane& plane, BitWriter& out) {
    out.put(0, 1);  // no colour cache
    const bool grouped = plane.tiles.groups > 1;
    out.put(grouped, 1);
    if (grouped) {
        out.put(static_cast<std::uint32_t>(plane.tiles.bits - 2), 3);
        const Plane map = map_of(plane.tiles);
        out.put(0, 1);
        const std::vector<Codes> codes = codes_of(map);
        codes[0].write(out);
        write_steps(map, codes, out);
    }
    const std::vector<Codes> codes = codes_of(plane);
    for (const Codes& code : codes) code.write(out);
    write_steps(plane, codes, out);
}

using Color = std::array<std::uint8_t, 4>;

// The palette as it is sent: each colour less the one before.
struct Palette {
    std::vector<Color> differences;
    std::vector<PrefixCode> codes;  // of green, red, blue and alpha

    static constexpr std::array<std::size_t, 4> channels{1, 0, 2, 3};

    explicit Palette(std::span<const Color> colors) {
        Color before{};
        for (const Color& color : colors) {
            Color difference;
            for (std::size_t c = 0; c < 4; ++c)
                difference[c] = static_cast<std::uint8_t>(color[c] - before[c]);
            differences.push_back(difference);
            before = color;
        }
        for (const std::size_t c : channels) {
            std::array<std::uint32_t, green_symbols> counts{};
            for (const Color& difference : differences) ++counts[difference[c]];
            codes.emplace_back(std::span(counts).first(c == 1 ? green_symbols : literals));
        }
    }
    std::uint64_t bits() const {
        std::uint64_t bits = 0;
        for (const PrefixCode& code : codes) bits += code.bits();
        return bits;
    }
    void write(BitWriter& out) const {
        out.put(0, 1);  // no colour cache
        for (const PrefixCode& code : codes) code.write(out);
        out.put(1, 4);  // no distances
        for (const Color& difference : differences)
            for (std::size_t i = 0; i < 4; ++i) codes[i].put(out, difference[channels[i]]);
    }
};

// The order of colours whose differences take the least: each goes to the nearest that is left, or
// they are sorted.
std::vector<std::size_t> ordered(std::span<const Color> colors) {
    std::vector<std::size_t> best;
    std::uint64_t least = 0;
    const auto offer = [&](std::vector<std::size_t> order) {
        std::vector<Color> moved;
        for (const std::size_t i : order) moved.push_back(colors[i]);
        const std::uint64_t bits = Palette(moved).bits();
        if (best.empty() || bits < least) {
            least = bits;
            best = std::move(order);
        }
    };
    std::vector<std::size_t> order(colors.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (const std::size_t lead : {1, 0, 2}) {
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            const auto key = [&](std::size_t i) {
                const Color& c = colors[i];
                return std::tuple(c[3], c[lead], c[1], c[0], c[2], i);
            };
            return key(a) < key(b);
        });
        offer(order);
    }
    for (int way = 0; way < 2; ++way) {
        std::vector<std::size_t> left = order, path;
        Color last{};
        while (!left.empty()) {
            std::size_t nearest = 0;
            int smallest = 1 << 20;
            for (std::size_t i = 0; i < left.size(); ++i) {
                int far = 0;
                for (std::size_t c = 0; c < 4; ++c) {
                    const int d = colors[left[i]][c] - last[c];
                    far += way == 0 ? std::abs(d) : (d < 0 ? -3 * d : d);
                }
                if (far < smallest) {
                    smallest = far;
                    nearest = i;
                }
            }
            path.push_back(left[nearest]);
            last = colors[left[nearest]];
            left.erase(left.begin() + static_cast<std::ptrdiff_t>(nearest));
        }
        offer(path);
    }
    return best;
}

// So many bits as the format gives a label of so many colours: 8, 4, 2 or 1, told as a shift.
int packing(std::size_t k) { return k <= 2 ? 3 : k <= 4 ? 2 : k <= 16 ? 1 : 0; }

std::vector<std::uint8_t> packed(std::span<const std::uint8_t> labels, std::size_t width,
                                 int shift) {
    const std::size_t per = std::size_t{1} << shift, across = (width + per - 1) >> shift;
    const std::size_t height = labels.size() / width, bits = 8 >> shift;
    std::vector<std::uint8_t> out(across * height);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x)
            out[y * across + (x >> shift)] |=
                static_cast<std::uint8_t>(labels[y * width + x] << bits * (x & (per - 1)));
    return out;
}

}  // namespace

std::vector<std::uint8_t> encode(std::span<const std::uint8_t> labels, std::size_t width,
                                 std::span<const std::uint8_t> palette) {
    const std::size_t k = palette.size() / 4, height = labels.size() / width;
    std::vector<Color> given(k);
    bool has_alpha = false;
    for (std::size_t i = 0; i < k; ++i) {
        std::copy_n(palette.begin() + static_cast<std::ptrdiff_t>(4 * i), 4, given[i].begin());
        has_alpha |= given[i][3] != 255;
    }
    const std::vector<std::size_t> order = ordered(given);
    std::vector<Color> colors(k);
    std::array<std::uint8_t, 256> place{};
    for (std::size_t i = 0; i < k; ++i) {
        colors[i] = given[order[i]];
        place[order[i]] = static_cast<std::uint8_t>(i);
    }
    std::vector<std::uint8_t> placed(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) placed[i] = place[labels[i]];

    // Few colours share bytes, unless there are more than occur.
    const int shift = packing(k);
    const std::vector<std::uint8_t> shared = packed(placed, width, shift);
    std::optional<Plan> plan(std::in_place, shared,
                             (width + (std::size_t{1} << shift) - 1) >> shift);
    if (shift > 0) {
        std::vector<Color> more = colors;
        more.resize(17, colors.back());
        Plan whole(placed, width);
        if (whole.bits() + Palette(more).bits() < plan->bits() + Palette(colors).bits()) {
            plan = std::move(whole);
            colors = more;
        }
    }
    plan->group();
    BitWriter out;
    out.put(0x2F, 8);
    out.put(static_cast<std::uint32_t>(width - 1), 14);
    out.put(static_cast<std::uint32_t>(height - 1), 14);
    out.put(has_alpha, 1);
    out.put(0, 3);
    out.put(1, 1);
    out.put(color_indexing, 2);
    out.put(static_cast<std::uint32_t>(colors.size() - 1), 8);
    Palette(colors).write(out);
    out.put(0, 1);  // no other transform
    write_plane(plan->plane(), out);
    out.fill_byte();
    return out.take();
}

}  // namespace huepress::vp8l
