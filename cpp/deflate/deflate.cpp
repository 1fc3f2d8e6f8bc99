#include "deflate/deflate.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "deflate/blocks.hpp"
#include "deflate/matches.hpp"
#include "deflate/parse.hpp"
#include "deflate/split.hpp"
#include "deflate/tables.hpp"

namespace huepress::deflating {
namespace {

// Bytes whose matches are held at once.
constexpr std::size_t segment = 1 << 20;

struct Plan {
    SearchOptions search;
    Grid grid;
    int drafts;  // rounds of parses and cuts before the last
    Patience draft, final;
};

Plan plan_of(Effort effort) {
    if (effort == Effort::normal)
        return {{400, 258}, {128, 28}, 1, {1, 0, 1, 2000, 0}, {10, 1, 2, 2000, 4096}};
    return {{4000, 258}, {256, 80}, 2, {3, 0, 1, 5000, 0}, {20, 6, 3, 20000, 8192}};
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

// Cuts a parse into blocks, and finds the best block for the bytes of each.
std::vector<Block> cut(std::span<const Step> steps, Parser& parser,
                       std::span<const std::uint8_t> bytes, const Grid& grid,
                       const Patience& patience) {
    std::vector<Block> blocks;
    std::size_t step = 0, byte = 0;
    for (const std::size_t end : split(steps, bytes.data(), grid)) {
        const auto part = steps.subspan(step, end - step);
        std::size_t size = 0;
        for (const Step one : part) size += one.length;
        const Counts counts = counts_of(part, bytes.data() + byte);
        blocks.push_back(best_block(parser, bytes, byte, byte + size, counts, patience));
        step = end;
        byte += size;
    }
    return blocks;
}

// Whether a first draft tells what the best blocks will take. Bytes of a few values find their
// copies in later rounds only, tables matter in small streams, and those take little time.
bool is_foreseen(std::span<const std::uint8_t> bytes) {
    std::array<bool, 256> seen{};
    for (const std::uint8_t byte : bytes) seen[byte] = true;
    return bytes.size() >= 4096 && std::count(seen.begin(), seen.end(), true) > 4;
}

// What is left of such a draft at the least: of 35 pages and sprites 0.974, of noise 0.95.
constexpr std::uint64_t least_bits(std::uint64_t drafted) { return drafted / 256 * 243; }

// The bytes from `first` to `last` as blocks; none where a draft says that they take `limit` bits.
std::vector<Block> best_blocks(std::span<const std::uint8_t> data, std::size_t first,
                               std::size_t last, const Plan& plan, std::uint64_t limit) {
    const auto bytes = data.subspan(first, last - first);
    const Matches matches(data, first, last, plan.search);
    Parser parser(bytes, matches);
    std::vector<Block> best;
    std::vector<Step> steps;
    parser.parse(0, bytes.size(), costs_of(first_counts(bytes), 0), steps);
    const bool foreseen = is_foreseen(bytes);
    for (int round = 0; round <= plan.drafts; ++round) {
        const Patience& patience = round < plan.drafts ? plan.draft : plan.final;
        auto blocks = cut(steps, parser, bytes, plan.grid, patience);
        steps.clear();
        for (const Block& block : blocks)
            steps.insert(steps.end(), block.steps.begin(), block.steps.end());
        if (best.empty() || total(blocks) < total(best)) best = std::move(blocks);
        if (foreseen && least_bits(total(best)) >= limit) return {};
    }
    for (Block& block : best) {
        block.first += first;
        block.last += first;
    }
    return best;
}

}  // namespace

std::vector<std::uint8_t> deflate(std::span<const std::uint8_t> bytes, Effort effort,
                                  std::size_t limit) {
    std::uint64_t left = 8 * std::uint64_t{limit};
    const Plan plan = plan_of(effort);
    BitWriter out;
    out.put(0x78, 8);  // deflate, with a window of 32 KiB
    out.put(0xDA, 8);
    if (bytes.empty()) out.put(3, 10);  // a fixed block, and its end
    for (std::size_t first = 0; first < bytes.size();) {
        const std::size_t last = std::min(first + segment, bytes.size());
        const auto blocks = best_blocks(bytes, first, last, plan, left);
        if (blocks.empty()) return {};
        left -= std::min(left, total(blocks));
        for (const Block& block : blocks)
            write(block, bytes, last == bytes.size() && &block == &blocks.back(), out);
        first = last;
    }
    out.fill_byte();
    const std::uint32_t sum = adler32(bytes);
    for (int shift = 24; shift >= 0; shift -= 8) out.put(sum >> shift & 255, 8);
    return out.take();
}

}  // namespace huepress::deflating
