#include "ratekernels.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
// Before GCC 13, its own headers set registers from undefined ones.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#define HUEPRESS_X86 1
#define HUEPRESS_TARGET(isa) __attribute__((target(isa)))
#endif

#include "distance.hpp"

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
        int low = far_out, high = -far_out;
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
        const std::int32_t light = pair(codes.lightness_alpha_low, codes.lightness_alpha_high,
                                        target[0], target[3]);
        const std::int32_t chroma =
            pair(codes.chroma_low, codes.chroma_high, target[1], target[2]);
        if (light + chroma <= limit && chroma <= chroma_limit) found |= 1u << b;
    }
    return found;
}

Least measure_plain(const CodeTable& codes, const Point& target, std::uint32_t blocks,
                    std::int32_t* light /* OUT */, std::int32_t* chroma /* OUT */) {
    Least nearest{int32_max, 0};
    for (; blocks; blocks &= blocks - 1) {
        const int from = std::countr_zero(blocks) * block;
        for (int i = from; i < from + block; ++i) {
            const int l = target[0] - codes.lightness_alpha[2 * i],
                      t = target[3] - codes.lightness_alpha[2 * i + 1];
            const int a = target[1] - codes.chroma[2 * i], b = target[2] - codes.chroma[2 * i + 1];
            light[i] = l * l + t * t;
            chroma[i] = a * a + b * b;
        }
        for (int i = from; i < from + block; ++i)
            if (light[i] + chroma[i] < nearest.cost) nearest = {light[i] + chroma[i], i};
    }
    return nearest;
}

Least nearest_plain(const CodeTable& codes, const Point& target, int hint) {
    std::int32_t light[codes_max], chroma[codes_max];
    const std::int32_t bound = squared_distance(target, codes.points[hint]);
    return measure_plain(codes, target, within_plain(codes, target, bound, bound), light, chroma);
}

int fill_plain(const CodeTable& codes, const Point& target, int hint, const Weights& weights,
               const Limits& limits, const std::int32_t* bits, Column& column /* OUT */) {
    std::int32_t light[codes_max], chroma[codes_max];
    const std::int64_t bound = squared_distance(target, codes.points[hint]);
    const std::uint32_t blocks = within_plain(codes, target, saturated(bound + limits.cap),
                                              saturated(bound + limits.chroma_cap));
    const Least nearest = measure_plain(codes, target, blocks, light, chroma);
    const std::int32_t least_light = light[nearest.at], least_chroma = chroma[nearest.at];
    std::fill_n(column.cost, codes.padded(), never);
    Least cheapest{int32_max, 0};
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        for (int i = from; i < from + block; ++i) {
            const std::int32_t more_light = light[i] - least_light,
                               more_chroma = chroma[i] - least_chroma;
            const float weighed = static_cast<float>(more_light) * weights.lightness_alpha +
                                  static_cast<float>(more_chroma) * weights.chroma;
            const auto c = static_cast<std::int32_t>(
                std::clamp(weighed, -static_cast<float>(never), static_cast<float>(never)));
            column.cost[i] =
                more_light + more_chroma > limits.cap || more_chroma > limits.chroma_cap ? never
                                                                                         : c;
        }
        for (int i = from; i < from + block; ++i)
            if (column.cost[i] + bits[i] < cheapest.cost)
                cheapest = {column.cost[i] + bits[i], i};
    }
    column.literal = static_cast<std::uint8_t>(cheapest.at);
    column.literal_cost = cheapest.cost;
    return nearest.at;
}

Least advance_plain(Lanes& lanes /* OUT */, int above, const Step& step, Least best) {
    for (int i = 0; i < Lanes::all; ++i) {
        if (i == above) i = Lanes::above;
        const std::int32_t on = lanes.cost[i] - step.shift + step.longer[lanes.length[i]];
        const bool restart = lanes.again[i] < on;
        // A place to the right of one above, or a found one, may come to lie in this row: unknown.
        const bool known = lanes.distance[i] > step.here;
        const std::int32_t here = known ? step.cost[step.source[-lanes.distance[i]]] : never;
        const std::int32_t c = std::min((restart ? lanes.again[i] : on) + here, never);
        lanes.length[i] = restart ? 1 : lanes.length[i] + 1;
        lanes.cost[i] = c;
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
    const std::int32_t* costs = lanes.cost + Lanes::above;
    const auto dearest = static_cast<int>(std::max_element(costs, costs + Lanes::found) - lanes.cost);
    const auto old = static_cast<std::uint32_t>(lanes.distance[dearest]);
    std::uint32_t oldest = 0;
    for (int i = search.count - 1; i >= 0; --i) {
        const int slot = (search.newest + i) % (16 * search.blocks);
        const std::uint32_t distance = search.here - search.places[slot / 16].place[slot % 16];
        if (!pays(search, distance) || (distance != old && lanes.holds(distance))) continue;
        if (oldest == 0) oldest = distance;
        // Its own place does not change a lane, unless another would have taken it before.
        if (distance == old) continue;
        const auto d = static_cast<std::int32_t>(oldest);
        lanes.swap_held(lanes.distance[dearest], d);
        lanes.distance[dearest] = d;
        lanes.again[dearest] = search.open[distance_symbol(oldest)] + search.first;
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

bool runs_avx2() { return __builtin_cpu_supports("avx2"); }
bool runs_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

// -- AVX-512 --------------------------------------------------------------------------------------

#define HUEPRESS_AVX512 HUEPRESS_TARGET("avx512f,avx512bw")

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
        chroma, outside_512(target.lightness_alpha, codes.lightness_alpha_low,
                            codes.lightness_alpha_high));
    const __mmask16 real = static_cast<__mmask16>((1u << (codes.padded() / block)) - 1);
    const __mmask16 near = _mm512_mask_cmple_epi32_mask(real, all, _mm512_set1_epi32(limit));
    return _mm512_mask_cmple_epi32_mask(near, chroma, _mm512_set1_epi32(chroma_limit));
}

// The blocks in pairs, as counts that vary little are foretold better. One too many does no harm.
struct Blocks512 {
    alignas(64) std::int32_t from[CodeTable::blocks_max];
    int count;
};

HUEPRESS_AVX512 inline void list_512(std::uint32_t blocks, Blocks512& list /* OUT */) {
    const __m512i starts = _mm512_slli_epi32(iota_512(), std::countr_zero(unsigned{block}));
    _mm512_store_si512(list.from,
                       _mm512_maskz_compress_epi32(static_cast<__mmask16>(blocks), starts));
    list.count = std::popcount(blocks);
}

HUEPRESS_AVX512 inline void measure_16(const CodeTable& codes, const Target512& target, int from,
                                       std::int32_t* light /* OUT */,
                                       std::int32_t* chroma /* OUT */,
                                       Least512& least /* OUT */) {
    const __m512i dl =
        _mm512_sub_epi16(target.lightness_alpha, load_512(codes.lightness_alpha + 2 * from));
    const __m512i dc = _mm512_sub_epi16(target.chroma, load_512(codes.chroma + 2 * from));
    const __m512i l = _mm512_madd_epi16(dl, dl), c = _mm512_madd_epi16(dc, dc);
    _mm512_store_si512(light + from, l);
    _mm512_store_si512(chroma + from, c);
    take_512(least, _mm512_add_epi32(l, c), _mm512_add_epi32(iota_512(), _mm512_set1_epi32(from)));
}

HUEPRESS_AVX512 inline Least measure_512(const CodeTable& codes, const Target512& target,
                                         const Blocks512& blocks, std::int32_t* light /* OUT */,
                                         std::int32_t* chroma /* OUT */) {
    Least512 least = most_512();
    for (int i = 0; i < blocks.count; i += 2) {
        measure_16(codes, target, blocks.from[i], light, chroma, least);
        measure_16(codes, target, blocks.from[i + 1], light, chroma, least);
    }
    return least_512(least);
}

HUEPRESS_AVX512 Least nearest_avx512(const CodeTable& codes, const Point& target, int hint) {
    alignas(64) std::int32_t light[codes_max], chroma[codes_max];
    const std::int32_t bound = squared_distance(target, codes.points[hint]);
    const Target512 wide = target_512(target);
    Blocks512 blocks;
    list_512(within_512(codes, wide, bound, bound), blocks);
    return measure_512(codes, wide, blocks, light, chroma);
}

struct Weighing512 {
    __m512i least_light, least_chroma, cap, chroma_cap;
    __m512 weight, chroma_weight;
};

HUEPRESS_AVX512 inline void weigh_16(const Weighing512& w, int from, const std::int32_t* light,
                                     const std::int32_t* chroma, const std::int32_t* bits,
                                     std::int32_t* cost /* OUT */, Least512& cheapest /* OUT */) {
    const __m512 fewest = _mm512_set1_ps(-static_cast<float>(never)),
                 most = _mm512_set1_ps(static_cast<float>(never));
    const __m512i more_light = _mm512_sub_epi32(load_512(light + from), w.least_light),
                  more_chroma = _mm512_sub_epi32(load_512(chroma + from), w.least_chroma);
    const __m512 weighed =
        _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(more_light), w.weight),
                      _mm512_mul_ps(_mm512_cvtepi32_ps(more_chroma), w.chroma_weight));
    const __m512i c = _mm512_cvttps_epi32(_mm512_max_ps(_mm512_min_ps(weighed, most), fewest));
    const __mmask16 fits =
        _mm512_cmple_epi32_mask(_mm512_add_epi32(more_light, more_chroma), w.cap);
    const __m512i capped =
        _mm512_mask_mov_epi32(_mm512_set1_epi32(never),
                              _mm512_mask_cmple_epi32_mask(fits, more_chroma, w.chroma_cap), c);
    _mm512_store_si512(cost + from, capped);
    take_512(cheapest, _mm512_add_epi32(capped, load_512(bits + from)),
             _mm512_add_epi32(iota_512(), _mm512_set1_epi32(from)));
}

HUEPRESS_AVX512 int fill_avx512(const CodeTable& codes, const Point& target, int hint,
                                const Weights& weights, const Limits& limits,
                                const std::int32_t* bits, Column& column /* OUT */) {
    alignas(64) std::int32_t light[codes_max], chroma[codes_max];
    for (int i = 0; i < codes.padded(); i += block)
        _mm512_store_si512(column.cost + i, _mm512_set1_epi32(never));
    const std::int64_t bound = squared_distance(target, codes.points[hint]);
    const Target512 wide = target_512(target);
    Blocks512 blocks;
    list_512(within_512(codes, wide, saturated(bound + limits.cap),
                        saturated(bound + limits.chroma_cap)),
             blocks);
    const Least nearest = measure_512(codes, wide, blocks, light, chroma);
    const Weighing512 weighing{_mm512_set1_epi32(light[nearest.at]),
                               _mm512_set1_epi32(chroma[nearest.at]),
                               _mm512_set1_epi32(limits.cap),
                               _mm512_set1_epi32(limits.chroma_cap),
                               _mm512_set1_ps(weights.lightness_alpha),
                               _mm512_set1_ps(weights.chroma)};
    Least512 cheapest = most_512();
    for (int i = 0; i < blocks.count; i += 2) {
        weigh_16(weighing, blocks.from[i], light, chroma, bits, column.cost, cheapest);
        weigh_16(weighing, blocks.from[i + 1], light, chroma, bits, column.cost, cheapest);
    }
    const Least literal = least_512(cheapest);
    column.literal = static_cast<std::uint8_t>(literal.at);
    column.literal_cost = literal.cost;
    return nearest.at;
}

// Sixteen lanes from `i` on.
HUEPRESS_AVX512 inline void advance_16(Lanes& lanes /* OUT */, int i, __m512i label,
                                       __mmask16 known, const Step& step,
                                       Least512& least /* OUT */) {
    const __m512i one = _mm512_set1_epi32(1), too_much = _mm512_set1_epi32(never);
    const __m512i length = load_512(lanes.length + i);
    __m512i more = _mm512_permutex2var_epi32(load_512(step.longer), length,
                                             load_512(step.longer + 16));
    const __mmask16 beyond = _mm512_cmpgt_epi32_mask(length, _mm512_set1_epi32(31));
    if (beyond) {
        // There, only lengths of the form 8 n + 2 have a cost, and 257.
        const __mmask16 end = _mm512_mask_testn_epi32_mask(
            beyond, _mm512_sub_epi32(length, one), _mm512_set1_epi32(6));
        more = _mm512_mask_mov_epi32(more, beyond, _mm512_setzero_si512());
        if (end) more = _mm512_mask_i32gather_epi32(more, end, length, step.longer, 4);
    }
    const __m512i on = _mm512_add_epi32(
        _mm512_sub_epi32(load_512(lanes.cost + i), _mm512_set1_epi32(step.shift)), more);
    const __m512i again = load_512(lanes.again + i);
    const __mmask16 restart = _mm512_cmplt_epi32_mask(again, on);
    const __m512i here = _mm512_mask_i32gather_epi32(too_much, known, label, step.cost, 4);
    const __m512i c =
        _mm512_min_epi32(_mm512_add_epi32(_mm512_min_epi32(on, again), here), too_much);
    const __m512i longer =
        _mm512_add_epi32(_mm512_mask_mov_epi32(length, restart, _mm512_setzero_si512()), one);
    _mm512_store_si512(lanes.cost + i, c);
    _mm512_store_si512(lanes.length + i, longer);
    const __mmask16 enough = _mm512_cmpgt_epi32_mask(longer, _mm512_set1_epi32(2));
    take_512(least, _mm512_mask_mov_epi32(_mm512_set1_epi32(int32_max), enough, c),
             _mm512_add_epi32(iota_512(), _mm512_set1_epi32(i)));
}

HUEPRESS_AVX512 Least advance_avx512(Lanes& lanes /* OUT */, int above, const Step& step,
                                     Least best) {
    const __m512i here = _mm512_set1_epi32(step.here);
    Least512 least = most_512();
    for (int i = 0; i < above; i += 16) {
        const bool second = i + Lanes::group < above;
        const std::uint8_t* labels = step.source - lanes.distance[i];
        const std::uint8_t* more = second ? step.source - lanes.distance[i + Lanes::group] : labels;
        const __m128i bytes =
            _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(labels)),
                               _mm_loadl_epi64(reinterpret_cast<const __m128i*>(more)));
        const __mmask16 known = _mm512_mask_cmpgt_epi32_mask(
            static_cast<__mmask16>(second ? 0xFFFF : 0x00FF), load_512(lanes.distance + i), here);
        advance_16(lanes, i, _mm512_cvtepu8_epi32(bytes), known, step, least);
    }
    for (int i = Lanes::above; i < Lanes::all; i += 16) {
        const __m512i distance = load_512(lanes.distance + i);
        const __mmask16 known = _mm512_cmpgt_epi32_mask(distance, here);
        const __m512i label = _mm512_mask_i32gather_epi32(
            _mm512_setzero_si512(), known, _mm512_sub_epi32(_mm512_setzero_si512(), distance),
            step.source, 1);
        advance_16(lanes, i, _mm512_and_si512(label, _mm512_set1_epi32(255)), known, step, least);
    }
    const Least lane = least_512(least);
    return lane.cost < best.cost ? lane : best;
}

// Which of sixteen distances pay, and are not next to those above.
HUEPRESS_AVX512 inline __mmask16 pay_16(const Search& search, __m512i distance) {
    const __m512i most = _mm512_set1_epi32(search.most), byte = _mm512_set1_epi32(255),
                  zero = _mm512_setzero_si512();
    const __mmask16 near = _mm512_cmplt_epu32_mask(distance, _mm512_set1_epi32(window));
    const __m512i labels = _mm512_mask_i32gather_epi32(
        zero, near, _mm512_sub_epi32(zero, distance), search.source, 1);
    const __m512i first = _mm512_i32gather_epi32(_mm512_and_si512(labels, byte), search.cost[0], 4);
    const __m512i second = _mm512_i32gather_epi32(
        _mm512_and_si512(_mm512_srli_epi32(labels, 8), byte), search.cost[1], 4);
    const __m512i third = _mm512_i32gather_epi32(
        _mm512_and_si512(_mm512_srli_epi32(labels, 16), byte), search.cost[2], 4);
    const __m512i three = _mm512_add_epi32(_mm512_add_epi32(first, second), third);
    // A float's exponent and first bit after the point are the symbol of a distance above 2.
    const __m512i symbol = _mm512_sub_epi32(
        _mm512_srli_epi32(_mm512_castps_si512(_mm512_cvtepi32_ps(
                              _mm512_sub_epi32(distance, _mm512_set1_epi32(1)))),
                          22),
        _mm512_set1_epi32(2 * 127));
    const __m512i open =
        _mm512_permutex2var_epi32(load_512(search.open), symbol, load_512(search.open + 16));
    const __mmask16 pay = _mm512_mask_cmplt_epi32_mask(
        _mm512_mask_cmplt_epi32_mask(near, three, most), _mm512_add_epi32(three, open), most);
    // Exact: the quotient is a multiple of 1 / stride and a half of it from any whole number.
    const __m512 quotient = _mm512_mul_ps(
        _mm512_add_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(
                          distance, _mm512_set1_epi32(search.stride - 5))),
                      _mm512_set1_ps(0.5f)),
        _mm512_set1_ps(1.0f / static_cast<float>(search.stride)));
    const __m512i row = _mm512_max_epi32(_mm512_cvttps_epi32(quotient), _mm512_set1_epi32(1));
    const __m512i gap = _mm512_sub_epi32(
        _mm512_mullo_epi32(row, _mm512_set1_epi32(search.stride)),
        _mm512_sub_epi32(distance, _mm512_set1_epi32(4)));
    const __mmask16 covered = _mm512_mask_cmplt_epi32_mask(
        _mm512_cmple_epi32_mask(row, _mm512_set1_epi32(search.rows)), gap,
        _mm512_set1_epi32(Lanes::group));
    return pay & static_cast<__mmask16>(~covered);
}

HUEPRESS_AVX512 inline void put_512(std::int32_t* at /* OUT */, __mmask16 where,
                                    std::int32_t value) {
    _mm512_store_si512(at, _mm512_mask_mov_epi32(load_512(at), where, _mm512_set1_epi32(value)));
}

HUEPRESS_AVX512 void find_avx512(const Search& search, Lanes& lanes /* OUT */) {
    alignas(64) std::int32_t distances[64];
    std::uint64_t paying = 0, fresh = 0;
    for (int b = 0; b < search.blocks; ++b) {
        const __m512i distance = _mm512_sub_epi32(
            _mm512_set1_epi32(static_cast<std::int32_t>(search.here)),
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

    constexpr int above = Lanes::above;
    constexpr __mmask16 rest = (1 << (Lanes::found - 16)) - 1;
    const __m512i low = load_512(lanes.cost + above), high = load_512(lanes.cost + above + 16);
    const __m512i most = _mm512_set1_epi32(
        _mm512_reduce_max_epi32(_mm512_mask_max_epi32(low, rest, low, high)));
    const unsigned dearest = _mm512_cmpeq_epi32_mask(low, most) |
                             static_cast<unsigned>(
                                 _mm512_mask_cmpeq_epi32_mask(rest, high, most)) << 16;
    const int lane = std::countr_zero(dearest);
    const std::int32_t old = lanes.distance[above + lane];
    // The place that the lane has already counts like any other.
    std::uint64_t own = 0;
    for (int b = 0; b < search.blocks; ++b)
        own |= std::uint64_t{_mm512_cmpeq_epi32_mask(load_512(distances + 16 * b),
                                                     _mm512_set1_epi32(old))}
               << 16 * b;
    const int oldest = std::bit_width(fresh | in_order(own & paying)) - 1;
    const std::int32_t distance = distances[(search.newest + oldest) % slots];
    lanes.swap_held(old, distance);
    const std::int32_t again =
        search.open[distance_symbol(static_cast<std::uint32_t>(distance))] + search.first;
    // Whole registers, as they are read again at once.
    for (int half = 0; half < 2; ++half) {
        const int from = above + 16 * half;
        const auto where = static_cast<__mmask16>((1u << lane) >> 16 * half);
        put_512(lanes.distance + from, where, distance);
        put_512(lanes.again + from, where, again);
        put_512(lanes.cost + from, where, never);
        put_512(lanes.length + from, where, 0);
    }
}

// -- AVX2 -----------------------------------------------------------------------------------------

#define HUEPRESS_AVX2 HUEPRESS_TARGET("avx2")

HUEPRESS_AVX2 inline __m256i load_256(const void* at) {
    return _mm256_load_si256(static_cast<const __m256i*>(at));
}
HUEPRESS_AVX2 inline void store_256(void* at, __m256i values) {
    _mm256_store_si256(static_cast<__m256i*>(at), values);
}

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

HUEPRESS_AVX2 inline Least measure_256(const CodeTable& codes, const Target256& target,
                                       std::uint32_t blocks, std::int32_t* light /* OUT */,
                                       std::int32_t* chroma /* OUT */) {
    Least256 least = most_256();
    for (; blocks; blocks &= blocks - 1) {
        const int from = std::countr_zero(blocks) * block;
        for (int i = from; i < from + block; i += 8) {
            const __m256i dl =
                _mm256_sub_epi16(target.lightness_alpha, load_256(codes.lightness_alpha + 2 * i));
            const __m256i dc = _mm256_sub_epi16(target.chroma, load_256(codes.chroma + 2 * i));
            const __m256i l = _mm256_madd_epi16(dl, dl), c = _mm256_madd_epi16(dc, dc);
            store_256(light + i, l);
            store_256(chroma + i, c);
            take_256(least, _mm256_add_epi32(l, c), from_256(i));
        }
    }
    return least_256(least);
}

HUEPRESS_AVX2 Least nearest_avx2(const CodeTable& codes, const Point& target, int hint) {
    alignas(32) std::int32_t light[codes_max], chroma[codes_max];
    const std::int32_t bound = squared_distance(target, codes.points[hint]);
    const Target256 wide = target_256(target);
    return measure_256(codes, wide, within_256(codes, wide, bound, bound), light, chroma);
}

HUEPRESS_AVX2 int fill_avx2(const CodeTable& codes, const Point& target, int hint,
                            const Weights& weights, const Limits& limits, const std::int32_t* bits,
                            Column& column /* OUT */) {
    alignas(32) std::int32_t light[codes_max], chroma[codes_max];
    const std::int64_t bound = squared_distance(target, codes.points[hint]);
    const Target256 wide = target_256(target);
    const std::uint32_t blocks = within_256(codes, wide, saturated(bound + limits.cap),
                                            saturated(bound + limits.chroma_cap));
    const Least nearest = measure_256(codes, wide, blocks, light, chroma);

    const __m256i too_much = _mm256_set1_epi32(never);
    for (int i = 0; i < codes.padded(); i += 8) store_256(column.cost + i, too_much);

    const __m256i least_light = _mm256_set1_epi32(light[nearest.at]),
                  least_chroma = _mm256_set1_epi32(chroma[nearest.at]),
                  cap = _mm256_set1_epi32(limits.cap),
                  chroma_cap = _mm256_set1_epi32(limits.chroma_cap);
    const __m256 weight = _mm256_set1_ps(weights.lightness_alpha),
                 chroma_weight = _mm256_set1_ps(weights.chroma),
                 fewest = _mm256_set1_ps(-static_cast<float>(never)),
                 most = _mm256_set1_ps(static_cast<float>(never));
    Least256 cheapest = most_256();
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        for (int i = from; i < from + block; i += 8) {
            const __m256i more_light = _mm256_sub_epi32(load_256(light + i), least_light),
                          more_chroma = _mm256_sub_epi32(load_256(chroma + i), least_chroma);
            const __m256 weighed =
                _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(more_light), weight),
                              _mm256_mul_ps(_mm256_cvtepi32_ps(more_chroma), chroma_weight));
            const __m256i c =
                _mm256_cvttps_epi32(_mm256_max_ps(_mm256_min_ps(weighed, most), fewest));
            const __m256i over = _mm256_or_si256(
                _mm256_cmpgt_epi32(_mm256_add_epi32(more_light, more_chroma), cap),
                _mm256_cmpgt_epi32(more_chroma, chroma_cap));
            const __m256i capped = _mm256_blendv_epi8(c, too_much, over);
            store_256(column.cost + i, capped);
            take_256(cheapest, _mm256_add_epi32(capped, load_256(bits + i)), from_256(i));
        }
    }
    const Least literal = least_256(cheapest);
    column.literal = static_cast<std::uint8_t>(literal.at);
    column.literal_cost = literal.cost;
    return nearest.at;
}

HUEPRESS_AVX2 inline void advance_8(Lanes& lanes /* OUT */, int i, __m256i label, __m256i known,
                                    const Step& step, Least256& least /* OUT */) {
    const __m256i one = _mm256_set1_epi32(1), too_much = _mm256_set1_epi32(never);
    const __m256i length = load_256(lanes.length + i);
    // Two tables of eight for lengths below 16; beyond them, only 16 and those of the forms 4 n + 1
    // and 4 n + 2 may have a cost.
    const __m256i near = _mm256_blendv_epi8(
        _mm256_permutevar8x32_epi32(load_256(step.longer), length),
        _mm256_permutevar8x32_epi32(load_256(step.longer + 8), length),
        _mm256_cmpgt_epi32(length, _mm256_set1_epi32(7)));
    const __m256i beyond = _mm256_cmpgt_epi32(length, _mm256_set1_epi32(15));
    __m256i more = _mm256_andnot_si256(beyond, near);
    const __m256i end = _mm256_and_si256(
        beyond,
        _mm256_or_si256(
            _mm256_cmpeq_epi32(length, _mm256_set1_epi32(16)),
            _mm256_cmpeq_epi32(
                _mm256_and_si256(_mm256_sub_epi32(length, one), _mm256_set1_epi32(2)),
                _mm256_setzero_si256())));
    if (!_mm256_testz_si256(end, end))
        more = _mm256_mask_i32gather_epi32(more, step.longer, length, end, 4);
    const __m256i on = _mm256_add_epi32(
        _mm256_sub_epi32(load_256(lanes.cost + i), _mm256_set1_epi32(step.shift)), more);
    const __m256i again = load_256(lanes.again + i);
    const __m256i restart = _mm256_cmpgt_epi32(on, again);
    // An unknown place's byte is one of this row, behind or ahead: in the buffer, but no label.
    const __m256i here =
        _mm256_mask_i32gather_epi32(too_much, step.cost, label, known, 4);
    const __m256i c =
        _mm256_min_epi32(_mm256_add_epi32(_mm256_min_epi32(on, again), here), too_much);
    const __m256i longer = _mm256_add_epi32(_mm256_andnot_si256(restart, length), one);
    store_256(lanes.cost + i, c);
    store_256(lanes.length + i, longer);
    const __m256i enough = _mm256_cmpgt_epi32(longer, _mm256_set1_epi32(2));
    take_256(least, _mm256_blendv_epi8(_mm256_set1_epi32(int32_max), c, enough), from_256(i));
}

HUEPRESS_AVX2 Least advance_avx2(Lanes& lanes /* OUT */, int above, const Step& step, Least best) {
    const __m256i here = _mm256_set1_epi32(step.here);
    Least256 least = most_256();
    for (int i = 0; i < above; i += Lanes::group) {
        const auto* bytes = reinterpret_cast<const __m128i*>(step.source - lanes.distance[i]);
        advance_8(lanes, i, _mm256_cvtepu8_epi32(_mm_loadl_epi64(bytes)),
                  _mm256_cmpgt_epi32(load_256(lanes.distance + i), here), step, least);
    }
    for (int i = Lanes::above; i < Lanes::all; i += Lanes::group) {
        const __m256i distance = load_256(lanes.distance + i);
        const __m256i label = _mm256_i32gather_epi32(
            reinterpret_cast<const int*>(step.source),
            _mm256_sub_epi32(_mm256_setzero_si256(), distance), 1);
        advance_8(lanes, i, _mm256_and_si256(label, _mm256_set1_epi32(255)),
                  _mm256_cmpgt_epi32(distance, here), step, least);
    }
    const Least lane = least_256(least);
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
    if (isa == "avx512" && runs_avx512()) return avx512;
    if (isa != "plain" && runs_avx2()) return avx2;
#endif
    return plain;
}

}  // namespace

CodeTable::CodeTable(std::span<const Point> codebook) : k(static_cast<int>(codebook.size())) {
    std::vector<int> names(codebook.size());
    std::iota(names.begin(), names.end(), 0);
    sort_into_blocks(names, codebook.data());
    for (int i = 0; i < padded(); ++i) {
        const auto name = static_cast<std::size_t>(names[static_cast<std::size_t>(std::min(i, k - 1))]);
        const Point& p = points[i] = codebook[name];
        outer[i] = static_cast<std::uint8_t>(name);
        lightness_alpha[2 * i] = p[0];
        lightness_alpha[2 * i + 1] = p[3];
        chroma[2 * i] = p[1];
        chroma[2 * i + 1] = p[2];
    }
    for (int i = 0; i < k; ++i) inner[outer[i]] = static_cast<std::uint8_t>(i);
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
