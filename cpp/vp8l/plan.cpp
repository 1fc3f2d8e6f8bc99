#include "vp8l/plan.hpp"

#include <limits>
#include <utility>

#include "vp8l/groups.hpp"

namespace huepress::vp8l {
namespace {

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

// Those of the map of groups, too.
std::uint64_t whole_bits(const Plane& plane) {
    const Tiles& tiles = plane.tiles;
    return bits_of(plane) + (tiles.groups > 1 ? TileMap(tiles.group, tiles.across).bits() : 0);
}

void write_steps(const Plane& plane, BitWriter& out) {
    std::vector<Codes> codes;
    for (const Counts& counts : plane.counts()) codes.emplace_back(counts);
    for (const Codes& code : codes) code.write(out);
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

}  // namespace

std::vector<Counts> Plane::counts() const { return counts_of(steps, labels, width, tiles); }

TileMap::TileMap(std::vector<std::uint8_t> tiles, std::size_t across)
    : tiles_(std::move(tiles)), plane_(one_group(tiles_, across, Parser(tiles_, across), 3)) {}

std::uint64_t TileMap::bits() const { return bits_of(plane_); }

void TileMap::write(BitWriter& out) const {
    out.put(0, 1);  // no colour cache
    write_steps(plane_, out);
}

Plan::Plan(std::vector<std::uint8_t> labels, std::size_t width)
    : labels_(std::move(labels)), parser_(labels_, width),
      plane_(one_group(labels_, width, parser_, 2)), bits_(bits_of(plane_)) {}

// Of three sizes of tiles, that whose groups suit the steps best.
Tiles Plan::first_groups() const {
    constexpr std::size_t most_tiles = 1 << 12;
    const std::size_t width = plane_.width, height = plane_.labels.size() / width;
    int smallest = 3;
    while (((width >> smallest) + 1) * ((height >> smallest) + 1) > most_tiles) ++smallest;
    Plane plane = plane_;
    Tiles best;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (int size = smallest; size < smallest + 3; ++size) {
        plane.tiles = grouped(plane.steps, plane.labels, width, size);
        if (plane.tiles.groups == 1) continue;
        const std::uint64_t bits = whole_bits(plane);
        if (bits >= least) continue;
        least = bits;
        best = std::move(plane.tiles);
    }
    return best;
}

void Plan::group() {
    Plane plane = plane_;
    plane.tiles = first_groups();
    const int size = plane.tiles.bits;
    for (int round = 0; round < 8 && plane.tiles.groups > 1; ++round) {
        plane.steps = parser_.parse(costs_of(plane.counts()), plane.tiles);
        const std::uint64_t before = bits_;
        take(plane);
        if (before - bits_ < before / 256) break;
        plane.tiles = grouped(plane.steps, plane.labels, plane.width, size);
    }
}

void Plan::take(const Plane& plane) {
    const std::uint64_t bits = whole_bits(plane);
    if (bits >= bits_) return;
    bits_ = bits;
    plane_ = plane;
}

void Plan::write(BitWriter& out) const {
    out.put(0, 1);  // no colour cache
    const Tiles& tiles = plane_.tiles;
    const bool grouped = tiles.groups > 1;
    out.put(grouped, 1);
    if (grouped) {
        out.put(static_cast<std::uint32_t>(tiles.bits - 2), 3);
        TileMap(tiles.group, tiles.across).write(out);
    }
    write_steps(plane_, out);
}

}  // namespace huepress::vp8l
