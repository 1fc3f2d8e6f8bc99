#include "deflate/blocks.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "deflate/huffman.hpp"

namespace huepress::deflating {
namespace {

constexpr std::size_t stored_max = 65535;

// Three bits, up to seven of padding, and four bytes for each piece of 64 KiB.
std::uint64_t stored_bits(std::size_t size) {
    return 8 * std::uint64_t{size} + (size + stored_max - 1) / stored_max * (3 + 7 + 32);
}

void settle(Block& block /* IN, OUT */, int care) {
    block.table = thrifty_table(block.counts, care);
    block.kind = Block::Kind::dynamic;
    block.bits = 3 + block.table.bits;
    const std::uint64_t fixed = 3 + symbol_bits(block.counts, fixed_lengths());
    if (fixed <= block.bits) {
        block.kind = Block::Kind::fixed;
        block.bits = fixed;
    }
    const std::uint64_t stored = stored_bits(block.size());
    if (stored < block.bits) {
        block.kind = Block::Kind::stored;
        block.bits = stored;
    }
}

// What a first parse of a small block favours.
struct Leaning {
    int literal, copy;  // bits
    int short_copy;     // of length 3 or 4
    int rare_distance;  // where a distance is not among the most frequent ones
};
constexpr Leaning leanings[] = {{12, 2, 2, 0}, {12, 4, 2, 6}, {8, 4, 4, 10},
                                {5, 8, 10, 4}, {6, 5, 7, 0},  {8, 6, 2, 4}};

Costs favoured_costs(const Leaning& leaning, const Counts& found) {
    Costs costs;
    costs.literals.fill(leaning.literal * bit_cost);
    costs.lengths.fill(0);
    for (std::size_t length = shortest_copy; length <= longest_copy; ++length) {
        const int bits = length < 5 ? leaning.short_copy : leaning.copy;
        costs.lengths[length] = bit_cost * (bits + length_extra(length_symbols.of[length]));
    }
    auto ranked = std::span(found).subspan(literals_max);
    std::uint32_t most = 0;
    for (const std::uint32_t count : ranked) most = std::max(most, count);
    for (std::size_t i = 0; i < distances_max; ++i) {
        const bool is_rare = 4 * ranked[i] < most;
        costs.distances[i] =
            bit_cost * (2 + (is_rare ? leaning.rare_distance : 0) + distance_extra(i));
    }
    return costs;
}

// Bytes of two or three values cost so little as literals that no copy looks worth its bits, until
// some are tried.
bool has_few_values(std::span<const std::uint8_t> bytes) {
    std::array<bool, 256> seen{};
    for (const std::uint8_t byte : bytes) seen[byte] = true;
    return std::count(seen.begin(), seen.end(), true) <= 3;
}

// Parses again and again with the costs of the last parse, as long as that gains.
class Search {
public:
    Search(Parser& parser, std::span<const std::uint8_t> bytes, std::size_t first, std::size_t last,
           const Patience& patience)
        : parser_(parser), bytes_(bytes), patience_(patience) {
        best_.first = first;
        best_.last = last;
        best_.bits = std::numeric_limits<std::uint64_t>::max();
    }

    // By entropy, which leads out of poor tables. Returns the symbols of the last parse.
    Counts from(Costs costs, int passes, int header) {
        Counts counts{};
        std::uint64_t least = std::numeric_limits<std::uint64_t>::max() / 2;
        for (int pass = 0; pass < passes; ++pass) {
            const Counts found = parse(costs);
            const std::uint64_t bits = 3 + plain_table(found).bits;
            keep(found, bits);
            const bool gains = bits + bits / patience_.least_gain < least;
            if (found == counts || !gains) break;
            least = bits;
            counts = found;
            costs = costs_of(counts, header);
        }
        return counts;
    }

    // With the costs of a table itself a parse cannot take more bits.
    void polish() {
        settle(best_, patience_.care);
        for (int pass = 0; pass < patience_.polish; ++pass) {
            if (best_.kind == Block::Kind::stored) return;
            const bool is_fixed = best_.kind == Block::Kind::fixed;
            Block tried = best_;
            parser_.parse(best_.first, best_.last,
                          costs_of(is_fixed ? fixed_lengths() : best_.table.lengths, 14),
                          tried.steps);
            tried.counts = counts_of(tried.steps, bytes_.data() + best_.first);
            settle(tried, patience_.care);
            if (tried.bits >= best_.bits) return;
            best_ = std::move(tried);
        }
    }

    void fixed() {
        const Counts found = parse(costs_of(fixed_lengths(), 14));
        keep(found, 3 + symbol_bits(found, fixed_lengths()));
    }

    // zlib's way, so that no more bits than its own are taken.
    void lazy() {
        parser_.parse_lazily(best_.first, best_.last, steps_);
        const Counts counts = counts_of(steps_, bytes_.data() + best_.first);
        keep(counts, 3 + std::min(symbol_bits(counts, fixed_lengths()),
                                  std::min(plain_table(counts).bits, balanced_table(counts).bits)));
    }

    Block take() { return std::move(best_); }

private:
    Counts parse(const Costs& costs) {
        parser_.parse(best_.first, best_.last, costs, steps_);
        return counts_of(steps_, bytes_.data() + best_.first);
    }
    void keep(const Counts& counts, std::uint64_t bits) {
        if (bits >= best_.bits) return;
        best_.bits = bits;
        best_.counts = counts;
        best_.steps = steps_;
    }

    Parser& parser_;
    std::span<const std::uint8_t> bytes_;
    const Patience& patience_;
    std::vector<Step> steps_;
    Block best_{};
};

}  // namespace

Block best_block(Parser& parser, std::span<const std::uint8_t> bytes, std::size_t first,
                 std::size_t last, const Counts& start, const Patience& patience) {
    Search search(parser, bytes, first, last, patience);
    const Counts found = search.from(costs_of(start, 2), patience.passes, 2);
    const std::size_t below =
        patience.starts_below * (has_few_values(bytes.subspan(first, last - first)) ? 16 : 1);
    if (last - first < below) {
        search.fixed();
        search.lazy();
        // Small blocks have several optima far apart, and a header that matters.
        for (const int header : {2, 6}) {
            search.from(costs_of(found, header), patience.passes, header);
            for (const Leaning& leaning : leanings)
                search.from(favoured_costs(leaning, found), patience.passes, header);
        }
    }
    search.polish();
    return search.take();
}

void write(const Block& block, std::span<const std::uint8_t> bytes, bool is_last, BitWriter& out) {
    if (block.kind == Block::Kind::stored) {
        for (std::size_t i = block.first; i < block.last; i += stored_max) {
            const std::size_t size = std::min(stored_max, block.last - i);
            out.put(is_last && i + size == block.last, 3);
            out.fill_byte();
            out.put(static_cast<std::uint32_t>(size), 16);
            out.put(static_cast<std::uint32_t>(~size & 0xFFFF), 16);
            out.put_bytes(bytes.subspan(i, size));
        }
        return;
    }
    const bool is_fixed = block.kind == Block::Kind::fixed;
    out.put(static_cast<std::uint32_t>(is_last) | (is_fixed ? 1u : 2u) << 1, 3);
    const Lengths& lengths = is_fixed ? fixed_lengths() : block.table.lengths;
    if (!is_fixed) Header(lengths).write(out);
    // The fixed code has 288 symbols, two of which are never sent.
    std::array<std::uint8_t, 288> literal_lengths{};
    std::copy_n(lengths.begin(), literals_max, literal_lengths.begin());
    if (is_fixed) literal_lengths[286] = literal_lengths[287] = 8;
    std::array<std::uint16_t, 288> literal_codes;
    std::array<std::uint16_t, distances_max> distance_codes;
    canonical_codes(literal_lengths, literal_codes);
    canonical_codes(std::span(lengths).subspan(literals_max), distance_codes);
    std::size_t i = block.first;
    for (const Step step : block.steps) {
        if (step.is_literal()) {
            out.put(literal_codes[bytes[i]], lengths[bytes[i]]);
        } else {
            const std::size_t symbol = length_symbols.of[step.length];
            out.put(literal_codes[symbol], lengths[symbol]);
            out.put(step.length - length_symbols.base[symbol - 257], length_extra(symbol));
            const std::size_t distance = symbol_of_distance(step.distance);
            out.put(distance_codes[distance], lengths[literals_max + distance]);
            out.put(step.distance - distance_base(distance), distance_extra(distance));
        }
        i += step.length;
    }
    out.put(literal_codes[end_of_block], lengths[end_of_block]);
}

}  // namespace huepress::deflating
