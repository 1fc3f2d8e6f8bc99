#include "deflate/tables.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "deflate/huffman.hpp"
#include "deflate/log2.hpp"

namespace huepress::deflating {
namespace {

using Span = std::span<const std::uint32_t>;

Lengths lengths_of(const Counts& counts, int limit) {
    Lengths lengths;
    const Span all(counts);
    code_lengths(all.first(literals_max), limit, std::span(lengths).first(literals_max));
    code_lengths(all.subspan(literals_max), limit, std::span(lengths).subspan(literals_max));
    return lengths;
}

Table table_of(const Counts& counts, const Lengths& lengths) {
    return {lengths, Header(lengths).bits() + symbol_bits(counts, lengths)};
}

constexpr std::uint32_t one_bit = 1 << log2_shift;

// Most counts are small.
constexpr auto small_logs = [] {
    std::array<std::uint16_t, 1024> logs{};
    for (std::uint32_t i = 1; i < logs.size(); ++i)
        logs[i] = static_cast<std::uint16_t>(log2_of(i));
    return logs;
}();

std::uint32_t log2_of_count(std::uint32_t n) {
    return n < small_logs.size() ? small_logs[n] : log2_of(n);
}

// Bits that follow each symbol.
constexpr auto extra_of = [] {
    std::array<std::uint8_t, symbols_max> extra{};
    for (std::size_t i = 257; i < literals_max; ++i)
        extra[i] = static_cast<std::uint8_t>(length_extra(i));
    for (std::size_t i = 0; i < distances_max; ++i)
        extra[literals_max + i] = static_cast<std::uint8_t>(distance_extra(i));
    return extra;
}();

// Counts in stretches that share one mean, so that their code lengths repeat and the header is
// short: the stretches of least total, of the header's items and of the bits that a wrong mean adds
// to symbols. price: 16ths of what an item is taken to cost.
void level_out(Span counts, std::uint32_t price, std::span<std::uint32_t> leveled /* OUT */) {
    constexpr std::size_t stretch_max = 48;
    const std::size_t n = counts.size();
    std::uint64_t total = 0;
    for (const std::uint32_t c : counts) total += c;
    std::array<std::uint64_t, literals_max + 1> cost;
    std::array<std::uint16_t, literals_max + 1> from{};
    std::array<std::uint64_t, literals_max> own;  // count * log2(count)
    for (std::size_t i = 0; i < n; ++i)
        own[i] = counts[i] ? std::uint64_t{counts[i]} * log2_of_count(counts[i]) : 0;
    const std::uint64_t item = std::uint64_t{price} * (7 * one_bit / 2) / 16;
    const std::uint64_t again = std::uint64_t{price} * (9 * one_bit / 2) / 16;
    cost[0] = 0;
    for (std::size_t end = 1; end <= n; ++end) {
        cost[end] = std::numeric_limits<std::uint64_t>::max();
        std::uint64_t sum = 0, apart = 0;
        for (std::size_t start = end; start-- > 0;) {
            sum += counts[start];
            apart += own[start];
            const std::size_t size = end - start;
            if (sum != 0 && size > stretch_max) break;
            std::uint64_t added;
            if (sum == 0) {
                added = size < 3 ? size * item : (size + 137) / 138 * (item + 4 * one_bit);
            } else {
                // Levelled counts are in 16ths.
                const std::uint64_t mean = std::max<std::uint64_t>((16 * sum + size / 2) / size, 1);
                const std::uint64_t together =
                    sum * (log2_of(static_cast<std::uint32_t>(mean)) - 4 * one_bit);
                const std::uint64_t excess = apart > together ? apart - together : 0;
                added = excess + item + std::min((size - 1) * item, (size + 4) / 6 * again);
            }
            if (cost[start] + added < cost[end]) {
                cost[end] = cost[start] + added;
                from[end] = static_cast<std::uint16_t>(start);
            }
        }
    }
    for (std::size_t end = n; end > 0; end = from[end]) {
        const std::size_t start = from[end];
        std::uint64_t sum = 0;
        for (std::size_t i = start; i < end; ++i) sum += counts[i];
        const std::uint64_t mean =
            sum ? std::max<std::uint64_t>((16 * sum + (end - start) / 2) / (end - start), 1) : 0;
        for (std::size_t i = start; i < end; ++i) leveled[i] = static_cast<std::uint32_t>(mean);
    }
}

Counts leveled_counts(const Counts& counts, std::uint32_t price) {
    Counts leveled;
    const Span all(counts);
    level_out(all.first(literals_max), price, std::span(leveled).first(literals_max));
    level_out(all.subspan(literals_max), price, std::span(leveled).subspan(literals_max));
    return leveled;
}

// Two symbols whose lengths differ by one swap them, as long as that saves bits of the whole.
void swap_lengths(const Counts& counts, Table& table /* IN, OUT */) {
    for (bool better = true; better;) {
        better = false;
        for (std::size_t i = 0; i < symbols_max; ++i) {
            const std::size_t end = i < literals_max ? literals_max : symbols_max;
            for (std::size_t j = i + 1; j < end; ++j) {
                const int a = table.lengths[i], b = table.lengths[j];
                if (!a || !b || (a - b != 1 && b - a != 1)) continue;
                // Only what costs few bits of symbols can be won back in the header.
                const std::int64_t lost =
                    (std::int64_t{counts[i]} - std::int64_t{counts[j]}) * (b - a);
                if (lost > 6) continue;
                Lengths tried = table.lengths;
                std::swap(tried[i], tried[j]);
                const Table candidate = table_of(counts, tried);
                if (candidate.bits < table.bits) {
                    table = candidate;
                    better = true;
                }
            }
        }
    }
}

}  // namespace

Costs costs_of(const Counts& counts, int header) {
    Costs costs;
    std::uint32_t literals = 0, distances = 0;
    for (std::size_t i = 0; i < literals_max; ++i) literals += counts[i];
    for (std::size_t i = literals_max; i < symbols_max; ++i) distances += counts[i];
    const auto cost = [header](std::uint32_t count, std::uint32_t total) {
        const std::uint32_t saved = count ? log2_of_count(count) : 0;
        const std::uint32_t whole = log2_of(std::max(total, 1u)) + (count ? 0 : one_bit / 2);
        // No symbol takes less than a bit, nor more than fifteen.
        const std::uint32_t bits = std::clamp(whole - saved, one_bit / 2, 15 * one_bit);
        return static_cast<std::int32_t>((bits * bit_cost + one_bit / 2) / one_bit) +
               header * bit_cost / static_cast<std::int32_t>(std::clamp(count, 1u, 1u << 20));
    };
    for (std::size_t i = 0; i < 256; ++i) costs.literals[i] = cost(counts[i], literals);
    costs.lengths[0] = costs.lengths[1] = costs.lengths[2] = 0;
    for (std::size_t length = shortest_copy; length <= longest_copy; ++length) {
        const std::size_t symbol = length_symbols.of[length];
        costs.lengths[length] = cost(counts[symbol], literals) + bit_cost * length_extra(symbol);
    }
    for (std::size_t i = 0; i < distances_max; ++i)
        costs.distances[i] =
            cost(counts[literals_max + i], distances) + bit_cost * distance_extra(i);
    return costs;
}

Costs costs_of(const Lengths& lengths, int unknown) {
    Costs costs;
    const auto cost = [&](std::size_t i) { return bit_cost * (lengths[i] ? lengths[i] : unknown); };
    for (std::size_t i = 0; i < 256; ++i) costs.literals[i] = cost(i);
    costs.lengths[0] = costs.lengths[1] = costs.lengths[2] = 0;
    for (std::size_t length = shortest_copy; length <= longest_copy; ++length) {
        const std::size_t symbol = length_symbols.of[length];
        costs.lengths[length] = cost(symbol) + bit_cost * length_extra(symbol);
    }
    for (std::size_t i = 0; i < distances_max; ++i)
        costs.distances[i] = cost(literals_max + i) + bit_cost * distance_extra(i);
    return costs;
}

const Lengths& fixed_lengths() {
    static constexpr Lengths fixed = [] {
        Lengths lengths{};
        for (std::size_t i = 0; i < symbols_max; ++i)
            lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : i < literals_max ? 8 : 5;
        return lengths;
    }();
    return fixed;
}

std::uint64_t symbol_bits(const Counts& counts, const Lengths& lengths) {
    std::uint64_t bits = extra_bits(counts);
    for (std::size_t i = 0; i < symbols_max; ++i) bits += std::uint64_t{counts[i]} * lengths[i];
    return bits;
}

std::uint64_t estimated_bits(const Counts& before, const Counts& behind,
                             std::span<const std::uint16_t> used) {
    const auto count = [&](std::size_t i) { return behind[i] - before[i] + (i == end_of_block); };
    std::uint32_t literals = 0, distances = 0;
    for (const std::size_t i : used) (i < literals_max ? literals : distances) += count(i);
    const std::uint32_t of_literals = log2_of(std::max(literals, 1u)),
                        of_distances = log2_of(std::max(distances, 1u));
    std::uint64_t bits = 60 * one_bit;
    std::uint32_t length = 0, run = 0;
    const auto end_run = [&] {
        if (length == 0)
            bits += run < 3 ? run * 3 * one_bit : (run < 11 ? 6 : (run + 137) / 138 * 10) * one_bit;
        else
            bits += 3 * one_bit + std::min((run - 1) * 3, (run + 4) / 6 * 5) * one_bit;
    };
    const auto add_lengths = [&](std::uint32_t next, std::uint32_t times) {
        if (next != length) {
            end_run();
            length = next;
            run = 0;
        }
        run += times;
    };
    std::uint32_t passed = 0;
    for (const std::uint32_t i : used) {
        const std::uint32_t n = count(i);
        if (n == 0) continue;
        if (i > passed) add_lengths(0, i - passed);
        passed = i + 1;
        const std::uint32_t whole = i < literals_max ? of_literals : of_distances;
        const std::uint32_t own = std::max(whole - log2_of_count(n), one_bit / 2);
        bits += std::uint64_t{n} * (own + extra_of[i] * one_bit);
        add_lengths(std::clamp((own + one_bit / 2) / one_bit, 1u, 15u), 1);
    }
    if (passed < symbols_max) add_lengths(0, symbols_max - passed);
    end_run();
    return bits;
}

Table plain_table(const Counts& counts) { return table_of(counts, lengths_of(counts, 15)); }

Table balanced_table(const Counts& counts) {
    Lengths lengths = lengths_of(counts, 15);
    const Span all(counts);
    balanced_lengths(all.first(literals_max), std::span(lengths).first(literals_max));
    const auto distances = std::span(lengths).subspan(literals_max);
    balanced_lengths(all.subspan(literals_max), distances);
    // A second code that is never sent may make the header shorter.
    if (std::count(distances.begin(), distances.end(), 0) == distances_max - 1)
        distances[distances[0] ? 1 : 0] = 1;
    return table_of(counts, lengths);
}

Table thrifty_table(const Counts& counts, int care) {
    Table best = plain_table(counts);
    const auto try_lengths = [&](const Lengths& lengths) {
        const Table table = table_of(counts, lengths);
        if (table.bits < best.bits) best = table;
    };
    if (care >= 2) {
        const Table balanced = balanced_table(counts);
        if (balanced.bits < best.bits) best = balanced;
    }
    constexpr std::uint32_t prices[] = {16, 10, 24, 6, 36, 3};
    for (const std::uint32_t price : std::span(prices).first(care <= 1 ? 1 : care == 2 ? 3 : 6)) {
        const Counts leveled = leveled_counts(counts, price);
        try_lengths(lengths_of(leveled, 15));
        if (care >= 3)
            for (int limit = 13; limit >= 9; --limit) try_lengths(lengths_of(leveled, limit));
    }
    if (care >= 2)
        for (int limit = 14; limit >= 9; --limit) {
            const Lengths lengths = lengths_of(counts, limit);
            if (lengths != best.lengths) try_lengths(lengths);
        }
    if (care >= 3) swap_lengths(counts, best);
    return best;
}

}  // namespace huepress::deflating
