#include "core/distance.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <string_view>
#include <vector>

#include "core/isa.hpp"
#include "core/parallel.hpp"

#ifdef _MSC_VER
#include <intrin.h>
#endif

namespace huepress {
namespace {

// The lanes are an inner loop of fixed length over int16 products, which compilers vectorise.
void nearest_plain(const Point* points, const Point* codes, const std::uint16_t* names,
                   std::size_t count, std::uint16_t* labels /* OUT */,
                   std::int32_t* distances /* OUT */) {
    std::int16_t lanes[4][group_size];
    std::int32_t label[group_size] = {}, least[group_size];
    for (std::size_t i = 0; i < group_size; ++i) {
        for (std::size_t c = 0; c < 4; ++c) lanes[c][i] = points[i][c];
        least[i] = INT32_MAX;
    }
    for (std::size_t j = 0; j < count; ++j) {
        const Point code = codes[names[j]];
        const std::int32_t name = names[j];
        for (std::size_t i = 0; i < group_size; ++i) {
            std::int32_t distance = 0;
            for (std::size_t c = 0; c < 4; ++c) {
                const auto difference = static_cast<std::int16_t>(lanes[c][i] - code[c]);
                distance += difference * difference;
            }
            const bool closer = distance < least[i];
            least[i] = closer ? distance : least[i];
            label[i] = closer ? name : label[i];
        }
    }
    for (std::size_t i = 0; i < group_size; ++i) {
        labels[i] = static_cast<std::uint16_t>(label[i]);
        distances[i] = least[i];
    }
}

void contenders_plain(const Point* centres, const Point* halves, const std::uint16_t* favourites,
                      const std::int32_t* distances, const Point* codes, const std::uint16_t* names,
                      std::size_t count, std::uint16_t* boxes /* OUT */) {
    std::int16_t centre[4][group_size], half[4][group_size], favourite[4][group_size];
    for (std::size_t i = 0; i < group_size; ++i)
        for (std::size_t c = 0; c < 4; ++c) {
            centre[c][i] = centres[i][c];
            half[c][i] = halves[i][c];
            favourite[c][i] = codes[favourites[i]][c];
        }
    for (std::size_t j = 0; j < count; ++j) {
        const Point code = codes[names[j]];
        std::int32_t kept[group_size];
        for (std::size_t i = 0; i < group_size; ++i) {
            std::int32_t lead = -distances[i], reach = 0;
            for (std::size_t c = 0; c < 4; ++c) {
                const auto d = static_cast<std::int16_t>(centre[c][i] - code[c]);
                const auto e = static_cast<std::int16_t>(favourite[c][i] - code[c]);
                lead += d * d;
                reach += half[c][i] * (e < 0 ? -e : e);
            }
            kept[i] = lead <= 2 * reach;
        }
        std::uint32_t set = 0;
        for (std::size_t i = 0; i < group_size; ++i)
            set |= static_cast<std::uint32_t>(kept[i]) << i;
        boxes[j] = static_cast<std::uint16_t>(set);
    }
}

#ifdef HUEPRESS_X86

std::int32_t first_pair(const Point& p) {
    return static_cast<std::int32_t>(static_cast<std::uint16_t>(p[0]) |
                                     static_cast<std::uint32_t>(static_cast<std::uint16_t>(p[1]))
                                         << 16);
}

std::int32_t second_pair(const Point& p) {
    return static_cast<std::int32_t>(static_cast<std::uint16_t>(p[2]) |
                                     static_cast<std::uint32_t>(static_cast<std::uint16_t>(p[3]))
                                         << 16);
}

// A point is two 32-bit pairs. Lanes hold one point each: all first pairs in one register, all
// second pairs in another, so that pmaddwd squares and adds a pair at once.
struct Lanes8 {
    __m256i first, second;
};

HUEPRESS_TARGET("avx2") inline Lanes8 load_8(const Point* points) {
    const auto* from = reinterpret_cast<const __m256i*>(points);
    const __m256 a = _mm256_castsi256_ps(_mm256_loadu_si256(from));
    const __m256 b = _mm256_castsi256_ps(_mm256_loadu_si256(from + 1));
    // Shuffles work within 128-bit halves; the permutation puts the eight points back in order.
    return {_mm256_permute4x64_epi64(_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88)), 0xD8),
            _mm256_permute4x64_epi64(_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD)), 0xD8)};
}

HUEPRESS_TARGET("avx2") void nearest_avx2(const Point* points, const Point* codes,
                                          const std::uint16_t* names, std::size_t count,
                                          std::uint16_t* labels /* OUT */,
                                          std::int32_t* distances /* OUT */) {
    const Lanes8 p[2] = {load_8(points), load_8(points + 8)};
    __m256i least[2] = {_mm256_set1_epi32(INT32_MAX), _mm256_set1_epi32(INT32_MAX)};
    __m256i label[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (std::size_t j = 0; j < count; ++j) {
        const __m256i code_first = _mm256_set1_epi32(first_pair(codes[names[j]]));
        const __m256i code_second = _mm256_set1_epi32(second_pair(codes[names[j]]));
        const __m256i name = _mm256_set1_epi32(names[j]);
        for (int h = 0; h < 2; ++h) {
            const __m256i u = _mm256_sub_epi16(p[h].first, code_first);
            const __m256i v = _mm256_sub_epi16(p[h].second, code_second);
            const __m256i distance =
                _mm256_add_epi32(_mm256_madd_epi16(u, u), _mm256_madd_epi16(v, v));
            const __m256i closer = _mm256_cmpgt_epi32(least[h], distance);
            least[h] = _mm256_min_epi32(least[h], distance);
            label[h] = _mm256_blendv_epi8(label[h], name, closer);
        }
    }
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(label[0], label[1]), 0xD8);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(labels), packed);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(distances), least[0]);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(distances + 8), least[1]);
}

HUEPRESS_TARGET("avx2") void contenders_avx2(const Point* centres, const Point* halves,
                                             const std::uint16_t* favourites,
                                             const std::int32_t* distances, const Point* codes,
                                             const std::uint16_t* names, std::size_t count,
                                             std::uint16_t* boxes /* OUT */) {
    const Lanes8 centre[2] = {load_8(centres), load_8(centres + 8)};
    const Lanes8 half[2] = {load_8(halves), load_8(halves + 8)};
    Point chosen[group_size];
    for (std::size_t i = 0; i < group_size; ++i) chosen[i] = codes[favourites[i]];
    const Lanes8 favourite[2] = {load_8(chosen), load_8(chosen + 8)};
    const auto* from = reinterpret_cast<const __m256i*>(distances);
    const __m256i distance[2] = {_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1)};
    for (std::size_t j = 0; j < count; ++j) {
        const __m256i code_first = _mm256_set1_epi32(first_pair(codes[names[j]]));
        const __m256i code_second = _mm256_set1_epi32(second_pair(codes[names[j]]));
        int dropped[2];
        for (int h = 0; h < 2; ++h) {
            const __m256i u = _mm256_sub_epi16(centre[h].first, code_first);
            const __m256i v = _mm256_sub_epi16(centre[h].second, code_second);
            const __m256i e = _mm256_abs_epi16(_mm256_sub_epi16(favourite[h].first, code_first));
            const __m256i g = _mm256_abs_epi16(_mm256_sub_epi16(favourite[h].second, code_second));
            const __m256i lead = _mm256_sub_epi32(
                _mm256_add_epi32(_mm256_madd_epi16(u, u), _mm256_madd_epi16(v, v)), distance[h]);
            const __m256i reach = _mm256_add_epi32(_mm256_madd_epi16(e, half[h].first),
                                                   _mm256_madd_epi16(g, half[h].second));
            dropped[h] = _mm256_movemask_ps(
                _mm256_castsi256_ps(_mm256_cmpgt_epi32(lead, _mm256_add_epi32(reach, reach))));
        }
        boxes[j] = static_cast<std::uint16_t>(~(dropped[0] | dropped[1] << 8));
    }
}

struct Lanes16 {
    __m512i first, second;
};

HUEPRESS_TARGET("avx512f,avx512bw") inline Lanes16 load_16(const Point* points) {
    const __m512i a = _mm512_loadu_si512(points);
    const __m512i b = _mm512_loadu_si512(points + 8);
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd =
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return {_mm512_permutex2var_epi32(a, even, b), _mm512_permutex2var_epi32(a, odd, b)};
}

HUEPRESS_TARGET("avx512f,avx512bw") void nearest_avx512(const Point* points, const Point* codes,
                                                        const std::uint16_t* names,
                                                        std::size_t count,
                                                        std::uint16_t* labels /* OUT */,
                                                        std::int32_t* distances /* OUT */) {
    const Lanes16 p = load_16(points);
    __m512i least = _mm512_set1_epi32(INT32_MAX);
    __m512i label = _mm512_setzero_si512();
    for (std::size_t j = 0; j < count; ++j) {
        const __m512i u = _mm512_sub_epi16(p.first, _mm512_set1_epi32(first_pair(codes[names[j]])));
        const __m512i v =
            _mm512_sub_epi16(p.second, _mm512_set1_epi32(second_pair(codes[names[j]])));
        const __m512i distance = _mm512_add_epi32(_mm512_madd_epi16(u, u), _mm512_madd_epi16(v, v));
        const __mmask16 closer = _mm512_cmplt_epi32_mask(distance, least);
        least = _mm512_mask_mov_epi32(least, closer, distance);
        label = _mm512_mask_set1_epi32(label, closer, names[j]);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(labels),
                        _mm512_maskz_cvtepi32_epi16(0xFFFF, label));
    _mm512_storeu_si512(distances, least);
}

HUEPRESS_TARGET("avx512f,avx512bw") void contenders_avx512(
    const Point* centres, const Point* halves, const std::uint16_t* favourites,
    const std::int32_t* distances, const Point* codes, const std::uint16_t* names,
    std::size_t count, std::uint16_t* boxes /* OUT */) {
    Point chosen[group_size];
    for (std::size_t i = 0; i < group_size; ++i) chosen[i] = codes[favourites[i]];
    const Lanes16 centre = load_16(centres), half = load_16(halves), favourite = load_16(chosen);
    const __m512i distance = _mm512_loadu_si512(distances);
    for (std::size_t j = 0; j < count; ++j) {
        const __m512i code_first = _mm512_set1_epi32(first_pair(codes[names[j]]));
        const __m512i code_second = _mm512_set1_epi32(second_pair(codes[names[j]]));
        const __m512i u = _mm512_sub_epi16(centre.first, code_first);
        const __m512i v = _mm512_sub_epi16(centre.second, code_second);
        const __m512i e = _mm512_abs_epi16(_mm512_sub_epi16(favourite.first, code_first));
        const __m512i g = _mm512_abs_epi16(_mm512_sub_epi16(favourite.second, code_second));
        const __m512i lead = _mm512_sub_epi32(
            _mm512_add_epi32(_mm512_madd_epi16(u, u), _mm512_madd_epi16(v, v)), distance);
        const __m512i reach =
            _mm512_add_epi32(_mm512_madd_epi16(e, half.first), _mm512_madd_epi16(g, half.second));
        boxes[j] = _mm512_cmple_epi32_mask(lead, _mm512_add_epi32(reach, reach));
    }
}

#ifdef _MSC_VER
bool cpu_has_bit(int bit, bool zmm) {
    int leaf1[4], leaf7[4];
    __cpuid(leaf1, 1);
    if (!(leaf1[2] & (1 << 27))) return false;           // OSXSAVE
    const unsigned long long wanted = zmm ? 0xE6 : 0x6;  // registers that the system saves
    if ((_xgetbv(0) & wanted) != wanted) return false;
    __cpuidex(leaf7, 7, 0);
    return (leaf7[1] >> bit) & 1;
}
bool runs_avx2() { return cpu_has_bit(5, false); }
bool runs_avx512() {
    return cpu_has_bit(16, true) && cpu_has_bit(30, true) && cpu_has_bit(31, true);
}
#else
bool runs_avx2() { return __builtin_cpu_supports("avx2"); }
bool runs_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

#endif  // HUEPRESS_X86

#ifdef HUEPRESS_NEON

void nearest_neon(const Point* points, const Point* codes, const std::uint16_t* names,
                  std::size_t count, std::uint16_t* labels /* OUT */,
                  std::int32_t* distances /* OUT */) {
    for (std::size_t half = 0; half < group_size; half += 8) {
        const int16x8x4_t p = vld4q_s16(points[half].data());
        int32x4_t least_low = vdupq_n_s32(INT32_MAX), least_high = least_low;
        uint32x4_t label_low = vdupq_n_u32(0), label_high = label_low;
        for (std::size_t j = 0; j < count; ++j) {
            int32x4_t low = vdupq_n_s32(0), high = low;
            for (int c = 0; c < 4; ++c) {
                const int16x8_t d =
                    vsubq_s16(p.val[c], vdupq_n_s16(codes[names[j]][static_cast<std::size_t>(c)]));
                low = vmlal_s16(low, vget_low_s16(d), vget_low_s16(d));
                high = vmlal_high_s16(high, d, d);
            }
            const uint32x4_t name = vdupq_n_u32(names[j]);
            label_low = vbslq_u32(vcltq_s32(low, least_low), name, label_low);
            label_high = vbslq_u32(vcltq_s32(high, least_high), name, label_high);
            least_low = vminq_s32(least_low, low);
            least_high = vminq_s32(least_high, high);
        }
        vst1q_u16(labels + half, vcombine_u16(vmovn_u32(label_low), vmovn_u32(label_high)));
        vst1q_s32(distances + half, least_low);
        vst1q_s32(distances + half + 4, least_high);
    }
}

void contenders_neon(const Point* centres, const Point* halves, const std::uint16_t* favourites,
                     const std::int32_t* distances, const Point* codes, const std::uint16_t* names,
                     std::size_t count, std::uint16_t* boxes /* OUT */) {
    Point chosen[group_size];
    for (std::size_t i = 0; i < group_size; ++i) chosen[i] = codes[favourites[i]];
    constexpr std::uint16_t place[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint16x8_t places = vld1q_u16(place);
    for (std::size_t half = 0; half < group_size; half += 8) {
        const int16x8x4_t centre = vld4q_s16(centres[half].data());
        const int16x8x4_t reach = vld4q_s16(halves[half].data());
        const int16x8x4_t favourite = vld4q_s16(chosen[half].data());
        const int32x4_t distance_low = vld1q_s32(distances + half),
                        distance_high = vld1q_s32(distances + half + 4);
        for (std::size_t j = 0; j < count; ++j) {
            int32x4_t low = vnegq_s32(distance_low), high = vnegq_s32(distance_high);
            int32x4_t reach_low = vdupq_n_s32(0), reach_high = reach_low;
            for (int c = 0; c < 4; ++c) {
                const int16x8_t code = vdupq_n_s16(codes[names[j]][static_cast<std::size_t>(c)]);
                const int16x8_t d = vsubq_s16(centre.val[c], code);
                const int16x8_t e = vabsq_s16(vsubq_s16(favourite.val[c], code));
                low = vmlal_s16(low, vget_low_s16(d), vget_low_s16(d));
                high = vmlal_high_s16(high, d, d);
                reach_low = vmlal_s16(reach_low, vget_low_s16(e), vget_low_s16(reach.val[c]));
                reach_high = vmlal_high_s16(reach_high, e, reach.val[c]);
            }
            const uint32x4_t kept_low = vcleq_s32(low, vaddq_s32(reach_low, reach_low));
            const uint32x4_t kept_high = vcleq_s32(high, vaddq_s32(reach_high, reach_high));
            const uint16x8_t kept = vcombine_u16(vmovn_u32(kept_low), vmovn_u32(kept_high));
            const auto set = static_cast<std::uint16_t>(vaddvq_u16(vandq_u16(kept, places)));
            boxes[j] = half == 0 ? set : static_cast<std::uint16_t>(boxes[j] | set << 8);
        }
    }
}

#endif  // HUEPRESS_NEON

bool always() { return true; }

struct Body {
    std::string_view isa;
    bool (*runs_here)();
    Kernels kernels;
};

// Widest first.
constexpr Body bodies[] = {
#ifdef HUEPRESS_X86
    {"avx512", runs_avx512, {nearest_avx512, contenders_avx512}},
    {"avx2", runs_avx2, {nearest_avx2, contenders_avx2}},
#endif
#ifdef HUEPRESS_NEON
    {"neon", always, {nearest_neon, contenders_neon}},
#endif
    {"plain", always, {nearest_plain, contenders_plain}},
};

const Body& choose_body() {
    const char* forced = std::getenv("HUEPRESS_ISA");
    if (forced && *forced) {
        for (const Body& body : bodies)
            if (body.isa == forced && body.runs_here()) return body;
        std::string runnable;
        for (const Body& body : bodies)
            if (body.runs_here())
                runnable += (runnable.empty() ? "" : ", ") + std::string(body.isa);
        throw UnknownIsa("HUEPRESS_ISA=" + std::string(forced) +
                         " cannot run on this CPU; unset it or use " + runnable);
    }
    return *std::find_if(std::begin(bodies), std::end(bodies),
                         [](const Body& b) { return b.runs_here(); });
}

const Body& chosen_body() {
    static const Body& body = choose_body();
    return body;
}

}  // namespace

const Kernels& kernels() { return chosen_body().kernels; }

std::string instruction_set() { return std::string(chosen_body().isa); }

void nearest_points(std::span<const Point> points, std::span<const Point> centroids,
                    unsigned threads, std::span<std::uint16_t> labels /* OUT */,
                    std::span<std::int32_t> distances /* OUT */) {
    constexpr std::size_t block_size = 4096;
    const auto nearest = kernels().nearest;
    std::vector<std::uint16_t> names(centroids.size());
    std::iota(names.begin(), names.end(), std::uint16_t{0});
    const auto label_block = [&](std::size_t block, std::size_t) {
        const std::size_t end = std::min(points.size(), (block + 1) * block_size);
        std::size_t i = block * block_size;
        for (; i + group_size <= end; i += group_size)
            nearest(&points[i], centroids.data(), names.data(), names.size(), &labels[i],
                    &distances[i]);
        if (i == end) return;
        std::array<Point, group_size> last;
        std::array<std::uint16_t, group_size> last_labels;
        std::array<std::int32_t, group_size> last_distances;
        for (std::size_t j = 0; j < group_size; ++j) last[j] = points[std::min(i + j, end - 1)];
        nearest(last.data(), centroids.data(), names.data(), names.size(), last_labels.data(),
                last_distances.data());
        for (std::size_t j = 0; i + j < end; ++j) {
            labels[i + j] = last_labels[j];
            distances[i + j] = last_distances[j];
        }
    };
    // A thread costs about as much as a hundred thousand distances.
    const bool small = points.size() * centroids.size() < (std::size_t{1} << 20);
    for_each_block((points.size() + block_size - 1) / block_size, small ? 1 : threads, label_block);
}

}  // namespace huepress
