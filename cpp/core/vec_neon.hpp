// Vectors of two NEON registers; vec_plain.hpp says what each function does.
#pragma once

#include "core/types.hpp"

namespace huepress::neon {

struct I32 {
    int32x4_t v[2];
};
struct I16 {
    int16x8_t v[2];
};
struct F32 {
    float32x4_t v[2];
};
struct Labels {
    std::uint8_t v[16];
};

template <class V>
V load(const void* from);
template <>
inline I32 load<I32>(const void* from) {
    const auto* p = static_cast<const std::int32_t*>(from);
    return {vld1q_s32(p), vld1q_s32(p + 4)};
}
template <>
inline I16 load<I16>(const void* from) {
    const auto* p = static_cast<const std::int16_t*>(from);
    return {vld1q_s16(p), vld1q_s16(p + 8)};
}
template <>
inline F32 load<F32>(const void* from) {
    const auto* p = static_cast<const float*>(from);
    return {vld1q_f32(p), vld1q_f32(p + 4)};
}
inline void store(std::int32_t* to, I32 a) {
    vst1q_s32(to, a.v[0]);
    vst1q_s32(to + 4, a.v[1]);
}
inline void store(std::int16_t* to, I16 a) {
    vst1q_s16(to, a.v[0]);
    vst1q_s16(to + 8, a.v[1]);
}
inline void store(float* to, F32 a) {
    vst1q_f32(to, a.v[0]);
    vst1q_f32(to + 4, a.v[1]);
}

template <class V>
V all(int value);
template <>
inline I32 all<I32>(int value) {
    return {vdupq_n_s32(value), vdupq_n_s32(value)};
}
template <>
inline I16 all<I16>(int value) {
    const int16x8_t one = vdupq_n_s16(static_cast<std::int16_t>(value));
    return {one, one};
}
template <class V>
V all(float value) {
    return {vdupq_n_f32(value), vdupq_n_f32(value)};
}

#define HUEPRESS_EACH(type, name, instruction)                             \
    inline type name(type a, type b) {                                     \
        return {instruction(a.v[0], b.v[0]), instruction(a.v[1], b.v[1])}; \
    }
HUEPRESS_EACH(I32, operator+, vaddq_s32)
HUEPRESS_EACH(I16, operator+, vaddq_s16)
HUEPRESS_EACH(F32, operator+, vaddq_f32)
HUEPRESS_EACH(I32, operator-, vsubq_s32)
HUEPRESS_EACH(I16, operator-, vsubq_s16)
HUEPRESS_EACH(F32, operator-, vsubq_f32)
HUEPRESS_EACH(I32, operator*, vmulq_s32)
HUEPRESS_EACH(F32, operator*, vmulq_f32)
HUEPRESS_EACH(I32, operator&, vandq_s32)
HUEPRESS_EACH(I16, operator&, vandq_s16)
HUEPRESS_EACH(I32, operator|, vorrq_s32)
HUEPRESS_EACH(I16, operator|, vorrq_s16)
HUEPRESS_EACH(I32, min, vminq_s32)
HUEPRESS_EACH(I16, min, vminq_s16)
HUEPRESS_EACH(F32, min, vminq_f32)
HUEPRESS_EACH(I16, max, vmaxq_s16)
#undef HUEPRESS_EACH

template <class V>
V counting(int first);
template <>
inline I32 counting<I32>(int first) {
    constexpr std::int32_t lanes[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    return all<I32>(first) + load<I32>(lanes);
}
template <>
inline I16 counting<I16>(int first) {
    constexpr std::int16_t lanes[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return all<I16>(first) + load<I16>(lanes);
}

inline I32 shifted(I32 a, int left) {
    const int32x4_t by = vdupq_n_s32(left);
    const auto half = [by](int32x4_t x) {
        return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(x), by));
    };
    return {half(a.v[0]), half(a.v[1])};
}
inline I32 operator<<(I32 a, int bits) { return shifted(a, bits); }
inline I32 operator>>(I32 a, int bits) { return shifted(a, -bits); }
inline I16 absolute(I16 a) { return {vabsq_s16(a.v[0]), vabsq_s16(a.v[1])}; }

inline I32 mask_of(uint32x4_t low, uint32x4_t high) {
    return {vreinterpretq_s32_u32(low), vreinterpretq_s32_u32(high)};
}
inline I16 mask_of(uint16x8_t low, uint16x8_t high) {
    return {vreinterpretq_s16_u16(low), vreinterpretq_s16_u16(high)};
}
inline I32 operator<(I32 a, I32 b) {
    return mask_of(vcltq_s32(a.v[0], b.v[0]), vcltq_s32(a.v[1], b.v[1]));
}
inline I16 operator<(I16 a, I16 b) {
    return mask_of(vcltq_s16(a.v[0], b.v[0]), vcltq_s16(a.v[1], b.v[1]));
}
inline I32 operator==(I32 a, I32 b) {
    return mask_of(vceqq_s32(a.v[0], b.v[0]), vceqq_s32(a.v[1], b.v[1]));
}
inline I16 operator==(I16 a, I16 b) {
    return mask_of(vceqq_s16(a.v[0], b.v[0]), vceqq_s16(a.v[1], b.v[1]));
}
inline I16 at_most_unsigned(I16 a, I16 b) {
    const auto half = [](int16x8_t x, int16x8_t y) {
        return vcleq_u16(vreinterpretq_u16_s16(x), vreinterpretq_u16_s16(y));
    };
    return mask_of(half(a.v[0], b.v[0]), half(a.v[1], b.v[1]));
}
inline I32 choose(I32 mask, I32 a, I32 b) {
    return {vbslq_s32(vreinterpretq_u32_s32(mask.v[0]), a.v[0], b.v[0]),
            vbslq_s32(vreinterpretq_u32_s32(mask.v[1]), a.v[1], b.v[1])};
}
inline I16 choose(I16 mask, I16 a, I16 b) {
    return {vbslq_s16(vreinterpretq_u16_s16(mask.v[0]), a.v[0], b.v[0]),
            vbslq_s16(vreinterpretq_u16_s16(mask.v[1]), a.v[1], b.v[1])};
}
inline std::uint32_t bits(I32 mask) {
    constexpr std::int16_t places[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const int16x8_t narrow = vcombine_s16(vmovn_s32(mask.v[0]), vmovn_s32(mask.v[1]));
    return static_cast<std::uint32_t>(vaddvq_s16(vandq_s16(narrow, vld1q_s16(places))));
}
inline bool any(I16 mask) {
    return vmaxvq_u16(vreinterpretq_u16_s16(vorrq_s16(mask.v[0], mask.v[1]))) != 0;
}

inline std::int32_t least(I32 a) { return vminvq_s32(vminq_s32(a.v[0], a.v[1])); }
inline std::int16_t least(I16 a) { return vminvq_s16(vminq_s16(a.v[0], a.v[1])); }
inline float least(F32 a) { return vminvq_f32(vminq_f32(a.v[0], a.v[1])); }

inline I32 dot(I16 a, I16 b) {
    const auto half = [](int16x8_t x, int16x8_t y) {
        return vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
    };
    return {half(a.v[0], b.v[0]), half(a.v[1], b.v[1])};
}
inline I32 dot(I16 a, I16 b, I16 c, I16 d) {
    const auto half = [](int16x8_t x, int16x8_t y, int16x8_t z, int16x8_t w) {
        return vpaddq_s32(vmlal_s16(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vget_low_s16(z),
                                    vget_low_s16(w)),
                          vmlal_high_s16(vmull_high_s16(x, y), z, w));
    };
    return {half(a.v[0], b.v[0], c.v[0], d.v[0]), half(a.v[1], b.v[1], c.v[1], d.v[1])};
}

inline F32 to_float(I32 a) { return {vcvtq_f32_s32(a.v[0]), vcvtq_f32_s32(a.v[1])}; }
inline I32 truncated(F32 a) { return {vcvtq_s32_f32(a.v[0]), vcvtq_s32_f32(a.v[1])}; }

inline int16x8_t low_halves(I32 a) {
    return vuzp1q_s16(vreinterpretq_s16_s32(a.v[0]), vreinterpretq_s16_s32(a.v[1]));
}
inline I16 narrowed(I32 a, I32 b) { return {low_halves(a), low_halves(b)}; }
inline void store_16(std::uint16_t* to, I32 a, I32 b) {
    vst1q_u16(to, vreinterpretq_u16_s16(low_halves(a)));
    vst1q_u16(to + 8, vreinterpretq_u16_s16(low_halves(b)));
}
inline void store_8(std::uint8_t* to, const I32 (&rows)[4]) {
    for (int i = 0; i < 4; i += 2)
        vst1q_u8(to + 8 * i, vuzp1q_u8(vreinterpretq_u8_s16(low_halves(rows[i])),
                                       vreinterpretq_u8_s16(low_halves(rows[i + 1]))));
}
inline I32 widened(const std::int16_t* eight) {
    const int16x8_t a = vld1q_s16(eight);
    return {vmovl_s16(vget_low_s16(a)), vmovl_high_s16(a)};
}

struct Points8 {
    I16 first, last;
};
inline Points8 load_points(const Point* points) {
    const auto* p = reinterpret_cast<const std::int32_t*>(points);
    const int32x4x2_t a = vld2q_s32(p), b = vld2q_s32(p + 8);
    return {{vreinterpretq_s16_s32(a.val[0]), vreinterpretq_s16_s32(b.val[0])},
            {vreinterpretq_s16_s32(a.val[1]), vreinterpretq_s16_s32(b.val[1])}};
}
inline I16 all_pairs(std::int16_t x, std::int16_t y) {
    const int16x8_t one = vreinterpretq_s16_u32(
        vdupq_n_u32(static_cast<std::uint16_t>(x) | static_cast<std::uint32_t>(y) << 16));
    return {one, one};
}

// Of three channels, the second load reads four bytes beyond its four pixels.
template <int channels>
I32 load_pixels(const std::uint8_t* from) {
    if constexpr (channels == 4) {
        return {vreinterpretq_s32_u8(vld1q_u8(from)), vreinterpretq_s32_u8(vld1q_u8(from + 16))};
    } else {
        constexpr std::uint8_t apart[16] = {0, 1, 2, 255, 3, 4,  5,  255,
                                            6, 7, 8, 255, 9, 10, 11, 255};
        const uint8x16_t places = vld1q_u8(apart);
        return {vreinterpretq_s32_u8(vqtbl1q_u8(vld1q_u8(from), places)),
                vreinterpretq_s32_u8(vqtbl1q_u8(vld1q_u8(from + 12), places))};
    }
}

inline void prefetch(const void* at) { __builtin_prefetch(at); }

inline Labels load_eights(const std::uint8_t* source, const std::uint16_t* distance) {
    Labels out;
    vst1_u8(out.v, vld1_u8(source - distance[0]));
    vst1_u8(out.v + 8, vld1_u8(source - distance[8]));
    return out;
}
inline Labels gather(const std::uint8_t* source, const std::uint16_t* distance) {
    Labels out;
    for (int i = 0; i < 16; ++i) out.v[i] = *(source - distance[i]);
    return out;
}
// NEON has no gathers, and a table of 256 values fills all its registers.
inline I16 look_up(const std::int16_t* table, const Labels& at) {
    std::int16_t out[16];
    for (int i = 0; i < 16; ++i) out[i] = table[at.v[i]];
    return load<I16>(out);
}
inline I16 look_up(const std::int16_t* table, I16 at) {
    std::int16_t place[16], out[16];
    store(place, at);
    for (int i = 0; i < 16; ++i) out[i] = table[place[i]];
    return load<I16>(out);
}
inline I16 look_up_16(const std::int16_t* table, I16 at) {
    const uint8x16x2_t bytes = {vreinterpretq_u8_s16(vld1q_s16(table)),
                                vreinterpretq_u8_s16(vld1q_s16(table + 8))};
    const auto half = [&bytes](int16x8_t i) {
        const int16x8_t places = vaddq_s16(vmulq_n_s16(i, 0x0202), vdupq_n_s16(0x0100));
        return vreinterpretq_s16_u8(vqtbl2q_u8(bytes, vreinterpretq_u8_s16(places)));
    };
    return {half(at.v[0]), half(at.v[1])};
}

}  // namespace huepress::neon
