// Four lanes side by side, for kernels that handle one pixel at a time. Vectors of 128 bits are
// part of every x86-64 and AArch64 CPU, so these are chosen when compiling, and HUEPRESS_ISA does
// not reach them. Compiled with HUEPRESS_NO_VECTORS, or elsewhere, they are loops.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/isa.hpp"
#include "core/types.hpp"

namespace huepress {

#if defined(HUEPRESS_X86) && !defined(HUEPRESS_NO_VECTORS)

struct I16x8 {
    __m128i v;
};
struct I32x4 {
    __m128i v;
};
struct I16x4 {
    __m128i v;  // the low half
};
struct F32x4 {
    __m128 v;
};

inline I16x8 load_8(const std::int16_t* from) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
}
inline I32x4 load_4(const std::int32_t* from) {
    return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
}
inline I16x4 load_4(const Point& from) {
    return {_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from.data()))};
}
inline void store_4(const I16x4& a, Point& to /* OUT */) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to.data()), a.v);
}
// Two points in a row, the first one aligned to 16 bytes.
struct Two {
    I16x4 first, second;
};
inline Two load_two(const Point& first) {
    const __m128i both = _mm_load_si128(reinterpret_cast<const __m128i*>(first.data()));
    return {{both}, {_mm_unpackhi_epi64(both, both)}};
}
inline void store_two(I16x4 a, I16x4 b, Point& first /* OUT */) {
    _mm_store_si128(reinterpret_cast<__m128i*>(first.data()), _mm_unpacklo_epi64(a.v, b.v));
}
inline I16x4 none_4() { return {_mm_setzero_si128()}; }
inline I16x4 all_4(std::int16_t x) { return {_mm_set1_epi16(x)}; }
inline I16x4 one_of_4(std::int16_t x) { return {_mm_cvtsi32_si128(x)}; }  // others: any
inline I32x4 all_4(std::int32_t x) { return {_mm_set1_epi32(x)}; }
inline F32x4 all_4(float x) { return {_mm_set1_ps(x)}; }
// The pair of coordinates 2 i and 2 i + 1, four times.
template <int i>
I16x8 pair_of(const I16x4& point) {
    return {_mm_shuffle_epi32(point.v, 0x55 * i)};
}

inline I16x8 operator-(I16x8 a, I16x8 b) { return {_mm_sub_epi16(a.v, b.v)}; }
inline I16x4 operator-(I16x4 a, I16x4 b) { return {_mm_sub_epi16(a.v, b.v)}; }
inline I16x4 operator+(I16x4 a, I16x4 b) { return {_mm_add_epi16(a.v, b.v)}; }
inline I32x4 operator+(I32x4 a, I32x4 b) { return {_mm_add_epi32(a.v, b.v)}; }
inline F32x4 operator*(F32x4 a, F32x4 b) { return {_mm_mul_ps(a.v, b.v)}; }
inline F32x4 operator/(F32x4 a, F32x4 b) { return {_mm_div_ps(a.v, b.v)}; }
inline I16x4 operator>>(I16x4 a, int bits) { return {_mm_srli_epi16(a.v, bits)}; }  // unsigned
// By a number of bits that is known only when running: kept in a register, not put there each time.
struct ShiftBy {
    __m128i v;

    explicit ShiftBy(int bits) : v(_mm_cvtsi32_si128(bits)) {}
};
inline I16x4 operator>>(I16x4 a, const ShiftBy& bits) { return {_mm_srl_epi16(a.v, bits.v)}; }
inline I32x4 operator>>(I32x4 a, int bits) { return {_mm_srai_epi32(a.v, bits)}; }

inline I32x4 dot(I16x8 a, I16x8 b) { return {_mm_madd_epi16(a.v, b.v)}; }
inline I32x4 min(I32x4 a, I32x4 b) {
    const __m128i less = _mm_cmplt_epi32(a.v, b.v);
    return {_mm_or_si128(_mm_and_si128(less, a.v), _mm_andnot_si128(less, b.v))};
}
inline I32x4 least_everywhere(I32x4 a) {
    const I32x4 two = min(a, {_mm_shuffle_epi32(a.v, 0x4E)});
    return min(two, {_mm_shuffle_epi32(two.v, 0xB1)});
}
// As bits, the lanes in which it is so.
inline unsigned lanes_equal(I32x4 a, I32x4 b) {
    return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(a.v, b.v))));
}
inline unsigned lanes_at_most(I32x4 a, I32x4 b) {
    return 15u ^
           static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(a.v, b.v))));
}

// a x + b y, lane by lane.
struct TwoWeights {
    __m128i v;

    TwoWeights(int x, int y) : v(_mm_set1_epi32(y << 16 | x)) {}
};
inline I32x4 weighed(I16x4 a, I16x4 b, const TwoWeights& weights) {
    return {_mm_madd_epi16(_mm_unpacklo_epi16(a.v, b.v), weights.v)};
}
inline std::int32_t sum_of_squares(I16x4 a) {
    const __m128i squares = _mm_madd_epi16(a.v, a.v);
    return _mm_cvtsi128_si32(_mm_add_epi32(squares, _mm_shuffle_epi32(squares, 0x55)));
}
inline I16x4 min(I16x4 a, I16x4 b) { return {_mm_min_epi16(a.v, b.v)}; }
inline I16x4 max(I16x4 a, I16x4 b) { return {_mm_max_epi16(a.v, b.v)}; }
// The greatest size of the first three, in the first lane.
inline I16x4 greatest_of_three(I16x4 a) {
    const __m128i size = _mm_max_epi16(a.v, _mm_sub_epi16(_mm_setzero_si128(), a.v));
    return {_mm_max_epi16(_mm_max_epi16(size, _mm_srli_epi64(size, 16)), _mm_srli_epi64(size, 32))};
}
inline I32x4 without_last(I32x4 a) { return {_mm_and_si128(a.v, _mm_setr_epi32(-1, -1, -1, 0))}; }
inline I16x4 narrowed(I32x4 a) { return {_mm_packs_epi32(a.v, a.v)}; }
inline F32x4 to_float(I32x4 a) { return {_mm_cvtepi32_ps(a.v)}; }
inline I16x4 truncated(F32x4 a) {
    return {_mm_packs_epi32(_mm_cvttps_epi32(a.v), _mm_setzero_si128())};
}
// a, but `most` where it is larger or no number.
inline F32x4 at_most(F32x4 a, F32x4 most) { return {_mm_min_ps(a.v, most.v)}; }
inline F32x4 greatest_everywhere(F32x4 a) {  // by size
    const __m128 size = _mm_andnot_ps(_mm_set1_ps(-0.0f), a.v);
    const __m128 two = _mm_max_ps(size, _mm_shuffle_ps(size, size, 0xB1));
    return {_mm_max_ps(two, _mm_shuffle_ps(two, two, 0x4E))};
}
template <int i>
std::size_t lane(I16x4 a) {
    return static_cast<std::size_t>(_mm_extract_epi16(a.v, i));
}
// Of four pairs, the first ones and the second ones.
inline Two unzipped(std::int32_t a, std::int32_t b, std::int32_t c, std::int32_t d) {
    const auto one = [](std::int32_t x) { return _mm_cvtsi32_si128(x); };
    const __m128i both =
        _mm_unpacklo_epi32(_mm_unpacklo_epi16(one(a), one(b)), _mm_unpacklo_epi16(one(c), one(d)));
    return {{both}, {_mm_unpackhi_epi64(both, both)}};
}

#elif defined(HUEPRESS_NEON) && !defined(HUEPRESS_NO_VECTORS)

struct I16x8 {
    int16x8_t v;
};
struct I32x4 {
    int32x4_t v;
};
struct I16x4 {
    int16x4_t v;
};
struct F32x4 {
    float32x4_t v;
};

inline I16x8 load_8(const std::int16_t* from) { return {vld1q_s16(from)}; }
inline I32x4 load_4(const std::int32_t* from) { return {vld1q_s32(from)}; }
inline I16x4 load_4(const Point& from) { return {vld1_s16(from.data())}; }
inline void store_4(const I16x4& a, Point& to /* OUT */) { vst1_s16(to.data(), a.v); }
struct Two {
    I16x4 first, second;
};
inline Two load_two(const Point& first) { return {load_4(first), load_4(*(&first + 1))}; }
inline void store_two(const I16x4& a, const I16x4& b, Point& first /* OUT */) {
    store_4(a, first);
    store_4(b, *(&first + 1));
}
inline I16x4 none_4() { return {vdup_n_s16(0)}; }
inline I16x4 all_4(std::int16_t x) { return {vdup_n_s16(x)}; }
inline I16x4 one_of_4(std::int16_t x) { return all_4(x); }
inline I32x4 all_4(std::int32_t x) { return {vdupq_n_s32(x)}; }
inline F32x4 all_4(float x) { return {vdupq_n_f32(x)}; }
template <int i>
I16x8 pair_of(const I16x4& point) {
    return {vreinterpretq_s16_s32(vdupq_lane_s32(vreinterpret_s32_s16(point.v), i))};
}

inline I16x8 operator-(I16x8 a, I16x8 b) { return {vsubq_s16(a.v, b.v)}; }
inline I16x4 operator-(I16x4 a, I16x4 b) { return {vsub_s16(a.v, b.v)}; }
inline I16x4 operator+(I16x4 a, I16x4 b) { return {vadd_s16(a.v, b.v)}; }
inline I32x4 operator+(I32x4 a, I32x4 b) { return {vaddq_s32(a.v, b.v)}; }
inline F32x4 operator*(F32x4 a, F32x4 b) { return {vmulq_f32(a.v, b.v)}; }
inline F32x4 operator/(F32x4 a, F32x4 b) { return {vdivq_f32(a.v, b.v)}; }
inline I16x4 operator>>(I16x4 a, int bits) {
    return {vreinterpret_s16_u16(
        vshl_u16(vreinterpret_u16_s16(a.v), vdup_n_s16(static_cast<std::int16_t>(-bits))))};
}
struct ShiftBy {
    int16x4_t v;

    explicit ShiftBy(int bits) : v(vdup_n_s16(static_cast<std::int16_t>(-bits))) {}
};
inline I16x4 operator>>(I16x4 a, const ShiftBy& bits) {
    return {vreinterpret_s16_u16(vshl_u16(vreinterpret_u16_s16(a.v), bits.v))};
}
inline I32x4 operator>>(I32x4 a, int bits) { return {vshlq_s32(a.v, vdupq_n_s32(-bits))}; }

inline I32x4 dot(I16x8 a, I16x8 b) {
    return {vpaddq_s32(vmull_s16(vget_low_s16(a.v), vget_low_s16(b.v)), vmull_high_s16(a.v, b.v))};
}
inline I32x4 min(I32x4 a, I32x4 b) { return {vminq_s32(a.v, b.v)}; }
inline I32x4 least_everywhere(I32x4 a) { return all_4(vminvq_s32(a.v)); }
inline unsigned lanes_of(uint32x4_t mask) {
    constexpr std::uint32_t places[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(mask, vld1q_u32(places)));
}
inline unsigned lanes_equal(I32x4 a, I32x4 b) { return lanes_of(vceqq_s32(a.v, b.v)); }
inline unsigned lanes_at_most(I32x4 a, I32x4 b) { return lanes_of(vcleq_s32(a.v, b.v)); }

struct TwoWeights {
    std::int16_t x, y;

    TwoWeights(int x_, int y_)
        : x(static_cast<std::int16_t>(x_)), y(static_cast<std::int16_t>(y_)) {}
};
inline I32x4 weighed(I16x4 a, I16x4 b, const TwoWeights& weights) {
    return {vmlal_n_s16(vmull_n_s16(a.v, weights.x), b.v, weights.y)};
}
inline std::int32_t sum_of_squares(I16x4 a) { return vaddvq_s32(vmull_s16(a.v, a.v)); }
inline I16x4 min(I16x4 a, I16x4 b) { return {vmin_s16(a.v, b.v)}; }
inline I16x4 max(I16x4 a, I16x4 b) { return {vmax_s16(a.v, b.v)}; }
inline I16x4 greatest_of_three(I16x4 a) {
    return all_4(vmaxv_s16(vset_lane_s16(0, vabs_s16(a.v), 3)));
}
inline I32x4 without_last(I32x4 a) { return {vsetq_lane_s32(0, a.v, 3)}; }
inline I16x4 narrowed(I32x4 a) { return {vqmovn_s32(a.v)}; }
inline F32x4 to_float(I32x4 a) { return {vcvtq_f32_s32(a.v)}; }
inline I16x4 truncated(F32x4 a) { return {vqmovn_s32(vcvtq_s32_f32(a.v))}; }
inline F32x4 at_most(F32x4 a, F32x4 most) { return {vminnmq_f32(a.v, most.v)}; }
inline F32x4 greatest_everywhere(F32x4 a) { return all_4(vmaxvq_f32(vabsq_f32(a.v))); }
template <int i>
std::size_t lane(I16x4 a) {
    return static_cast<std::uint16_t>(vget_lane_s16(a.v, i));
}
inline Two unzipped(std::int32_t a, std::int32_t b, std::int32_t c, std::int32_t d) {
    const std::int32_t pairs[4] = {a, b, c, d};
    const int16x8_t all = vreinterpretq_s16_s32(vld1q_s32(pairs));
    return {{vget_low_s16(vuzp1q_s16(all, all))}, {vget_low_s16(vuzp2q_s16(all, all))}};
}

#else

struct I16x8 {
    std::array<std::int16_t, 8> v;
};
struct I32x4 {
    std::array<std::int32_t, 4> v;
};
struct I16x4 {
    Point v;
};
struct F32x4 {
    std::array<float, 4> v;
};
template <class V, class F>
V lanes_from(F f) {
    V out{};
    for (std::size_t i = 0; i < out.v.size(); ++i)
        out.v[i] = static_cast<typename decltype(out.v)::value_type>(f(i));
    return out;
}

inline I16x8 load_8(const std::int16_t* from) {
    return lanes_from<I16x8>([=](std::size_t i) { return from[i]; });
}
inline I32x4 load_4(const std::int32_t* from) {
    return lanes_from<I32x4>([=](std::size_t i) { return from[i]; });
}
inline I16x4 load_4(const Point& from) { return {from}; }
inline void store_4(const I16x4& a, Point& to /* OUT */) { to = a.v; }
struct Two {
    I16x4 first, second;
};
inline Two load_two(const Point& first) { return {load_4(first), load_4(*(&first + 1))}; }
inline void store_two(const I16x4& a, const I16x4& b, Point& first /* OUT */) {
    store_4(a, first);
    store_4(b, *(&first + 1));
}
inline I16x4 none_4() { return {}; }
inline I16x4 all_4(std::int16_t x) { return {{x, x, x, x}}; }
inline I16x4 one_of_4(std::int16_t x) { return all_4(x); }
inline I32x4 all_4(std::int32_t x) { return {{x, x, x, x}}; }
inline F32x4 all_4(float x) { return {{x, x, x, x}}; }
template <int i>
I16x8 pair_of(const I16x4& point) {
    return lanes_from<I16x8>([&](std::size_t lane) { return point.v[2 * i + lane % 2]; });
}

inline I16x8 operator-(const I16x8& a, const I16x8& b) {
    return lanes_from<I16x8>([&](std::size_t i) { return a.v[i] - b.v[i]; });
}
inline I16x4 operator-(const I16x4& a, const I16x4& b) {
    return lanes_from<I16x4>([&](std::size_t i) { return a.v[i] - b.v[i]; });
}
inline I16x4 operator+(const I16x4& a, const I16x4& b) {
    return lanes_from<I16x4>([&](std::size_t i) { return a.v[i] + b.v[i]; });
}
inline I32x4 operator+(const I32x4& a, const I32x4& b) {
    return lanes_from<I32x4>([&](std::size_t i) { return a.v[i] + b.v[i]; });
}
inline F32x4 operator*(const F32x4& a, const F32x4& b) {
    return lanes_from<F32x4>([&](std::size_t i) { return a.v[i] * b.v[i]; });
}
// Nothing by nothing is no number, which at_most() takes for too large: so is 1 here.
inline F32x4 operator/(const F32x4& a, const F32x4& b) {
    return lanes_from<F32x4>([&](std::size_t i) { return b.v[i] == 0 ? 1 : a.v[i] / b.v[i]; });
}
inline I16x4 operator>>(const I16x4& a, int bits) {
    return lanes_from<I16x4>(
        [&](std::size_t i) { return static_cast<std::uint16_t>(a.v[i]) >> bits; });
}
struct ShiftBy {
    int bits;

    explicit ShiftBy(int bits_) : bits(bits_) {}
};
inline I16x4 operator>>(const I16x4& a, const ShiftBy& bits) { return a >> bits.bits; }
inline I32x4 operator>>(const I32x4& a, int bits) {
    return lanes_from<I32x4>([&](std::size_t i) { return a.v[i] >> bits; });
}

inline I32x4 dot(const I16x8& a, const I16x8& b) {
    return lanes_from<I32x4>(
        [&](std::size_t i) { return a.v[2 * i] * b.v[2 * i] + a.v[2 * i + 1] * b.v[2 * i + 1]; });
}
inline I32x4 min(const I32x4& a, const I32x4& b) {
    return lanes_from<I32x4>([&](std::size_t i) { return std::min(a.v[i], b.v[i]); });
}
inline I32x4 least_everywhere(const I32x4& a) {
    return all_4(*std::min_element(a.v.begin(), a.v.end()));
}
inline unsigned lanes_equal(const I32x4& a, const I32x4& b) {
    unsigned lanes = 0;
    for (std::size_t i = 0; i < 4; ++i) lanes |= unsigned{a.v[i] == b.v[i]} << i;
    return lanes;
}
inline unsigned lanes_at_most(const I32x4& a, const I32x4& b) {
    unsigned lanes = 0;
    for (std::size_t i = 0; i < 4; ++i) lanes |= unsigned{a.v[i] <= b.v[i]} << i;
    return lanes;
}

struct TwoWeights {
    int x, y;

    TwoWeights(int x_, int y_) : x(x_), y(y_) {}
};
inline I32x4 weighed(const I16x4& a, const I16x4& b, const TwoWeights& weights) {
    return lanes_from<I32x4>(
        [&](std::size_t i) { return a.v[i] * weights.x + b.v[i] * weights.y; });
}
inline std::int32_t sum_of_squares(const I16x4& a) {
    std::int32_t sum = 0;
    for (const std::int16_t x : a.v) sum += x * x;
    return sum;
}
inline I16x4 min(const I16x4& a, const I16x4& b) {
    return lanes_from<I16x4>([&](std::size_t i) { return std::min(a.v[i], b.v[i]); });
}
inline I16x4 max(const I16x4& a, const I16x4& b) {
    return lanes_from<I16x4>([&](std::size_t i) { return std::max(a.v[i], b.v[i]); });
}
inline I16x4 greatest_of_three(const I16x4& a) {
    const int size = std::max({std::abs(a.v[0]), std::abs(a.v[1]), std::abs(a.v[2])});
    return all_4(static_cast<std::int16_t>(size));
}
inline I32x4 without_last(I32x4 a) {
    a.v[3] = 0;
    return a;
}
inline I16x4 narrowed(const I32x4& a) {
    return lanes_from<I16x4>([&](std::size_t i) { return std::clamp(a.v[i], -32768, 32767); });
}
inline F32x4 to_float(const I32x4& a) {
    return lanes_from<F32x4>([&](std::size_t i) { return a.v[i]; });
}
inline I16x4 truncated(const F32x4& a) {
    return lanes_from<I16x4>([&](std::size_t i) {
        return std::clamp(static_cast<std::int32_t>(a.v[i]), -32768, 32767);
    });
}
inline F32x4 at_most(const F32x4& a, const F32x4& most) {
    return lanes_from<F32x4>([&](std::size_t i) { return std::min(a.v[i], most.v[i]); });
}
inline F32x4 greatest_everywhere(const F32x4& a) {
    float size = 0;
    for (const float x : a.v) size = std::max(size, std::fabs(x));
    return all_4(size);
}
template <int i>
std::size_t lane(const I16x4& a) {
    return static_cast<std::uint16_t>(a.v[i]);
}
inline Two unzipped(std::int32_t a, std::int32_t b, std::int32_t c, std::int32_t d) {
    std::int16_t halves[4][2];
    const std::int32_t pairs[4] = {a, b, c, d};
    std::memcpy(halves, pairs, sizeof halves);
    return {{{halves[0][0], halves[1][0], halves[2][0], halves[3][0]}},
            {{halves[0][1], halves[1][1], halves[2][1], halves[3][1]}}};
}

#endif

}  // namespace huepress
