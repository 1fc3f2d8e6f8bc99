// PNG's row filters (W3C PNG, section 9), and three rules that choose one a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace huepress {

enum class RowFilter { none, sub, up, average, paeth, min_sum, bigrams, entropy };

// Filters rows of `row_bytes` bytes, `step` of them a pixel (1 where several pixels share a byte).
// Each row comes out with the number of its filter in front. min_sum takes a row's filter whose
// bytes, as signed ones, have the least sum of magnitudes; bigrams the one with the fewest distinct
// pairs of bytes (pngwolf's rule), entropy the one whose pairs of bytes have the least entropy. All
// count the number in front, and take the first of equals.
void filter_rows(std::span<const std::uint8_t> rows, std::size_t row_bytes, std::size_t step,
                 RowFilter filter, std::span<std::uint8_t> filtered);

}  // namespace huepress
