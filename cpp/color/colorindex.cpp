#include "color/colorindex.hpp"

#include "core/distance.hpp"
#include "core/isa.hpp"

namespace huepress {
namespace {

template <int channels>
void indices_plain(const std::uint8_t* pixels, std::size_t first,
                   std::span<std::uint32_t> indices /* OUT */) {
    for (std::size_t i = first; i < indices.size(); ++i)
        indices[i] = color_index(pixels + i * channels);
}

#ifdef HUEPRESS_X86
HUEPRESS_INLINE_TARGET("avx2") __m256i part(__m256i bits, int mask) {
    return _mm256_and_si256(bits, _mm256_set1_epi32(mask));
}

HUEPRESS_INLINE_TARGET("avx2") __m256i indices_of(__m256i rgb) {
    const __m256i cell = _mm256_or_si256(_mm256_or_si256(_mm256_slli_epi32(part(rgb, 0xF8), 16),
                                                         _mm256_slli_epi32(part(rgb, 0xF800), 3)),
                                         part(_mm256_srli_epi32(rgb, 10), 0x3E00));
    const __m256i place = _mm256_or_si256(
        _mm256_or_si256(_mm256_slli_epi32(part(rgb, 7), 6), part(_mm256_srli_epi32(rgb, 5), 0x38)),
        part(_mm256_srli_epi32(rgb, 16), 7));
    return _mm256_or_si256(cell, place);
}

template <int channels>
HUEPRESS_TARGET("avx2") void indices_avx2(const std::uint8_t* pixels,
                                          std::span<std::uint32_t> indices /* OUT */) {
    const __m256i apart = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
    std::size_t i = 0;
    // Of three channels, the second load reads four bytes beyond its four pixels.
    for (; i + (channels == 3 ? 10 : 8) <= indices.size(); i += 8) {
        const std::uint8_t* p = pixels + i * channels;
        // Callers work a while on each tile, and the processor forgets that it was reading on.
        _mm_prefetch(reinterpret_cast<const char*>(p + 4096), _MM_HINT_T0);
        __m256i rgb;
        if (channels == 3) {
            const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
            const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 12));
            rgb = _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1),
                                      apart);
        } else {
            rgb = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
        }
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(&indices[i]), indices_of(rgb));
    }
    indices_plain<channels>(pixels, i, indices);
}
#endif

}  // namespace

template <int channels>
void color_indices(const std::uint8_t* pixels, std::span<std::uint32_t> indices /* OUT */) {
#ifdef HUEPRESS_X86
    static const bool wide = instruction_set() != "plain";
    if (wide) return indices_avx2<channels>(pixels, indices);
#endif
    indices_plain<channels>(pixels, 0, indices);
}

template void color_indices<3>(const std::uint8_t*, std::span<std::uint32_t>);
template void color_indices<4>(const std::uint8_t*, std::span<std::uint32_t>);

}  // namespace huepress
