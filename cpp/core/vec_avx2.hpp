// Vectors of one AVX2 register; vec_plain.hpp says what each function does. Included by
// each_isa.hpp between its pragmas.
#pragma once

#include "core/types.hpp"

namespace huepress::avx2 {

struct I32 {
    __m256i v;
};
struct I16 {
    __m256i v;
};
struct F32 {
    __m256 v;
};
struct Labels {
    __m256i low, high;  // in 32 bits each
};

template <class V>
V load(const void* from) {
    return {_mm256_loadu_si256(static_cast<const __m256i*>(from))};
}
template <>
inline F32 load<F32>(const void* from) {
    return {_mm256_loadu_ps(static_cast<const float*>(from))};
}
inline void store(void* to, I32 a) { _mm256_storeu_si256(static_cast<__m256i*>(to), a.v); }
inline void store(void* to, I16 a) { _mm256_storeu_si256(static_cast<__m256i*>(to), a.v); }
inline void store(float* to, F32 a) { _mm256_storeu_ps(to, a.v); }

template <class V>
V all(int value);
template <>
inline I32 all<I32>(int value) {
    return {_mm256_set1_epi32(value)};
}
template <>
inline I16 all<I16>(int value) {
    return {_mm256_set1_epi16(static_cast<short>(value))};
}
template <class V>
V all(float value) {
    return {_mm256_set1_ps(value)};
}

inline I32 operator+(I32 a, I32 b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline I16 operator+(I16 a, I16 b) { return {_mm256_add_epi16(a.v, b.v)}; }
inline F32 operator+(F32 a, F32 b) { return {_mm256_add_ps(a.v, b.v)}; }
inline I32 operator-(I32 a, I32 b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline I16 operator-(I16 a, I16 b) { return {_mm256_sub_epi16(a.v, b.v)}; }
inline F32 operator-(F32 a, F32 b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline I32 operator*(I32 a, I32 b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
inline F32 operator*(F32 a, F32 b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline I32 operator&(I32 a, I32 b) { return {_mm256_and_si256(a.v, b.v)}; }
inline I16 operator&(I16 a, I16 b) { return {_mm256_and_si256(a.v, b.v)}; }
inline I32 operator|(I32 a, I32 b) { return {_mm256_or_si256(a.v, b.v)}; }
inline I16 operator|(I16 a, I16 b) { return {_mm256_or_si256(a.v, b.v)}; }
inline I32 min(I32 a, I32 b) { return {_mm256_min_epi32(a.v, b.v)}; }
inline I16 min(I16 a, I16 b) { return {_mm256_min_epi16(a.v, b.v)}; }
inline F32 min(F32 a, F32 b) { return {_mm256_min_ps(a.v, b.v)}; }
inline I16 max(I16 a, I16 b) { return {_mm256_max_epi16(a.v, b.v)}; }

template <class V>
V counting(int first);
template <>
inline I32 counting<I32>(int first) {
    return all<I32>(first) + I32{_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)};
}
template <>
inline I16 counting<I16>(int first) {
    return all<I16>(first) +
           I16{_mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)};
}

inline I32 operator<<(I32 a, int bits) { return {_mm256_slli_epi32(a.v, bits)}; }
inline I32 operator>>(I32 a, int bits) { return {_mm256_srli_epi32(a.v, bits)}; }
inline I16 absolute(I16 a) { return {_mm256_abs_epi16(a.v)}; }

inline I32 operator<(I32 a, I32 b) { return {_mm256_cmpgt_epi32(b.v, a.v)}; }
inline I16 operator<(I16 a, I16 b) { return {_mm256_cmpgt_epi16(b.v, a.v)}; }
inline I32 operator==(I32 a, I32 b) { return {_mm256_cmpeq_epi32(a.v, b.v)}; }
inline I16 operator==(I16 a, I16 b) { return {_mm256_cmpeq_epi16(a.v, b.v)}; }
inline I16 at_most_unsigned(I16 a, I16 b) {
    return {_mm256_cmpeq_epi16(_mm256_subs_epu16(a.v, b.v), _mm256_setzero_si256())};
}
inline I32 choose(I32 mask, I32 a, I32 b) { return {_mm256_blendv_epi8(b.v, a.v, mask.v)}; }
inline I16 choose(I16 mask, I16 a, I16 b) { return {_mm256_blendv_epi8(b.v, a.v, mask.v)}; }
inline std::uint32_t bits(I32 mask) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(mask.v)));
}
inline bool any(I16 mask) { return !_mm256_testz_si256(mask.v, mask.v); }

inline std::int32_t least(I32 a) {
    __m128i four = _mm_min_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
    four = _mm_min_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    four = _mm_min_epi32(four, _mm_shuffle_epi32(four, 0xB1));
    return _mm_cvtsi128_si32(four);
}
// x86 finds the least of eight unsigned values at once: the highest bit turns signed ones into
// such.
inline std::int16_t least(I16 a) {
    const __m128i eight =
        _mm_min_epi16(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
    const __m128i found = _mm_minpos_epu16(_mm_xor_si128(eight, _mm_set1_epi16(-0x8000)));
    return static_cast<std::int16_t>(_mm_cvtsi128_si32(found) ^ 0x8000);
}
inline float least(F32 a) {
    __m128 four = _mm_min_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    four = _mm_min_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_min_ss(four, _mm_movehdup_ps(four)));
}

inline I32 dot(I16 a, I16 b) { return {_mm256_madd_epi16(a.v, b.v)}; }
inline I32 dot(I16 a, I16 b, I16 c, I16 d) { return dot(a, b) + dot(c, d); }

inline F32 to_float(I32 a) { return {_mm256_cvtepi32_ps(a.v)}; }
inline I32 truncated(F32 a) { return {_mm256_cvttps_epi32(a.v)}; }

// Packing works within 128-bit halves; the permutations put the lanes back in order.
inline I16 narrowed(I32 a, I32 b) {
    return {_mm256_permute4x64_epi64(_mm256_packs_epi32(a.v, b.v), 0xD8)};
}
inline void store_16(std::uint16_t* to, I32 a, I32 b) {
    store(to, I16{_mm256_permute4x64_epi64(_mm256_packus_epi32(a.v, b.v), 0xD8)});
}
inline void store_8(std::uint8_t* to, const I32 (&rows)[4]) {
    const __m256i packed = _mm256_packus_epi16(_mm256_packus_epi32(rows[0].v, rows[1].v),
                                               _mm256_packus_epi32(rows[2].v, rows[3].v));
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    store(to, I32{_mm256_permutevar8x32_epi32(packed, order)});
}
inline I32 widened(const std::int16_t* eight) {
    return {_mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(eight)))};
}

struct Points8 {
    I16 first, last;
};
inline Points8 load_points(const Point* points) {
    const __m256 a = _mm256_castsi256_ps(load<I16>(points).v);
    const __m256 b = _mm256_castsi256_ps(load<I16>(points + 4).v);
    return {{_mm256_permute4x64_epi64(_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88)), 0xD8)},
            {_mm256_permute4x64_epi64(_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD)), 0xD8)}};
}
inline I16 all_pairs(std::int16_t x, std::int16_t y) {
    return {_mm256_set1_epi32(
        static_cast<int>(static_cast<std::uint16_t>(x) | static_cast<std::uint32_t>(y) << 16))};
}

// Of three channels, the second load reads four bytes beyond its four pixels.
template <int channels>
I32 load_pixels(const std::uint8_t* from) {
    if constexpr (channels == 4) return load<I32>(from);
    const __m256i apart = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 12));
    return {
        _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1), apart)};
}

inline void prefetch(const void* at) { _mm_prefetch(static_cast<const char*>(at), _MM_HINT_T0); }

inline Labels load_eights(const std::uint8_t* source, const std::uint16_t* distance) {
    const auto eight = [source](std::uint16_t back) {
        return _mm256_cvtepu8_epi32(
            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(source - back)));
    };
    return {eight(distance[0]), eight(distance[8])};
}
inline Labels gather(const std::uint8_t* source, const std::uint16_t* distance) {
    const auto eight = [source](const std::uint16_t* at) {
        const __m256i back = _mm256_sub_epi32(
            _mm256_setzero_si256(),
            _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))));
        return _mm256_and_si256(
            _mm256_i32gather_epi32(reinterpret_cast<const int*>(source), back, 1),
            _mm256_set1_epi32(255));
    };
    return {eight(distance), eight(distance + 8)};
}
// In pairs that lie within a cache line: loads across two are slow.
inline I16 look_up(const std::int16_t* table, Labels at) {
    const auto eight = [table](__m256i i) {
        const __m256i pairs =
            _mm256_i32gather_epi32(reinterpret_cast<const int*>(table), _mm256_srli_epi32(i, 1), 4);
        const __m256i odd = _mm256_slli_epi32(_mm256_and_si256(i, _mm256_set1_epi32(1)), 4);
        return _mm256_and_si256(_mm256_srlv_epi32(pairs, odd), _mm256_set1_epi32(0xFFFF));
    };
    return {_mm256_permute4x64_epi64(_mm256_packus_epi32(eight(at.low), eight(at.high)), 0xD8)};
}
inline I16 look_up(const std::int16_t* table, I16 at) {
    return look_up(table, Labels{_mm256_cvtepu16_epi32(_mm256_castsi256_si128(at.v)),
                                 _mm256_cvtepu16_epi32(_mm256_extracti128_si256(at.v, 1))});
}
inline I16 look_up_16(const std::int16_t* table, I16 at) {
    const auto* eights = reinterpret_cast<const __m128i*>(table);
    const __m256i bytes = _mm256_add_epi16(_mm256_mullo_epi16(at.v, _mm256_set1_epi16(0x0202)),
                                           _mm256_set1_epi16(0x0100));
    const auto of = [bytes](const __m128i* eight) {
        return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(eight)), bytes);
    };
    return {_mm256_blendv_epi8(of(eights), of(eights + 1), (all<I16>(7) < at).v)};
}

}  // namespace huepress::avx2
