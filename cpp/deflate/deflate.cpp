#include "deflate/deflate.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "deflate/blocks.hpp"
#include "deflate/matches.hpp"
#include "deflate/parse.hpp"
#include "deflate/split.hpp"
#include "deflate/tables.hpp"

namespace huepress::deflating {
namespace {

struct Plan {
    SearchOptions search;
    std::size_t segment;  // bytes whose matches are held at once
    Grid grid;
    int drafts;  // rounds of parses and cuts before the last
    Patience draft, final;
};

Plan plan_of(Effort effort) {
    switch (effort) {
        case Effort::fast: return {{16, 64, true}, 1 << 19, {64, 16}, 0, {}, {1, 0, 1, 2000, 0}};
        case Effort::normal:
            return {{400, 258, false},     1 << 20, {128, 28}, 1, {1, 0, 1, 2000, 0},
                    {10, 1, 2, 2000, 4096}};
        default:
            return {{4000, 258, false},     1 << 20, {256, 80}, 2, {3, 0, 1, 5000, 0},
                    {20, 6, 3, 20000, 8192}};
    }
}

std::uint32_t adler32(std::span<const std::uint8_t> bytes) {
    std::uint32_t a = 1, b = 0;
    for (std::size_t i = 0; i < bytes.size();) {
        // The most that sums of 32 bits hold.
        const std::size_t end = std::min(i + 5552, bytes.size());
        for (; i < end; ++i) b += a += bytes[i];
        a %= 65521;
        b %= 65521;
    }
    return b << 16 | a;
}

// Costs before anything is known: literals by how often the bytes occur.
Counts first_counts(std::span<const std::uint8_t> bytes) {
    Counts counts{};
    for (const std::uint8_t byte : bytes) ++counts[byte];
    // About half of the bytes in copies, short ones mostly.
    const auto n = static_cast<std::uint32_t>(bytes.size());
    for (std::size_t i = 0; i < 256; ++i)
        if (counts[i]) counts[i] = counts[i] / 2 + 1;
    for (std::size_t i = 257; i < literals_max; ++i) counts[i] = n / (i < 265 ? 64u : 256u) + 1;
    for (std::size_t i = 0; i < distances_max; ++i) counts[literals_max + i] = 1;
    counts[end_of_block] = 1;
    return counts;
}

std::uint64_t total(const std::vector<Block>& blocks) {
    std::uint64_t bits = 0;
    for (const Block& block : blocks) bits += block.bits;
    return bits;
}

// Cuts a parse into blocks and lets `make` turn each into the best it knows.
template <class Make>
std::vector<Block> cut(std::span<const Step> steps, std::span<const std::uint8_t> bytes,
                       const Grid& grid, Make make) {
    std::vector<Block> blocks;
    std::size_t step = 0, byte = 0;
    for (const std::size_t end : split(steps, bytes.data(), grid)) {
        const auto part = steps.subspan(step, end - step);
        std::size_t size = 0;
        for (const Step one : part) size += one.length;
        blocks.push_back(make(part, byte, byte + size));
        step = end;
        byte += size;
    }
    return blocks;
}

// The bytes from `first` to `last` as blocks; none where they are sure to take more than `room`
// bits. start: empty, or a parse of them.
std::vector<Block> best_blocks(std::span<const std::uint8_t> data, std::size_t first,
                               std::size_t last, const Plan& plan, std::vector<Step> start,
                               std::uint64_t room) {
    const auto bytes = data.subspan(first, last - first);
    const Matches matches(data, first, last, plan.search);
    Parser parser(bytes, matches);
    std::vector<Block> best;
    const auto keep = [&](std::vector<Block> blocks) {
        if (best.empty() || total(blocks) < total(best)) best = std::move(blocks);
    };
    std::vector<Step> steps = std::move(start);
    if (steps.empty())
        parser.parse(0, bytes.size(), costs_of(first_counts(bytes), 0), steps);
    else
        keep(cut(steps, bytes, plan.grid,
                 [&](std::span<const Step> part, std::size_t from, std::size_t to) {
                     return block_of(bytes, from, to, {part.begin(), part.end()}, plan.final.care);
                 }));
    for (int round = 0; round <= plan.drafts; ++round) {
        const Patience& patience = round < plan.drafts ? plan.draft : plan.final;
        auto blocks = cut(steps, bytes, plan.grid,
                          [&](std::span<const Step> part, std::size_t from, std::size_t to) {
                              Counts counts{};
                              count(counts, part, bytes.data() + from);
                              ++counts[end_of_block];
                              return best_block(parser, bytes, from, to, counts, patience);
                          });
        steps.clear();
        for (const Block& block : blocks)
            steps.insert(steps.end(), block.steps.begin(), block.steps.end());
        keep(std::move(blocks));
        // Further rounds have not gained more than some percent, but of small blocks.
        if (bytes.size() > plan.final.starts_below && total(best) - total(best) / 8 > room)
            return {};
    }
    for (Block& block : best) {
        block.first += first;
        block.last += first;
    }
    return best;
}

// Takes off steps that cover so many bytes; a copy that reaches further is cut in two, what is too
// short for a copy into literals.
std::vector<Step> take_steps(std::span<const Step>& steps /* IN, OUT */, Step& rest /* IN, OUT */,
                             std::size_t size) {
    std::vector<Step> taken;
    const auto take = [&](Step step) {
        if (step.length >= shortest_copy || step.is_literal())
            taken.push_back(step);
        else
            taken.insert(taken.end(), step.length, Step{1, 0});
    };
    while (size > 0) {
        if (rest.length == 0) {
            rest = steps.front();
            steps = steps.subspan(1);
        }
        const auto length = static_cast<std::uint16_t>(std::min<std::size_t>(rest.length, size));
        take({length, length == 1 ? std::uint16_t{0} : rest.distance});
        rest.length = static_cast<std::uint16_t>(rest.length - length);
        size -= length;
    }
    return taken;
}

}  // namespace

bool fits(std::span<const Step> steps, std::span<const std::uint8_t> bytes) {
    std::size_t at = 0;
    for (const Step step : steps) {
        const std::size_t left = bytes.size() - at;
        if (step.is_literal()
                ? left < 1
                : step.length < shortest_copy || step.length > longest_copy || step.length > left ||
                      step.distance < 1 || step.distance > window || step.distance > at)
            return false;
        for (std::size_t i = at; step.distance && i < at + step.length; ++i)
            if (bytes[i] != bytes[i - step.distance]) return false;
        at += step.length;
    }
    return at == bytes.size();
}

std::optional<std::vector<std::uint8_t>> deflate(std::span<const std::uint8_t> bytes, Effort effort,
                                                 std::size_t limit, std::span<const Step> start) {
    const Plan plan = plan_of(effort);
    // Header and checksum.
    const auto exceeds = [&](std::size_t written) { return limit && written + 4 > limit; };
    BitWriter out;
    out.put(0x78, 8);  // deflate, with a window of 32 KiB
    out.put(0xDA, 8);
    if (bytes.empty()) out.put(3, 10);  // a fixed block, and its end
    Step rest{0, 0};
    for (std::size_t first = 0; first < bytes.size();) {
        const std::size_t last = std::min(first + plan.segment, bytes.size());
        std::vector<Step> steps;
        if (!start.empty()) steps = take_steps(start, rest, last - first);
        const std::uint64_t room =
            limit ? 8 * std::uint64_t{limit - std::min(limit, out.size())} : UINT64_MAX;
        const auto blocks = best_blocks(bytes, first, last, plan, std::move(steps), room);
        if (blocks.empty()) return std::nullopt;
        for (const Block& block : blocks)
            write(block, bytes, last == bytes.size() && &block == &blocks.back(), out);
        if (exceeds(out.size())) return std::nullopt;
        first = last;
    }
    out.fill_byte();
    if (exceeds(out.size())) return std::nullopt;
    const std::uint32_t sum = adler32(bytes);
    for (int shift = 24; shift >= 0; shift -= 8) out.put(sum >> shift & 255, 8);
    return out.take();
}

}  // namespace huepress::deflating
