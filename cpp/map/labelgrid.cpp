#include "map/labelgrid.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>

#include "core/distance.hpp"
#include "core/isa.hpp"

namespace huepress {
namespace {

constexpr std::int32_t square(std::int32_t x) { return x * x; }

// All positions have the same last coordinate, so that it counts once a code.
void label_grid_plain(const Axes& axes, std::int32_t last, std::span<const GridCode> codes,
                      std::uint8_t* labels /* OUT, 512 */) {
    for (std::size_t red = 0; red < 8; ++red) {
        std::int32_t least[64], label[64] = {};
        std::fill_n(least, 64, std::numeric_limits<std::int32_t>::max());
        for (const GridCode& code : codes) {
            std::int32_t greens[8], blues[8];
            for (std::size_t i = 0; i < 8; ++i) greens[i] = square(axes[1][i] - code.point[1]);
            for (std::size_t i = 0; i < 8; ++i)
                blues[i] = square(axes[2][i] - code.point[2]) +
                           square(axes[0][red] - code.point[0]) + square(last - code.point[3]);
            const std::int32_t mine = code.label;
            for (std::size_t i = 0; i < 64; ++i) {
                const std::int32_t distance = greens[i / 8] + blues[i % 8];
                const std::int32_t closer = -(distance < least[i]);  // all bits or none
                least[i] = (distance & closer) | (least[i] & ~closer);
                label[i] = (mine & closer) | (label[i] & ~closer);
            }
        }
        for (std::size_t i = 0; i < 64; ++i)
            labels[64 * red + i] = static_cast<std::uint8_t>(label[i]);
    }
}

#ifdef HUEPRESS_X86
HUEPRESS_INLINE_TARGET("avx2") __m256i squares_avx2(const std::int16_t* eight, std::int16_t from) {
    const __m128i coordinates = _mm_loadu_si128(reinterpret_cast<const __m128i*>(eight));
    const __m256i difference =
        _mm256_sub_epi32(_mm256_cvtepi16_epi32(coordinates), _mm256_set1_epi32(from));
    return _mm256_mullo_epi32(difference, difference);
}

// One code's distances to the colours of one red, a row of blues for each green.
HUEPRESS_INLINE_TARGET("avx2") void distances_avx2(const Axes& axes, std::int32_t last,
                                                   std::size_t red, const Point& code,
                                                   __m256i* distances /* OUT, 8 */) {
    alignas(32) std::int32_t greens[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(greens), squares_avx2(axes[1], code[1]));
    const std::int32_t rest = square(last - code[3]) + square(axes[0][red] - code[0]);
    const __m256i blues = _mm256_add_epi32(squares_avx2(axes[2], code[2]), _mm256_set1_epi32(rest));
    for (std::size_t green = 0; green < 8; ++green)
        distances[green] = _mm256_add_epi32(blues, _mm256_set1_epi32(greens[green]));
}

HUEPRESS_TARGET("avx2") void label_grid_avx2(const Axes& axes, std::int32_t last,
                                             std::span<const GridCode> codes,
                                             std::uint8_t* labels /* OUT, 512 */) {
    for (std::size_t red = 0; red < 8; ++red) {
        __m256i least[8], label[8], distance[8];
        distances_avx2(axes, last, red, codes[0].point, least);
        for (__m256i& row : label) row = _mm256_set1_epi32(codes[0].label);
        for (const GridCode& code : codes.subspan(1)) {
            distances_avx2(axes, last, red, code.point, distance);
            for (std::size_t row = 0; row < 8; ++row) {
                const __m256i closer = _mm256_cmpgt_epi32(least[row], distance[row]);
                label[row] = _mm256_blendv_epi8(label[row], _mm256_set1_epi32(code.label), closer);
                least[row] = _mm256_min_epi32(least[row], distance[row]);
            }
        }
        // Packing works within 128-bit halves; the permutation puts rows back in order.
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        for (std::size_t row = 0; row < 8; row += 4) {
            const __m256i packed =
                _mm256_packus_epi16(_mm256_packus_epi32(label[row], label[row + 1]),
                                    _mm256_packus_epi32(label[row + 2], label[row + 3]));
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(labels + 64 * red + 8 * row),
                                _mm256_permutevar8x32_epi32(packed, order));
        }
    }
}

// The same of four reds, for each pair of greens.
HUEPRESS_INLINE_TARGET("avx512f") void distances_avx512(const Axes& axes, std::int32_t last,
                                                        std::size_t red, const Point& code,
                                                        __m512i* distances /* OUT, 16 */) {
    const __m256i squares = squares_avx2(axes[2], code[2]);
    const __m512i blues = _mm512_add_epi32(
        _mm512_maskz_inserti64x4(0xFF, _mm512_castsi256_si512(squares), squares, 1),
        _mm512_set1_epi32(square(last - code[3])));
    const __m512i greens = _mm512_castsi256_si512(squares_avx2(axes[1], code[1]));
    __m512i pair = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    for (std::size_t row = 0; row < 4; ++row) {
        const __m512i rest =
            _mm512_add_epi32(blues, _mm512_maskz_permutexvar_epi32(0xFFFF, pair, greens));
        for (std::size_t i = 0; i < 4; ++i)
            distances[4 * i + row] =
                _mm512_add_epi32(rest, _mm512_set1_epi32(square(axes[0][red + i] - code[0])));
        pair = _mm512_add_epi32(pair, _mm512_set1_epi32(2));
    }
}

HUEPRESS_TARGET("avx512f") void label_grid_avx512(const Axes& axes, std::int32_t last,
                                                  std::span<const GridCode> codes,
                                                  std::uint8_t* labels /* OUT, 512 */) {
    for (std::size_t red = 0; red < 8; red += 4) {
        __m512i least[16], label[16], distance[16];
        distances_avx512(axes, last, red, codes[0].point, least);
        for (__m512i& row : label) row = _mm512_set1_epi32(codes[0].label);
        for (const GridCode& code : codes.subspan(1)) {
            distances_avx512(axes, last, red, code.point, distance);
            for (std::size_t row = 0; row < 16; ++row) {
                const __mmask16 closer = _mm512_cmplt_epi32_mask(distance[row], least[row]);
                label[row] = _mm512_mask_set1_epi32(label[row], closer, code.label);
                least[row] = _mm512_mask_mov_epi32(least[row], closer, distance[row]);
            }
        }
        for (std::size_t row = 0; row < 16; ++row)
            _mm512_mask_cvtepi32_storeu_epi8(labels + 64 * red + 16 * row, 0xFFFF, label[row]);
    }
}
#endif

}  // namespace

void label_grid(const Axes& axes, std::int32_t last, std::span<const GridCode> codes,
                std::uint8_t* labels /* OUT, 512 */) {
    static const auto body = [] {
#ifdef HUEPRESS_X86
        const std::string isa = instruction_set();
        if (isa == "avx512") return label_grid_avx512;
        if (isa == "avx2") return label_grid_avx2;
#endif
        return label_grid_plain;
    }();
    body(axes, last, codes, labels);
}

}  // namespace huepress
