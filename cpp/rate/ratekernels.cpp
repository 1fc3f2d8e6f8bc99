#include "rate/ratekernels.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

// Before GCC 13, its own headers set registers from undefined ones.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "core/distance.hpp"
#include "core/isa.hpp"

namespace huepress {
namespace {

constexpr int block = CodeTable::block;
constexpr std::int32_t int32_max = std::numeric_limits<std::int32_t>::max();

// Splits the codes across their longest extent until a block holds them; whole blocks come first.
void sort_into_blocks(std::span<int> names, const Point* points) {
    if (names.size() <= block) return;
    std::size_t longest = 0;
    int extent = -1;
    for (std::size_t c = 0; c < 4; ++c) {
        int low = int32_max, high = -int32_max;
        for (const int name : names) {
            low = std::min<int>(low, points[name][c]);
            high = std::max<int>(high, points[name][c]);
        }
        if (high - low > extent) {
            extent = high - low;
            longest = c;
        }
    }
    std::sort(names.begin(), names.end(), [&](int a, int b) {
        return points[a][longest] != points[b][longest] ? points[a][longest] < points[b][longest]
                                                        : a < b;
    });
    const std::size_t half = std::max<std::size_t>(names.size() / block / 2, 1) * block;
    sort_into_blocks(names.first(half), points);
    sort_into_blocks(names.subspan(half), points);
}

std::int32_t saturated(std::int64_t sum) {
    return static_cast<std::int32_t>(std::min<std::int64_t>(sum, int32_max));
}

// The loops below are all that is costly here. Floats only weigh: two rounded products and their
// rounded sum, never contracted, the same everywhere. A cost is that above the nearest code; where
// the weights prefer another code to the nearest, it is negative.

constexpr float lowest_cost = -never / 2;

// -- plain ----------------------------------------------------------------------------------------

// How far outside an interval a coordinate lies.
int outside(int x, int low, int high) { return std::max(std::max(low - x, x - high), 0); }

// The blocks of which some code may be so near.
std::uint32_t within_plain(const CodeTable& codes, const Point& target, std::int32_t limit,
                           std::int32_t chroma_limit) {
    std::uint32_t found = 0;
    for (int b = 0; b < (codes.k + block - 1) / block; ++b) {
        const auto pair = [&](const std::int16_t* low, const std::int16_t* high, int x, int y) {
            const int u = outside(x, low[2 * b], high[2 * b]),
                      v = outside(y, low[2 * b + 1], high[2 * b + 1]);
            return u * u + v * v;
        };
        const std::int32_t light =
            pair(codes.lightness_alpha_low, codes.lightness_alpha_high, target[0], target[3]);
        const std::int32_t chroma = pair(codes.chroma_low, codes.chroma_high, target[1], target[2]);
        if (light + chroma <= limit && chroma <= chroma_limit) found |= 1u << b;
    }
    return found;
}

// How far each code is, how far in chroma, and what that costs.
struct Measures {
    alignas(64) std::int32_t squared[codes_max];
    alignas(64) std::int32_t chroma[codes_max];
    alignas(64) float weighed[codes_max];
};

// What costs are counted from. Nearly always that of the nearest code is in reach; where the
// weights prefer another by far, the least of those that fit, so that no cost is out of range.
[[gnu::noinline]] float least_that_fits(const Measures& measures, std::uint32_t blocks, int nearest,
                                        const Limits& limits) {
    float least = measures.weighed[nearest];
    for (; blocks; blocks &= blocks - 1) {
        const int from = std::countr_zero(blocks) * block;
        for (int i = from; i < from + block; ++i)
            if (measures.squared[i] - measures.squared[nearest] <= limits.cap &&
                measures.chroma[i] - measures.chroma[nearest] <= limits.chroma_cap)
                least = std::min(least, measures.weighed[i]);
    }
    return least;
}

Least measure_plain(const CodeTable& codes, const Point& target, std::uint32_t blocks,
                    std::int32_t* squared /* OUT */, std::int32_t* chroma /* OUT */) {
    Least nearest{int32_max, 0};
    for (; blocks; blocks &= blocks - 1) {
        const int from = std::countr_zero(blocks) * block;
        for (int i = from; i < from + block; ++i) {
            const int l = target[0] - codes.lightness_alpha[2 * i],
                      t = target[3] - codes.lightness_alpha[2 * i + 1];
            const int a = target[1] - codes.chroma[2 * i], b = target[2] - codes.chroma[2 * i + 1];
            chroma[i] = a * a + b * b;
            squared[i] = chroma[i] + (l * l + t * t);
        }
        for (int i = from; i < from + block; ++i)
            if (squared[i] < nearest.cost) nearest = {squared[i], i};
    }
    return nearest;
}

Least nearest_plain(const CodeTable& codes, const Point& target, int hint) {
    std::int32_t squared[codes_max], chroma[codes_max];
    const std::int32_t bound = squared_distance(target, codes.points[hint]);
    return measure_plain(codes, target, within_plain(codes, target, bound, bound), squared, chroma);
}

int fill_plain(const CodeTable& codes, const Point& target, int hint, const Weights& weights,
               const Limits& limits, const std::int16_t* bits, Column& column /* OUT */) {
    Measures m;
    const std::int64_t bound = squared_distance(target, codes.points[hint]);
    const std::uint32_t blocks = within_plain(codes, target, saturated(bound + limits.cap),
                                              saturated(bound + limits.chroma_cap));
    const Least nearest = measure_plain(codes, target, blocks, m.squared, m.chroma);
    float least = std::numeric_limits<float>::max();
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        for (int i = from; i < from + block; ++i) {
            m.weighed[i] =
                static_cast<float>(m.squared[i] - m.chroma[i]) * weights.lightness_alpha +
                static_cast<float>(m.chroma[i]) * weights.chroma;
            least = std::min(least, m.weighed[i]);
        }
    }
    float base = m.weighed[nearest.at];
    if (least < base + lowest_cost) base = least_that_fits(m, blocks, nearest.at, limits);
    base -= 0.5f;
    const std::int32_t limit = saturated(std::int64_t{nearest.cost} + limits.cap),
                       chroma_limit =
                           saturated(std::int64_t{m.chroma[nearest.at]} + limits.chroma_cap);
    std::fill_n(column.cost, codes.padded(), never);
    Least cheapest{int32_max, 0};
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        for (int i = from; i < from + block; ++i) {
            if (m.squared[i] <= limit && m.chroma[i] <= chroma_limit)
                column.cost[i] = static_cast<std::int16_t>(
                    std::min(m.weighed[i] - base, static_cast<float>(never)));
            if (column.cost[i] + bits[i] < cheapest.cost) cheapest = {column.cost[i] + bits[i], i};
        }
    }
    column.literal = static_cast<std::uint8_t>(cheapest.at);
    column.literal_cost = static_cast<std::int16_t>(cheapest.cost);
    return nearest.at;
}

Least advance_plain(Lanes& lanes /* OUT */, const Step& step, Least best) {
    for (int i = 0; i < Lanes::all; ++i) {
        const int on = lanes.cost[i] - step.shift + step.longer->by[lanes.length[i]];
        const bool restart = lanes.again[i] < on;
        // A place to the right of one above, or a found one, may come to lie in this row: unknown.
        const bool known = lanes.distance[i] > step.here;
        const int here = known ? step.cost[step.source[-lanes.distance[i]]] : never;
        const int c = std::min<int>((restart ? lanes.again[i] : on) + here, never);
        lanes.length[i] = static_cast<std::int16_t>(restart ? 1 : lanes.length[i] + 1);
        lanes.cost[i] = static_cast<std::int16_t>(c);
        if (lanes.length[i] >= 3 && c < best.cost) best = {c, i};
    }
    return best;
}

// Whether a place pays, and is not next to those above.
bool pays(const Search& search, std::uint32_t distance) {
    if (distance >= window) return false;
    const std::uint8_t* label = search.source - distance;
    const std::int32_t three =
        search.cost[0][label[0]] + search.cost[1][label[1]] + search.cost[2][label[2]];
    if (three >= search.most || three + search.open[distance_symbol(distance)] >= search.most)
        return false;
    const auto d = static_cast<std::int32_t>(distance);
    const std::int32_t row = std::max((d + search.stride - 5) / search.stride, 1);
    return row > search.rows || row * search.stride + 4 - d >= Lanes::group;
}

void find_plain(const Search& search, Lanes& lanes /* OUT */) {
    const std::int16_t* costs = lanes.cost + Lanes::above;
    const auto dearest =
        static_cast<int>(std::max_element(costs, costs + Lanes::found) - lanes.cost);
    const std::uint32_t old = lanes.distance[dearest];
    std::uint32_t oldest = 0;
    for (int i = search.count - 1; i >= 0; --i) {
        const int slot = (search.newest + i) % (16 * search.blocks);
        const std::uint32_t distance = search.here - search.places[slot / 16].place[slot % 16];
        if (!pays(search, distance) || (distance != old && lanes.holds(distance))) continue;
        if (oldest == 0) oldest = distance;
        // Its own place does not change a lane, unless another would have taken it before.
        if (distance == old) continue;
        lanes.swap_held(old, oldest);
        lanes.distance[dearest] = static_cast<std::uint16_t>(oldest);
        lanes.again[dearest] =
            static_cast<std::int16_t>(search.open[distance_symbol(oldest)] + search.first);
        lanes.cost[dearest] = never;
        lanes.length[dearest] = 0;
        return;
    }
}

#ifdef HUEPRESS_X86

std::int32_t pair(std::int16_t low, std::int16_t high) {
    return static_cast<std::int32_t>(static_cast<std::uint16_t>(low) |
                                     static_cast<std::uint32_t>(static_cast<std::uint16_t>(high))
                                         << 16);
}

// -- both -----------------------------------------------------------------------------------------

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

// -- AVX-512 --------------------------------------------------------------------------------------

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

HUEPRESS_AVX512 Least nearest_avx512(const CodeTable& codes, const Point& target, int hint) {
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

HUEPRESS_AVX512 int fill_avx512(const CodeTable& codes, const Point& target, int hint,
                                const Weights& weights, const Limits& limits,
                                const std::int16_t* bits, Column& column /* OUT */) {
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
HUEPRESS_AVX512 inline __m512i advance_32(Lanes& lanes /* OUT */, int i, __m256i labels,
                                          const Step& step) {
    const __m512i one = _mm512_set1_epi16(1), too_much = _mm512_set1_epi16(never);
    const __m512i length = load_512(lanes.length + i);
    const std::int16_t* by = step.longer->by;
    __m512i more = _mm512_permutex2var_epi16(load_512(by), length, load_512(by + 32));
    const __mmask32 beyond = _mm512_cmpgt_epi16_mask(length, _mm512_set1_epi16(63));
    if (beyond) {
        // There, only lengths of the form 16 n + 2 have a cost, and 257.
        const __mmask32 end = _mm512_mask_cmpeq_epi16_mask(
            beyond, _mm512_and_si512(length, _mm512_set1_epi16(15)), _mm512_set1_epi16(2));
        more = _mm512_mask_mov_epi16(more, beyond, _mm512_setzero_si512());
        more = _mm512_mask_permutexvar_epi16(more, end, _mm512_srli_epi16(length, 4),
                                             load_512(step.longer->from_64));
        more = _mm512_mask_mov_epi16(more, _mm512_cmpeq_epi16_mask(length, _mm512_set1_epi16(257)),
                                     _mm512_set1_epi16(by[257]));
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

HUEPRESS_AVX512 Least advance_avx512(Lanes& lanes /* OUT */, const Step& step, Least best) {
    constexpr int found = Lanes::above;
    const __m512i first = advance_32(lanes, 0, labels_above_512(lanes, 0, step.source), step),
                  second = advance_32(lanes, 32, labels_above_512(lanes, 32, step.source), step);
    const __m256i bytes = _mm256_set_m128i(labels_at_512(lanes.distance + found + 16, step.source),
                                           labels_at_512(lanes.distance + found, step.source));
    const __m512i third = advance_32(lanes, found, bytes, step);
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
    const __mmask16 near = _mm512_cmplt_epu32_mask(distance, _mm512_set1_epi32(window));
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
    // A float's exponent and first bit after the point are the symbol of a distance above 2.
    const __m512i symbol = _mm512_sub_epi32(
        _mm512_srli_epi32(_mm512_castps_si512(
                              _mm512_cvtepi32_ps(_mm512_sub_epi32(distance, _mm512_set1_epi32(1)))),
                          22),
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

HUEPRESS_AVX512 void find_avx512(const Search& search, Lanes& lanes /* OUT */) {
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
        search.open[distance_symbol(static_cast<std::uint32_t>(distance))] + search.first;
    // Whole registers, as they are read again at once.
    const __mmask32 where = 1u << lane;
    put_512(lanes.distance + above, where, distance);
    put_512(lanes.again + above, where, again);
    put_512(lanes.cost + above, where, never);
    put_512(lanes.length + above, where, 0);
}

// -- AVX2 -----------------------------------------------------------------------------------------

struct Least256 {
    __m256i cost, at;
};

HUEPRESS_AVX2 inline Least256 most_256() {
    return {_mm256_set1_epi32(int32_max), _mm256_setzero_si256()};
}

HUEPRESS_AVX2 inline void take_256(Least256& least /* OUT */, __m256i cost, __m256i at) {
    least.at = _mm256_blendv_epi8(least.at, at, _mm256_cmpgt_epi32(least.cost, cost));
    least.cost = _mm256_min_epi32(least.cost, cost);
}

HUEPRESS_AVX2 inline std::int32_t least_of_256(__m256i values) {
    __m128i least =
        _mm_min_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    least = _mm_min_epi32(least, _mm_shuffle_epi32(least, 0x4E));
    least = _mm_min_epi32(least, _mm_shuffle_epi32(least, 0xB1));
    return _mm_cvtsi128_si32(least);
}

HUEPRESS_AVX2 inline Least least_256(const Least256& lanes) {
    const std::int32_t cost = least_of_256(lanes.cost);
    const __m256i equal = _mm256_cmpeq_epi32(lanes.cost, _mm256_set1_epi32(cost));
    return {cost, least_of_256(_mm256_blendv_epi8(_mm256_set1_epi32(int32_max), lanes.at, equal))};
}

HUEPRESS_AVX2 inline __m256i from_256(int from) {
    return _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(from));
}

struct Target256 {
    __m256i lightness_alpha, chroma;
};

HUEPRESS_AVX2 inline Target256 target_256(const Point& target) {
    return {_mm256_set1_epi32(pair(target[0], target[3])),
            _mm256_set1_epi32(pair(target[1], target[2]))};
}

HUEPRESS_AVX2 inline __m256i outside_256(__m256i x, const std::int16_t* low,
                                         const std::int16_t* high) {
    const __m256i out = _mm256_max_epi16(
        _mm256_max_epi16(_mm256_sub_epi16(load_256(low), x), _mm256_sub_epi16(x, load_256(high))),
        _mm256_setzero_si256());
    return _mm256_madd_epi16(out, out);
}

HUEPRESS_AVX2 inline std::uint32_t within_256(const CodeTable& codes, const Target256& target,
                                              std::int32_t limit, std::int32_t chroma_limit) {
    std::uint32_t out = 0;
    for (int b = 0; b < CodeTable::blocks_max; b += 8) {
        const __m256i chroma =
            outside_256(target.chroma, codes.chroma_low + 2 * b, codes.chroma_high + 2 * b);
        const __m256i all = _mm256_add_epi32(
            chroma, outside_256(target.lightness_alpha, codes.lightness_alpha_low + 2 * b,
                                codes.lightness_alpha_high + 2 * b));
        const __m256i over =
            _mm256_or_si256(_mm256_cmpgt_epi32(all, _mm256_set1_epi32(limit)),
                            _mm256_cmpgt_epi32(chroma, _mm256_set1_epi32(chroma_limit)));
        out |= static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(over))) << b;
    }
    return ~out & ((1u << (codes.padded() / block)) - 1);
}

HUEPRESS_AVX2 Least nearest_avx2(const CodeTable& codes, const Point& target, int hint) {
    const std::int32_t bound = squared_distance(target, codes.points[hint]);
    const Target256 wide = target_256(target);
    Least256 least = most_256();
    for (std::uint32_t blocks = within_256(codes, wide, bound, bound); blocks;
         blocks &= blocks - 1) {
        const int from = std::countr_zero(blocks) * block;
        for (int i = from; i < from + block; i += 8) {
            const __m256i dl =
                _mm256_sub_epi16(wide.lightness_alpha, load_256(codes.lightness_alpha + 2 * i));
            const __m256i dc = _mm256_sub_epi16(wide.chroma, load_256(codes.chroma + 2 * i));
            take_256(least, _mm256_add_epi32(_mm256_madd_epi16(dl, dl), _mm256_madd_epi16(dc, dc)),
                     from_256(i));
        }
    }
    return least_256(least);
}

HUEPRESS_AVX2 int fill_avx2(const CodeTable& codes, const Point& target, int hint,
                            const Weights& weights, const Limits& limits, const std::int16_t* bits,
                            Column& column /* OUT */) {
    Measures m;
    for (int i = 0; i < codes.padded(); i += block)
        store_256(column.cost + i, _mm256_set1_epi16(never));
    const std::int64_t bound = squared_distance(target, codes.points[hint]);
    const Target256 wide = target_256(target);
    const std::uint32_t blocks = within_256(codes, wide, saturated(bound + limits.cap),
                                            saturated(bound + limits.chroma_cap));
    const __m256 weight = _mm256_set1_ps(weights.lightness_alpha),
                 chroma_weight = _mm256_set1_ps(weights.chroma);
    Least256 closest = most_256();
    __m256 least = _mm256_set1_ps(std::numeric_limits<float>::max());
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        for (int i = from; i < from + block; i += 8) {
            const __m256i dl =
                _mm256_sub_epi16(wide.lightness_alpha, load_256(codes.lightness_alpha + 2 * i));
            const __m256i dc = _mm256_sub_epi16(wide.chroma, load_256(codes.chroma + 2 * i));
            const __m256i light = _mm256_madd_epi16(dl, dl), chroma = _mm256_madd_epi16(dc, dc),
                          all = _mm256_add_epi32(light, chroma);
            const __m256 weighed =
                _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(light), weight),
                              _mm256_mul_ps(_mm256_cvtepi32_ps(chroma), chroma_weight));
            store_256(m.squared + i, all);
            store_256(m.chroma + i, chroma);
            _mm256_store_ps(m.weighed + i, weighed);
            least = _mm256_min_ps(least, weighed);
            take_256(closest, all, from_256(i));
        }
    }
    const Least nearest = least_256(closest);
    __m128 low = _mm_min_ps(_mm256_castps256_ps128(least), _mm256_extractf128_ps(least, 1));
    low = _mm_min_ps(low, _mm_movehl_ps(low, low));
    low = _mm_min_ss(low, _mm_movehdup_ps(low));

    float base = m.weighed[nearest.at];
    if (_mm_cvtss_f32(low) < base + lowest_cost)
        base = least_that_fits(m, blocks, nearest.at, limits);
    const __m256 taken = _mm256_set1_ps(base - 0.5f);
    const __m256i limit = _mm256_set1_epi32(saturated(std::int64_t{nearest.cost} + limits.cap)),
                  chroma_limit = _mm256_set1_epi32(
                      saturated(std::int64_t{m.chroma[nearest.at]} + limits.chroma_cap));
    Cheapest cheapest{_mm256_set1_epi16(0x7FFF), _mm256_setzero_si256()};
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        __m256i half[2];
        for (int h = 0; h < 2; ++h) {
            const int i = from + 8 * h;
            const __m256i over =
                _mm256_or_si256(_mm256_cmpgt_epi32(load_256(m.squared + i), limit),
                                _mm256_cmpgt_epi32(load_256(m.chroma + i), chroma_limit));
            const __m256i cost = _mm256_cvttps_epi32(
                _mm256_min_ps(_mm256_sub_ps(_mm256_load_ps(m.weighed + i), taken),
                              _mm256_set1_ps(static_cast<float>(never))));
            half[h] = _mm256_blendv_epi8(cost, _mm256_set1_epi32(never), over);
        }
        // Packing works within 128-bit halves; the permutation puts the costs back in order.
        const __m256i capped = _mm256_permute4x64_epi64(_mm256_packs_epi32(half[0], half[1]), 0xD8);
        store_256(column.cost + from, capped);
        take_cheapest(cheapest, _mm256_add_epi16(capped, load_256(bits + from)), from);
    }
    const Least literal = least_of(cheapest);
    column.literal = static_cast<std::uint8_t>(literal.at);
    column.literal_cost = static_cast<std::int16_t>(literal.cost);
    return nearest.at;
}

// 8 entries of a table of 16-bit values, in 32 bits each. They are read in pairs that lie within a
// cache line: those across two are slow.
HUEPRESS_AVX2 inline __m256i look_up_8(const std::int16_t* table, __m256i at) {
    const __m256i pairs =
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(table), _mm256_srli_epi32(at, 1), 4);
    const __m256i odd = _mm256_slli_epi32(_mm256_and_si256(at, _mm256_set1_epi32(1)), 4);
    return _mm256_and_si256(_mm256_srlv_epi32(pairs, odd), _mm256_set1_epi32(0xFFFF));
}

HUEPRESS_AVX2 inline __m256i look_up_256(const std::int16_t* table, __m256i low, __m256i high) {
    return _mm256_permute4x64_epi64(
        _mm256_packus_epi32(look_up_8(table, low), look_up_8(table, high)), 0xD8);
}

// 16 lanes from `i` on.
HUEPRESS_AVX2 inline void advance_16(Lanes& lanes /* OUT */, int i, __m256i low, __m256i high,
                                     const Step& step, Cheapest& cheapest /* OUT */) {
    const __m256i one = _mm256_set1_epi16(1), too_much = _mm256_set1_epi16(never),
                  zero = _mm256_setzero_si256();
    const __m256i length = load_256(lanes.length + i);
    const std::int16_t* by = step.longer->by;
    // Two tables of eight for lengths below 16; beyond them, only 16 and those of the forms 4 n + 1
    // and 4 n + 2 may have a cost.
    const auto* tables = reinterpret_cast<const __m128i*>(by);
    const __m256i bytes = _mm256_add_epi16(_mm256_mullo_epi16(length, _mm256_set1_epi16(0x0202)),
                                           _mm256_set1_epi16(0x0100));
    const __m256i near = _mm256_blendv_epi8(
        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_load_si128(tables)), bytes),
        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_load_si128(tables + 1)), bytes),
        _mm256_cmpgt_epi16(length, _mm256_set1_epi16(7)));
    const __m256i beyond = _mm256_cmpgt_epi16(length, _mm256_set1_epi16(15));
    __m256i more = _mm256_andnot_si256(beyond, near);
    const __m256i end = _mm256_and_si256(
        beyond, _mm256_or_si256(_mm256_cmpeq_epi16(length, _mm256_set1_epi16(16)),
                                _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_sub_epi16(length, one),
                                                                    _mm256_set1_epi16(2)),
                                                   zero)));
    if (!_mm256_testz_si256(end, end)) {
        const __m256i far = look_up_256(by, _mm256_cvtepu16_epi32(_mm256_castsi256_si128(length)),
                                        _mm256_cvtepu16_epi32(_mm256_extracti128_si256(length, 1)));
        more = _mm256_blendv_epi8(more, far, end);
    }
    const __m256i on =
        _mm256_add_epi16(_mm256_sub_epi16(load_256(lanes.cost + i),
                                          _mm256_set1_epi16(static_cast<std::int16_t>(step.shift))),
                         more);
    const __m256i again = load_256(lanes.again + i);
    const __m256i restart = _mm256_cmpgt_epi16(on, again);
    // distance <= here, unsigned.
    const __m256i unknown = _mm256_cmpeq_epi16(
        _mm256_subs_epu16(load_256(lanes.distance + i), _mm256_set1_epi16(static_cast<std::int16_t>(
                                                            std::min(step.here, 0xFFFF)))),
        zero);
    const __m256i here = _mm256_blendv_epi8(look_up_256(step.cost, low, high), too_much, unknown);
    const __m256i c =
        _mm256_min_epi16(_mm256_add_epi16(_mm256_min_epi16(on, again), here), too_much);
    const __m256i longer = _mm256_add_epi16(_mm256_andnot_si256(restart, length), one);
    store_256(lanes.cost + i, c);
    store_256(lanes.length + i, longer);
    take_cheapest(cheapest,
                  _mm256_blendv_epi8(_mm256_set1_epi16(0x7FFF), c,
                                     _mm256_cmpgt_epi16(longer, _mm256_set1_epi16(2))),
                  i);
}

HUEPRESS_AVX2 inline __m256i labels_above_256(const Lanes& lanes, int i,
                                              const std::uint8_t* source) {
    return _mm256_cvtepu8_epi32(
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(source - lanes.distance[i])));
}

HUEPRESS_AVX2 inline __m256i labels_at_256(const std::uint16_t* distance,
                                           const std::uint8_t* source) {
    const __m256i back = _mm256_sub_epi32(
        _mm256_setzero_si256(),
        _mm256_cvtepu16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(distance))));
    return _mm256_and_si256(_mm256_i32gather_epi32(reinterpret_cast<const int*>(source), back, 1),
                            _mm256_set1_epi32(255));
}

HUEPRESS_AVX2 Least advance_avx2(Lanes& lanes /* OUT */, const Step& step, Least best) {
    Cheapest cheapest{_mm256_set1_epi16(0x7FFF), _mm256_setzero_si256()};
    for (int i = 0; i < Lanes::above; i += 16)
        advance_16(lanes, i, labels_above_256(lanes, i, step.source),
                   labels_above_256(lanes, i + Lanes::group, step.source), step, cheapest);
    for (int i = Lanes::above; i < Lanes::all; i += 16)
        advance_16(lanes, i, labels_at_256(lanes.distance + i, step.source),
                   labels_at_256(lanes.distance + i + 8, step.source), step, cheapest);
    const Least lane = least_of(cheapest);
    return lane.cost < best.cost ? lane : best;
}

#endif  // HUEPRESS_X86

constexpr RateKernels plain{nearest_plain, fill_plain, advance_plain, find_plain};
#ifdef HUEPRESS_X86
constexpr RateKernels avx512{nearest_avx512, fill_avx512, advance_avx512, find_avx512};
constexpr RateKernels avx2{nearest_avx2, fill_avx2, advance_avx2, find_plain};
#endif

const RateKernels& fastest() {
    const std::string isa = instruction_set();
#ifdef HUEPRESS_X86
    if (isa == "avx512") return avx512;
    if (isa == "avx2") return avx2;
#endif
    return plain;
}

}  // namespace

CodeTable::CodeTable(std::span<const Point> codebook) : k(static_cast<int>(codebook.size())) {
    std::vector<int> names(codebook.size());
    std::iota(names.begin(), names.end(), 0);
    sort_into_blocks(names, codebook.data());
    for (int i = 0; i < padded(); ++i) {
        const auto name =
            static_cast<std::size_t>(names[static_cast<std::size_t>(std::min(i, k - 1))]);
        const Point& p = points[i] = codebook[name];
        outer[i] = static_cast<std::uint8_t>(name);
        lightness_alpha[2 * i] = p[0];
        lightness_alpha[2 * i + 1] = p[3];
        chroma[2 * i] = p[1];
        chroma[2 * i + 1] = p[2];
    }
    for (int i = 0; i < k; ++i) inner[outer[i]] = static_cast<std::uint8_t>(i);
    find_boxes();
}

CodeTable::CodeTable(const CodeTable& all, std::span<const bool> kept) : CodeTable(all) {
    const auto is_kept = [&](int i) { return kept[outer[i]]; };
    int stand_in = 0;
    while (!is_kept(stand_in)) ++stand_in;
    for (int i = 0; i < padded(); ++i) {
        if (is_kept(i)) continue;
        points[i] = points[stand_in];
        std::copy_n(lightness_alpha + 2 * stand_in, 2, lightness_alpha + 2 * i);
        std::copy_n(chroma + 2 * stand_in, 2, chroma + 2 * i);
    }
    find_boxes();
}

void CodeTable::find_boxes() {
    for (int j = 0; j < 2 * blocks_max; ++j) {
        // Of a block that there is not, anything: it is left out.
        const int from = std::min(j / 2 * block, padded() - block);
        const auto corners = [&](const std::int16_t* pairs, std::int16_t& low, std::int16_t& high) {
            low = high = pairs[2 * from + j % 2];
            for (int i = from; i < from + block; ++i) {
                low = std::min(low, pairs[2 * i + j % 2]);
                high = std::max(high, pairs[2 * i + j % 2]);
            }
        };
        corners(lightness_alpha, lightness_alpha_low[j], lightness_alpha_high[j]);
        corners(chroma, chroma_low[j], chroma_high[j]);
    }
}

const RateKernels& rate_kernels(bool portable) {
    static const RateKernels& fast = fastest();
    return portable ? plain : fast;
}

}  // namespace huepress
