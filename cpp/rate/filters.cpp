#include "rate/filters.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <optional>
#include <vector>

#include "rate/costs.hpp"

namespace huepress {
namespace {

constexpr int kFilters = 5;

std::uint8_t paeth(int left, int up, int corner) {
    const int to_left = std::abs(up - corner);
    const int to_up = std::abs(left - corner);
    const int to_corner = std::abs(left + up - 2 * corner);
    const int vertical = to_up <= to_corner ? up : corner;
    return static_cast<std::uint8_t>(to_left <= to_up && to_left <= to_corner ? left : vertical);
}

// One row; `above` is a row of zeros over the first one.
void filter_row(int filter, const std::uint8_t* __restrict row,
                const std::uint8_t* __restrict above, std::size_t n, std::size_t step,
                std::uint8_t* __restrict out) {
    *out++ = static_cast<std::uint8_t>(filter);
    const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
    switch (filter) {
        case 0: std::copy_n(row, n, out); break;
        case 1:
            std::copy_n(row, step, out);
            for (std::size_t i = step; i < n; ++i) out[i] = byte(row[i] - row[i - step]);
            break;
        case 2:
            for (std::size_t i = 0; i < n; ++i) out[i] = byte(row[i] - above[i]);
            break;
        case 3:
            for (std::size_t i = 0; i < step; ++i) out[i] = byte(row[i] - above[i] / 2);
            for (std::size_t i = step; i < n; ++i)
                out[i] = byte(row[i] - (row[i - step] + above[i]) / 2);
            break;
        default:
            for (std::size_t i = 0; i < step; ++i) out[i] = byte(row[i] - above[i]);
            for (std::size_t i = step; i < n; ++i)
                out[i] = byte(row[i] - paeth(row[i - step], above[i], above[i - step]));
    }
}

std::uint64_t magnitudes(std::span<const std::uint8_t> bytes) {
    std::uint64_t total = 0;
    constexpr std::size_t kBlock = 1 << 16;  // sums of a block fit 32 bits, which is faster
    for (std::size_t start = 0; start < bytes.size(); start += kBlock) {
        std::uint32_t sum = 0;
        for (const std::uint8_t value :
             bytes.subspan(start, std::min(kBlock, bytes.size() - start)))
            sum += std::min<std::uint32_t>(value, 256u - value);
        total += sum;
    }
    return total;
}

class Bigrams {
public:
    std::uint64_t distinct(std::span<const std::uint8_t> bytes) {
        seen_.fill(0);
        std::uint64_t count = 0;
        for (std::size_t i = 1; i < bytes.size(); ++i) {
            std::uint64_t& word = seen_[4u * bytes[i - 1] + bytes[i] / 64u];
            const std::uint64_t bit = std::uint64_t{1} << (bytes[i] % 64u);
            count += (word & bit) == 0;
            word |= bit;
        }
        return count;
    }

private:
    std::array<std::uint64_t, 1024> seen_;
};

// How far the pairs of a row are from what a code could tell at once.
class PairEntropy {
public:
    PairEntropy() : counts_(1 << 16) {}

    // The entropy of all pairs together, in 16ths of a bit; of rows of one length, their number
    // adds the same to each and is left out, so that it is counted from the top.
    std::uint64_t bits(std::span<const std::uint8_t> bytes) {
        for (std::size_t i = 1; i < bytes.size(); ++i) ++count(bytes, i);
        std::uint64_t known = 0;
        for (std::size_t i = 1; i < bytes.size(); ++i) {
            std::uint32_t& times = count(bytes, i);
            if (times > 1)
                known += std::uint64_t{times} * static_cast<std::uint64_t>(log2_fixed(times));
            times = 0;
        }
        return (std::uint64_t{1} << 62) - known;
    }

private:
    std::uint32_t& count(std::span<const std::uint8_t> bytes, std::size_t i) {
        return counts_[256u * bytes[i - 1] + bytes[i]];
    }

    std::vector<std::uint32_t> counts_;
};

}  // namespace

void filter_rows(std::span<const std::uint8_t> rows, std::size_t row_bytes, std::size_t step,
                 RowFilter filter, std::span<std::uint8_t> filtered) {
    const std::vector<std::uint8_t> zeros(row_bytes);
    const bool chosen = filter >= RowFilter::min_sum;
    std::vector<std::uint8_t> tried(chosen ? row_bytes + 1 : 0);
    Bigrams bigrams;
    std::optional<PairEntropy> entropy;
    if (filter == RowFilter::entropy) entropy.emplace();
    const std::size_t height = rows.size() / row_bytes;
    for (std::size_t y = 0; y < height; ++y) {
        const std::uint8_t* row = rows.data() + y * row_bytes;
        const std::uint8_t* above = y ? row - row_bytes : zeros.data();
        std::uint8_t* out = filtered.data() + y * (row_bytes + 1);
        if (!chosen) {
            filter_row(static_cast<int>(filter), row, above, row_bytes, step, out);
            continue;
        }
        std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
        for (int i = 0; i < kFilters; ++i) {
            filter_row(i, row, above, row_bytes, step, tried.data());
            const std::uint64_t cost = entropy                        ? entropy->bits(tried)
                                       : filter == RowFilter::bigrams ? bigrams.distinct(tried)
                                                                      : magnitudes(tried);
            if (cost < least) {
                least = cost;
                std::copy(tried.begin(), tried.end(), out);
            }
        }
    }
}

}  // namespace huepress
