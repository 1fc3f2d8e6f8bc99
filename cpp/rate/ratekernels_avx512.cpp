// The rate-aware mapping for AVX-512, the one body apart from ratekernels_body.hpp: its registers
// hold whole tables of costs, which AVX2 must gather from memory, and sixteen earlier places are
// tried at once. Measured on Zen 4, it maps at 1.65 times the speed of AVX2; nowhere else did
// AVX-512 gain a tenth.
#include "rate/ratekernels_shared.hpp"

#ifdef HUEPRESS_X86

// Before GCC 13, its own headers set registers from undefined ones.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <cstring>
#include <type_traits>

#if defined(_MSC_VER) && !defined(__clang__)
#define HUEPRESS_TARGET(isa)
#else
#define HUEPRESS_TARGET(isa) __attribute__((target(isa)))
#endif

namespace huepress {
namespace {

std::int32_t pair(std::int16_t low, std::int16_t high) {
    return static_cast<std::int32_t>(static_cast<std::uint16_t>(low) |
                                     static_cast<std::uint32_t>(static_cast<std::uint16_t>(high))
                                         << 16);
}

#define HUEPRESS_AVX2 HUEPRESS_TARGET("avx2")

HUEPRESS_AVX2 inline __m256i load_256(const void* at) {
    return _mm256_load_si256(static_cast<const __m256i*>(at));
}
HUEPRESS_AVX2 inline void store_256(void* at, __m256i values) {
    _mm256_store_si256(static_cast<__m256i*>(at), values);
}

// The least of 16 signed values; x86 finds that of 8 unsigned ones.
HUEPRESS_AVX2 inline int least_16(__m256i values) {
    const __m128i eight =
        _mm_min_epi16(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    const __m128i least = _mm_minpos_epu16(_mm_xor_si128(eight, _mm_set1_epi16(-0x8000)));
    return static_cast<std::int16_t>(_mm_cvtsi128_si32(least) ^ 0x8000);
}

// The least of 16 costs each, and where; places stay below 2^15.
struct Cheapest {
    __m256i cost, at;
};

HUEPRESS_AVX2 inline void take_cheapest(Cheapest& cheapest /* OUT */, __m256i cost, int from) {
    const __m256i at =
        _mm256_add_epi16(_mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                         _mm256_set1_epi16(static_cast<std::int16_t>(from)));
    cheapest.at = _mm256_blendv_epi8(cheapest.at, at, _mm256_cmpgt_epi16(cheapest.cost, cost));
    cheapest.cost = _mm256_min_epi16(cheapest.cost, cost);
}

HUEPRESS_AVX2 inline Least least_of(const Cheapest& cheapest) {
    const int cost = least_16(cheapest.cost);
    const __m256i equal =
        _mm256_cmpeq_epi16(cheapest.cost, _mm256_set1_epi16(static_cast<std::int16_t>(cost)));
    return {cost, least_16(_mm256_blendv_epi8(_mm256_set1_epi16(0x7FFF), cheapest.at, equal))};
}

#define HUEPRESS_AVX512 HUEPRESS_TARGET("avx512f,avx512bw,avx512vl")

HUEPRESS_AVX512 inline __m512i load_512(const void* at) { return _mm512_load_si512(at); }

struct Least512 {
    __m512i cost, at;
};

HUEPRESS_AVX512 inline Least512 most_512() {
    return {_mm512_set1_epi32(int32_max), _mm512_setzero_si512()};
}

HUEPRESS_AVX512 inline void take_512(Least512& least /* OUT */, __m512i cost, __m512i at) {
    const __mmask16 less = _mm512_cmplt_epi32_mask(cost, least.cost);
    least.cost = _mm512_min_epi32(least.cost, cost);
    least.at = _mm512_mask_mov_epi32(least.at, less, at);
}

HUEPRESS_AVX512 inline Least least_512(const Least512& lanes) {
    const std::int32_t cost = _mm512_reduce_min_epi32(lanes.cost);
    const __mmask16 equal = _mm512_cmpeq_epi32_mask(lanes.cost, _mm512_set1_epi32(cost));
    return {cost, _mm512_mask_reduce_min_epi32(equal, lanes.at)};
}

HUEPRESS_AVX512 inline __m512i iota_512() {
    return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

struct Target512 {
    __m512i lightness_alpha, chroma;
};

HUEPRESS_AVX512 inline Target512 target_512(const Point& target) {
    return {_mm512_set1_epi32(pair(target[0], target[3])),
            _mm512_set1_epi32(pair(target[1], target[2]))};
}

HUEPRESS_AVX512 inline __m512i outside_512(__m512i x, const std::int16_t* low,
                                           const std::int16_t* high) {
    const __m512i out = _mm512_max_epi16(
        _mm512_max_epi16(_mm512_sub_epi16(load_512(low), x), _mm512_sub_epi16(x, load_512(high))),
        _mm512_setzero_si512());
    return _mm512_madd_epi16(out, out);
}

HUEPRESS_AVX512 inline std::uint32_t within_512(const CodeTable& codes, const Target512& target,
                                                std::int32_t limit, std::int32_t chroma_limit) {
    const __m512i chroma = outside_512(target.chroma, codes.chroma_low, codes.chroma_high);
    const __m512i all = _mm512_add_epi32(
        chroma,
        outside_512(target.lightness_alpha, codes.lightness_alpha_low, codes.lightness_alpha_high));
    const __mmask16 real = static_cast<__mmask16>((1u << (codes.padded() / block)) - 1);
    const __mmask16 near = _mm512_mask_cmple_epi32_mask(real, all, _mm512_set1_epi32(limit));
    return _mm512_mask_cmple_epi32_mask(near, chroma, _mm512_set1_epi32(chroma_limit));
}

HUEPRESS_AVX512 Least nearest(const CodeTable& codes, const Point& target, int hint) {
    const std::int32_t bound = squared_distance(target, codes.points[hint]);
    const Target512 wide = target_512(target);
    Least512 least = most_512();
    for (std::uint32_t blocks = within_512(codes, wide, bound, bound); blocks;
         blocks &= blocks - 1) {
        const int from = std::countr_zero(blocks) * block;
        const __m512i dl =
            _mm512_sub_epi16(wide.lightness_alpha, load_512(codes.lightness_alpha + 2 * from));
        const __m512i dc = _mm512_sub_epi16(wide.chroma, load_512(codes.chroma + 2 * from));
        take_512(least, _mm512_add_epi32(_mm512_madd_epi16(dl, dl), _mm512_madd_epi16(dc, dc)),
                 _mm512_add_epi32(iota_512(), _mm512_set1_epi32(from)));
    }
    return least_512(least);
}

HUEPRESS_AVX512 int fill(const CodeTable& codes, const Point& target, int hint,
                         const Weights& weights, const Limits& limits, const std::int16_t* bits,
                         Column& column /* OUT */) {
    Measures m;
    for (int i = 0; i < codes.padded(); i += block)
        store_256(column.cost + i, _mm256_set1_epi16(never));
    const std::int64_t bound = squared_distance(target, codes.points[hint]);
    const Target512 wide = target_512(target);
    const std::uint32_t blocks = within_512(codes, wide, saturated(bound + limits.cap),
                                            saturated(bound + limits.chroma_cap));
    const __m512 weight = _mm512_set1_ps(weights.lightness_alpha),
                 chroma_weight = _mm512_set1_ps(weights.chroma);
    Least512 closest = most_512();
    __m512 least = _mm512_set1_ps(std::numeric_limits<float>::max());
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        const __m512i dl =
            _mm512_sub_epi16(wide.lightness_alpha, load_512(codes.lightness_alpha + 2 * from));
        const __m512i dc = _mm512_sub_epi16(wide.chroma, load_512(codes.chroma + 2 * from));
        const __m512i light = _mm512_madd_epi16(dl, dl), chroma = _mm512_madd_epi16(dc, dc),
                      all = _mm512_add_epi32(light, chroma);
        const __m512 weighed =
            _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(light), weight),
                          _mm512_mul_ps(_mm512_cvtepi32_ps(chroma), chroma_weight));
        _mm512_store_si512(m.squared + from, all);
        _mm512_store_si512(m.chroma + from, chroma);
        _mm512_store_ps(m.weighed + from, weighed);
        least = _mm512_min_ps(least, weighed);
        take_512(closest, all, _mm512_add_epi32(iota_512(), _mm512_set1_epi32(from)));
    }
    const Least nearest = least_512(closest);

    float base = m.weighed[nearest.at];
    if (_mm512_reduce_min_ps(least) < base + lowest_cost)
        base = least_that_fits(m, blocks, nearest.at, limits);
    const __m512 taken = _mm512_set1_ps(base - 0.5f);
    const __m512i limit = _mm512_set1_epi32(saturated(std::int64_t{nearest.cost} + limits.cap)),
                  chroma_limit = _mm512_set1_epi32(
                      saturated(std::int64_t{m.chroma[nearest.at]} + limits.chroma_cap));
    Cheapest cheapest{_mm256_set1_epi16(0x7FFF), _mm256_setzero_si256()};
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        const __mmask16 fits =
            _mm512_mask_cmple_epi32_mask(_mm512_cmple_epi32_mask(load_512(m.squared + from), limit),
                                         load_512(m.chroma + from), chroma_limit);
        const __m512i cost = _mm512_cvttps_epi32(
            _mm512_min_ps(_mm512_sub_ps(_mm512_load_ps(m.weighed + from), taken),
                          _mm512_set1_ps(static_cast<float>(never))));
        const __m256i capped = _mm512_mask_cvtepi32_epi16(_mm256_set1_epi16(never), fits, cost);
        store_256(column.cost + from, capped);
        take_cheapest(cheapest, _mm256_add_epi16(capped, load_256(bits + from)), from);
    }
    const Least literal = least_of(cheapest);
    column.literal = static_cast<std::uint8_t>(literal.at);
    column.literal_cost = static_cast<std::int16_t>(literal.cost);
    return nearest.at;
}

HUEPRESS_AVX512 inline __m512i look_up_512(const std::int16_t* table, __m512i bytes) {
    const __m512i a = _mm512_permutex2var_epi16(load_512(table), bytes, load_512(table + 32)),
                  b = _mm512_permutex2var_epi16(load_512(table + 64), bytes, load_512(table + 96)),
                  c = _mm512_permutex2var_epi16(load_512(table + 128), bytes,
                                                load_512(table + 160)),
                  d = _mm512_permutex2var_epi16(load_512(table + 192), bytes,
                                                load_512(table + 224));
    const __mmask32 odd = _mm512_test_epi16_mask(bytes, _mm512_set1_epi16(64)),
                    high = _mm512_test_epi16_mask(bytes, _mm512_set1_epi16(128));
    return _mm512_mask_mov_epi16(_mm512_mask_mov_epi16(a, odd, b), high,
                                 _mm512_mask_mov_epi16(c, odd, d));
}

// 32 lanes from `i` on; returns the costs of those that may end here.
template <class Alphabet>
HUEPRESS_AVX512 inline __m512i advance_32(Lanes& lanes /* OUT */, int i, __m256i labels,
                                          const Step& step) {
    const __m512i one = _mm512_set1_epi16(1), too_much = _mm512_set1_epi16(never);
    const __m512i length = load_512(lanes.length + i);
    const std::int16_t* by = step.longer->by;
    __m512i more = _mm512_permutex2var_epi16(load_512(by), length, load_512(by + 32));
    const __mmask32 beyond = _mm512_cmpgt_epi16_mask(length, _mm512_set1_epi16(63));
    if (beyond) {
        // There, only lengths of Alphabet::longer_form have a cost, and one other.
        constexpr bool deflate = std::is_same_v<Alphabet, Deflate>;
        constexpr int shift = deflate ? 4 : 5, form = deflate ? 2 : 0,
                      other = deflate ? 257 : longest;
        const __mmask32 end = _mm512_mask_cmpeq_epi16_mask(
            beyond, _mm512_and_si512(length, _mm512_set1_epi16((1 << shift) - 1)),
            _mm512_set1_epi16(form));
        more = _mm512_mask_mov_epi16(more, beyond, _mm512_setzero_si512());
        const __m512i at =
            _mm512_min_epu16(_mm512_srli_epi16(length, shift), _mm512_set1_epi16(31));
        more = _mm512_mask_permutexvar_epi16(more, end, at, load_512(step.longer->from_64));
        more =
            _mm512_mask_mov_epi16(more, _mm512_cmpeq_epi16_mask(length, _mm512_set1_epi16(other)),
                                  _mm512_set1_epi16(by[other]));
    }
    const __m512i on =
        _mm512_add_epi16(_mm512_sub_epi16(load_512(lanes.cost + i),
                                          _mm512_set1_epi16(static_cast<std::int16_t>(step.shift))),
                         more);
    const __m512i again = load_512(lanes.again + i);
    const __mmask32 restart = _mm512_cmplt_epi16_mask(again, on);
    const __mmask32 known = _mm512_cmpgt_epu16_mask(
        load_512(lanes.distance + i),
        _mm512_set1_epi16(static_cast<std::int16_t>(std::min(step.here, 0xFFFF))));
    const __m512i here = _mm512_mask_mov_epi16(
        too_much, known, look_up_512(step.cost, _mm512_cvtepu8_epi16(labels)));
    const __m512i c =
        _mm512_min_epi16(_mm512_add_epi16(_mm512_min_epi16(on, again), here), too_much);
    const __m512i longer =
        _mm512_add_epi16(_mm512_mask_mov_epi16(length, restart, _mm512_setzero_si512()), one);
    _mm512_store_si512(lanes.cost + i, c);
    _mm512_store_si512(lanes.length + i, longer);
    return _mm512_mask_mov_epi16(_mm512_set1_epi16(0x7FFF),
                                 _mm512_cmpgt_epi16_mask(longer, _mm512_set1_epi16(2)), c);
}

HUEPRESS_AVX512 inline __m256i labels_above_512(const Lanes& lanes, int i,
                                                const std::uint8_t* source) {
    std::int64_t eight[4];
    for (int g = 0; g < 4; ++g)
        std::memcpy(&eight[g], source - lanes.distance[i + g * Lanes::group], 8);
    return _mm256_setr_epi64x(eight[0], eight[1], eight[2], eight[3]);
}

HUEPRESS_AVX512 inline __m128i labels_at_512(const std::uint16_t* distance,
                                             const std::uint8_t* source) {
    const __m512i back =
        _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_cvtepu16_epi32(load_256(distance)));
    return _mm512_cvtepi32_epi8(_mm512_i32gather_epi32(back, source, 1));
}

template <class Alphabet>
HUEPRESS_AVX512 Least advance(Lanes& lanes /* OUT */, const Step& step, Least best) {
    constexpr int found = Lanes::above;
    const __m512i first =
                      advance_32<Alphabet>(lanes, 0, labels_above_512(lanes, 0, step.source), step),
                  second = advance_32<Alphabet>(lanes, 32, labels_above_512(lanes, 32, step.source),
                                                step);
    const __m256i bytes = _mm256_set_m128i(labels_at_512(lanes.distance + found + 16, step.source),
                                           labels_at_512(lanes.distance + found, step.source));
    const __m512i third = advance_32<Alphabet>(lanes, found, bytes, step);
    const __m512i least = _mm512_min_epi16(_mm512_min_epi16(first, second), third);
    const int cost = least_16(
        _mm256_min_epi16(_mm512_castsi512_si256(least), _mm512_extracti64x4_epi64(least, 1)));
    const __m512i all = _mm512_set1_epi16(static_cast<std::int16_t>(cost));
    const std::uint64_t above = _mm512_cmpeq_epi16_mask(first, all) |
                                std::uint64_t{_mm512_cmpeq_epi16_mask(second, all)} << 32;
    const std::uint64_t behind = _mm512_cmpeq_epi16_mask(third, all);
    const int at = above ? std::countr_zero(above) : found + std::countr_zero(behind);
    const bool better = cost < best.cost;
    return {better ? cost : best.cost, better ? at : best.at};
}

// Which of sixteen distances pay, and are not next to those above.
HUEPRESS_AVX512 inline __mmask16 pay_16(const Search& search, __m512i distance) {
    const __m512i most = _mm512_set1_epi32(search.most), zero = _mm512_setzero_si512();
    const __mmask16 near = _mm512_cmplt_epu32_mask(
        distance, _mm512_set1_epi32(static_cast<std::int32_t>(search.window)));
    const __m512i labels =
        _mm512_mask_i32gather_epi32(zero, near, _mm512_sub_epi32(zero, distance), search.source, 1);
    // Each 16 bits look up their lower byte: the first, second or third label. Gathers would be no
    // faster, and have to wait for what was just stored.
    const __m512i first = look_up_512(search.cost[0], labels),
                  second = look_up_512(search.cost[1], _mm512_srli_epi32(labels, 8)),
                  third = look_up_512(search.cost[2], labels);
    const __m512i three = _mm512_add_epi32(
        _mm512_srai_epi32(_mm512_slli_epi32(_mm512_add_epi16(first, second), 16), 16),
        _mm512_srai_epi32(third, 16));
    // A float's exponent and first bit after the point are the symbol of a code above 2.
    const __m512i below = _mm512_add_epi32(
        distance, _mm512_set1_epi32(static_cast<std::int32_t>(search.by_code) - 1));
    const __m512i symbol =
        _mm512_sub_epi32(_mm512_srli_epi32(_mm512_castps_si512(_mm512_cvtepi32_ps(below)), 22),
                         _mm512_set1_epi32(2 * 127));
    const __m512i open =
        _mm512_permutex2var_epi32(load_512(search.open), symbol, load_512(search.open + 16));
    const __mmask16 pay = _mm512_mask_cmplt_epi32_mask(
        _mm512_mask_cmplt_epi32_mask(near, three, most), _mm512_add_epi32(three, open), most);
    // Exact: the quotient is a multiple of 1 / stride and a half of it from any whole number.
    const __m512 quotient = _mm512_mul_ps(
        _mm512_add_ps(
            _mm512_cvtepi32_ps(_mm512_add_epi32(distance, _mm512_set1_epi32(search.stride - 5))),
            _mm512_set1_ps(0.5f)),
        _mm512_set1_ps(1.0f / static_cast<float>(search.stride)));
    const __m512i row = _mm512_max_epi32(_mm512_cvttps_epi32(quotient), _mm512_set1_epi32(1));
    const __m512i gap = _mm512_sub_epi32(_mm512_mullo_epi32(row, _mm512_set1_epi32(search.stride)),
                                         _mm512_sub_epi32(distance, _mm512_set1_epi32(4)));
    const __mmask16 covered =
        _mm512_mask_cmplt_epi32_mask(_mm512_cmple_epi32_mask(row, _mm512_set1_epi32(search.rows)),
                                     gap, _mm512_set1_epi32(Lanes::group));
    return pay & static_cast<__mmask16>(~covered);
}

template <class T>
HUEPRESS_AVX512 inline void put_512(T* at /* OUT */, __mmask32 where, int value) {
    _mm512_store_si512(at, _mm512_mask_mov_epi16(load_512(at), where,
                                                 _mm512_set1_epi16(static_cast<short>(value))));
}

HUEPRESS_AVX512 void find(const Search& search, Lanes& lanes /* OUT */) {
    alignas(64) std::int32_t distances[64];
    std::uint64_t paying = 0, fresh = 0;
    for (int b = 0; b < search.blocks; ++b) {
        const __m512i distance =
            _mm512_sub_epi32(_mm512_set1_epi32(static_cast<std::int32_t>(search.here)),
                             load_512(search.places[b].place));
        _mm512_store_si512(distances + 16 * b, distance);
        const __mmask16 pay = pay_16(search, distance);
        if (!pay) continue;
        const __m512i held = _mm512_mask_i32gather_epi32(
            _mm512_setzero_si512(), pay, _mm512_srli_epi32(distance, 5), lanes.held, 4);
        const __m512i bit = _mm512_sllv_epi32(_mm512_set1_epi32(1),
                                              _mm512_and_si512(distance, _mm512_set1_epi32(31)));
        fresh |= std::uint64_t{_mm512_mask_testn_epi32_mask(pay, held, bit)} << 16 * b;
        paying |= std::uint64_t{pay} << 16 * b;
    }
    const int slots = 16 * search.blocks;
    const auto in_order = [&](std::uint64_t bits) {
        const std::uint64_t turned =
            search.newest ? bits >> search.newest | bits << (slots - search.newest) : bits;
        return turned & (~std::uint64_t{0} >> (64 - search.count));
    };
    fresh = in_order(fresh);
    if (!fresh) return;

    // Only costs up to `never`: they fit when turned round.
    constexpr int above = Lanes::above;
    constexpr __mmask32 real = (1u << Lanes::found) - 1;
    const __m512i cheapness = _mm512_mask_sub_epi16(
        _mm512_set1_epi16(0x7FFF), real, _mm512_set1_epi16(never), load_512(lanes.cost + above));
    const int least = least_16(_mm256_min_epi16(_mm512_castsi512_si256(cheapness),
                                                _mm512_extracti64x4_epi64(cheapness, 1)));
    const int lane = std::countr_zero(static_cast<std::uint32_t>(
        _mm512_cmpeq_epi16_mask(cheapness, _mm512_set1_epi16(static_cast<std::int16_t>(least)))));
    const std::uint16_t old = lanes.distance[above + lane];
    // The place that the lane has already counts like any other.
    std::uint64_t own = 0;
    for (int b = 0; b < search.blocks; ++b)
        own |= std::uint64_t{_mm512_cmpeq_epi32_mask(load_512(distances + 16 * b),
                                                     _mm512_set1_epi32(old))}
               << 16 * b;
    const int oldest = std::bit_width(fresh | in_order(own & paying)) - 1;
    const std::int32_t distance = distances[(search.newest + oldest) % slots];
    lanes.swap_held(old, static_cast<std::uint32_t>(distance));
    const std::int32_t again =
        search.open[symbol_of_distance(static_cast<std::uint32_t>(distance) + search.by_code)] +
        search.first;
    // Whole registers, as they are read again at once.
    const __mmask32 where = 1u << lane;
    put_512(lanes.distance + above, where, distance);
    put_512(lanes.again + above, where, again);
    put_512(lanes.cost + above, where, never);
    put_512(lanes.length + above, where, 0);
}

constexpr RateKernels bodies{nearest, fill, advance<Deflate>, advance<Vp8l>, find};

}  // namespace

const RateKernels& avx512_rate_kernels() { return bodies; }

}  // namespace huepress

#endif  // HUEPRESS_X86
