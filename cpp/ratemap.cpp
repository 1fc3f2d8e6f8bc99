#include "ratemap.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
#include <immintrin.h>
#define HUEPRESS_AVX2
#endif

#include "distance.hpp"
#include "pointcache.hpp"

namespace huepress {
namespace {

constexpr std::size_t window = 32768;  // how far back deflate can copy from
constexpr int max_length = 258;
constexpr int codes_max = 256;
constexpr int bit_unit = 16;  // costs count 16ths of a bit, and squared lengths times 16
constexpr std::int32_t never = 1 << 28;
constexpr int groups = 20;
constexpr int near_distances = 4;
constexpr int rows_above = 8;
constexpr int found_max = 24;  // copies from the chain that may be under way at once
constexpr std::int64_t most_cap = 1 << 30;
constexpr std::int32_t error_max = 3000;
constexpr std::int32_t far_out =
    12000;  // beyond any colour, within int32 when squared and added up

// -- what deflate's symbols cost ------------------------------------------------------------------

// log2 in 16ths of a bit, for x >= 1.
std::int32_t log2_fixed(std::uint32_t x) {
    // round(16 * log2(1 + i / 32))
    constexpr std::uint8_t fraction[33] = {0,  1,  1,  2,  3,  3,  4,  5,  5,  6,  6,
                                           7,  7,  8,  8,  9,  9,  10, 10, 11, 11, 12,
                                           12, 12, 13, 13, 14, 14, 14, 15, 15, 16, 16};
    const int top = std::bit_width(x) - 1;
    const std::uint32_t next = top >= 5 ? (x >> (top - 5)) & 31 : (x << (5 - top)) & 31;
    return 16 * top + fraction[next];
}

struct Symbols {
    std::uint8_t of_length[max_length + 1];  // 0..28
    std::uint8_t extra_length[29];

    Symbols() {
        int length = 3;
        for (int symbol = 0; symbol < 28; ++symbol) {
            extra_length[symbol] = static_cast<std::uint8_t>(symbol < 8 ? 0 : (symbol - 4) / 4);
            for (int i = 0; i < (1 << extra_length[symbol]) && length <= max_length; ++i)
                of_length[length++] = static_cast<std::uint8_t>(symbol);
        }
        of_length[max_length] = 28;
        extra_length[28] = 0;
        of_length[0] = of_length[1] = of_length[2] = 0;
    }
};
const Symbols symbols;

int distance_symbol(std::size_t distance) {
    const auto d = static_cast<std::uint32_t>(distance - 1);
    if (d < 4) return static_cast<int>(d);
    const int top = std::bit_width(d) - 1;
    return 2 * top + static_cast<int>((d >> (top - 1)) & 1);
}
int distance_extra(int symbol) { return symbol < 4 ? 0 : symbol / 2 - 1; }

// Costs of symbols from their decaying counts: what the encoder's Huffman codes come near to.
class Costs {
public:
    Costs(std::int64_t lambda, int k) : lambda_(static_cast<std::int32_t>(lambda)), k_(k) {
        counts_.assign(codes_max + 29, 0);
        for (int i = 0; i < k; ++i)
            counts_[static_cast<std::size_t>(i)] = (512u << count_shift) / static_cast<unsigned>(k);
        for (int i = 0; i < 29; ++i)
            counts_[static_cast<std::size_t>(codes_max + i)] = (i < 8 ? 24u : 6u) << count_shift;
        distances_.assign(30, 8u << count_shift);
        refresh();
    }
    void count_literal(int label) { counts_[static_cast<std::size_t>(label)] += 1u << count_shift; }
    void count_copy(int length, std::size_t distance) {
        counts_[static_cast<std::size_t>(codes_max + symbols.of_length[length])] += 1u
                                                                                    << count_shift;
        distances_[static_cast<std::size_t>(distance_symbol(distance))] += 1u << count_shift;
    }
    // Forgets what so many more pixels push out of a memory of some 24 thousand.
    void decay(std::size_t pixels) {
        const auto keep = static_cast<std::uint64_t>(
            65536 - std::min<std::size_t>(65536 * pixels / memory, 32768));
        for (auto* table : {&counts_, &distances_})
            for (auto& count : *table) count = static_cast<std::uint32_t>(count * keep >> 16);
        refresh();
    }
    std::int32_t literal(int label) const { return literal_[label]; }
    std::int32_t copy(int length, std::size_t distance) const {
        return open(distance) + length_cost_[std::max(length, 3)];
    }
    const std::int32_t* literals() const { return literal_; }
    // What one more pixel adds to a copy of so many; the first three come together.
    const std::int32_t* longer() const { return longer_; }
    std::int32_t open(std::size_t distance) const { return open_[distance_symbol(distance)]; }

private:
    static constexpr int count_shift = 8;
    static constexpr std::size_t memory = 24576;

    void refresh() {
        std::uint32_t total = 0;
        for (const auto count : counts_) total += count + floor_;
        const std::int32_t whole = log2_fixed(total);
        for (int i = 0; i < codes_max; ++i)
            literal_[i] =
                i < k_
                    ? lambda_ * (whole - log2_fixed(counts_[static_cast<std::size_t>(i)] + floor_))
                    : never;
        for (int length = 3; length <= max_length; ++length) {
            const int symbol = symbols.of_length[length];
            length_cost_[length] =
                lambda_ *
                (whole -
                 log2_fixed(counts_[static_cast<std::size_t>(codes_max + symbol)] + floor_) +
                 bit_unit * symbols.extra_length[symbol]);
        }
        longer_[0] = length_cost_[3];
        longer_[1] = longer_[2] = 0;
        for (int length = 3; length < max_length; ++length)
            longer_[length] = length_cost_[length + 1] - length_cost_[length];
        longer_[max_length] = never;
        total = 0;
        for (const auto count : distances_) total += count + floor_;
        const std::int32_t all = log2_fixed(total);
        for (int i = 0; i < 30; ++i)
            open_[i] =
                lambda_ * (all - log2_fixed(distances_[static_cast<std::size_t>(i)] + floor_) +
                           bit_unit * distance_extra(i));
    }

    static constexpr std::uint32_t floor_ = 1u << (count_shift - 1);
    std::int32_t lambda_;
    int k_;
    std::vector<std::uint32_t> counts_, distances_;
    alignas(32) std::int32_t literal_[codes_max];
    std::int32_t longer_[max_length + 1];
    std::int32_t length_cost_[max_length + 1];
    std::int32_t open_[30];
};

// -- what each code costs at a pixel --------------------------------------------------------------

// Another weight for the two chroma coordinates, in 256ths.
Point stretch_chroma(Point point, int weight) {
    for (std::size_t c : {1, 2})
        point[c] =
            static_cast<std::int16_t>(std::clamp(point[c] * weight / 256, -far_out, far_out));
    return point;
}

// Codes in pairs of coordinates, as multiply-add wants them. The last code fills up the last block:
// of equal codes the first is taken.
struct CodeTable {
    static constexpr int block = 8;
    int k = 0, padded = 0;
    alignas(32) std::int16_t lightness_alpha[2 * codes_max];
    alignas(32) std::int16_t chroma[2 * codes_max];
    Point points[codes_max];
    std::uint8_t group[codes_max];  // coarse class

    CodeTable(std::span<const std::uint8_t> codebook, int channels, Space space, int chroma_weight)
        : k(static_cast<int>(codebook.size()) / channels), padded((k + block - 1) / block * block) {
        embed(space, codebook, channels, std::span<Point>(points, static_cast<std::size_t>(k)));
        for (int i = 0; i < k; ++i) points[i] = stretch_chroma(points[i], chroma_weight);
        for (int i = 0; i < padded; ++i) {
            const Point& p = points[std::min(i, k - 1)];
            lightness_alpha[2 * i] = p[0];
            lightness_alpha[2 * i + 1] = p[3];
            chroma[2 * i] = p[1];
            chroma[2 * i + 1] = p[2];
        }
    }
};

struct Column {
    alignas(32) std::int32_t cost[codes_max];  // weighted excess distortion, times bit_unit
    std::int32_t literal_cost;
    std::uint8_t literal;
    std::uint8_t group;
};

struct Limits {
    std::int32_t cap, chroma_cap;
};

// What errors of a pixel cost: 16ths of a squared length, so that they add up with 16ths of a bit.
struct Weights {
    float lightness_alpha, chroma;
};

// The least of some costs, and which it is.
struct Least {
    std::int32_t squared;
    int code;
};

// The loops below are all that is costly here. Floats only weigh: two rounded products and their
// rounded sum, never contracted, the same everywhere. A cost is that above the nearest code; where
// the weights prefer another code to the nearest, it is negative.

Least measure_plain(const CodeTable& codes, const Point& target, std::int32_t* squared /* OUT */,
                    std::int32_t* chroma /* OUT */) {
    for (int i = 0; i < codes.padded; ++i) {
        const int l = target[0] - codes.lightness_alpha[2 * i],
                  t = target[3] - codes.lightness_alpha[2 * i + 1];
        const int a = target[1] - codes.chroma[2 * i], b = target[2] - codes.chroma[2 * i + 1];
        chroma[i] = a * a + b * b;
        squared[i] = chroma[i] + (l * l + t * t);
    }
    Least nearest{squared[0], 0};
    for (int i = 1; i < codes.k; ++i)
        if (squared[i] < nearest.squared) nearest = {squared[i], i};
    return nearest;
}

Least weigh_plain(const CodeTable& codes, const Least& nearest, const std::int32_t* chroma,
                  const Weights& weights, const Limits& limits, const std::int32_t* bits,
                  std::int32_t* cost /* IN: squared, OUT */) {
    const std::int32_t chroma_limit = chroma[nearest.code] + limits.chroma_cap;
    for (int i = 0; i < codes.padded; ++i) {
        const std::int32_t excess = cost[i] - nearest.squared,
                           more_chroma = chroma[i] - chroma[nearest.code];
        const float weighed = static_cast<float>(excess - more_chroma) * weights.lightness_alpha +
                              static_cast<float>(more_chroma) * weights.chroma;
        const auto c = static_cast<std::int32_t>(
            std::clamp(weighed, -static_cast<float>(never), static_cast<float>(never)));
        cost[i] = excess > limits.cap || chroma[i] > chroma_limit ? never : c;
    }
    Least cheapest{cost[0] + bits[0], 0};
    for (int i = 1; i < codes.k; ++i)
        if (cost[i] + bits[i] < cheapest.squared) cheapest = {cost[i] + bits[i], i};
    return cheapest;
}

// Copies under way, each lane at its own distance: the cheapest way to be copying there. Lanes in
// front are the places above, in groups of eight neighbours; the rest were found by colour.
struct Lanes {
    static constexpr int group = 8;
    static constexpr int above = rows_above * group;
    static constexpr int all = above + found_max;
    alignas(32) std::int32_t distance[all];
    alignas(32) std::int32_t open[all];  // what starting the copy costs
    alignas(32) std::int32_t cost[all];  // above that of the cheapest way to have come this far
    alignas(32) std::int32_t length[all];
    alignas(32) std::int32_t start[all];
};

struct Step {
    const std::int32_t* cost;  // of each code at this place
    const std::int32_t* longer;  // what one more pixel adds to a copy of so many
    const std::uint8_t* source;  // this place in the stream
    std::int32_t shift;  // what the cheapest way's last step cost
    std::int32_t here;  // places of the row before this one
};

// Takes every lane one place on, from `from` up to `to`; the cheapest that may end here.
Least advance_plain(Lanes& lanes, int from, int to, const Step& step, Least best) {
    for (int i = from; i < to; ++i) {
        const std::int32_t on = lanes.cost[i] - step.shift + step.longer[lanes.length[i]];
        const std::int32_t again = lanes.open[i] + step.longer[0];
        const bool restart = again < on;
        // A place to the right of one above, or a found one, may come to lie in this row: unknown.
        const bool known = lanes.distance[i] > step.here;
        const std::int32_t here = known ? step.cost[step.source[-lanes.distance[i]]] : never;
        const std::int32_t c = std::min((restart ? again : on) + here, never);
        lanes.start[i] = restart ? step.here : lanes.start[i];
        lanes.length[i] = restart ? 1 : lanes.length[i] + 1;
        lanes.cost[i] = c;
        if (lanes.length[i] >= 3 && c < best.squared) best = {c, i};
    }
    return best;
}

#ifdef HUEPRESS_AVX2
__attribute__((target("avx2"))) inline Least least_lane(__m256i values, __m256i indices) {
    alignas(32) std::int32_t value[8], index[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(value), values);
    _mm256_store_si256(reinterpret_cast<__m256i*>(index), indices);
    Least least{value[0], index[0]};
    for (int i = 1; i < 8; ++i)
        if (value[i] < least.squared || (value[i] == least.squared && index[i] < least.code))
            least = {value[i], index[i]};
    return least;
}

__attribute__((target("avx2"))) Least measure_avx2(const CodeTable& codes, const Point& target,
                                                   std::int32_t* squared /* OUT */,
                                                   std::int32_t* chroma /* OUT */) {
    const auto pair = [](std::int16_t low, std::int16_t high) {
        return static_cast<int>(static_cast<std::uint16_t>(low) |
                                static_cast<std::uint32_t>(static_cast<std::uint16_t>(high)) << 16);
    };
    const __m256i la = _mm256_set1_epi32(pair(target[0], target[3])),
                  ab = _mm256_set1_epi32(pair(target[1], target[2]));
    __m256i best = _mm256_set1_epi32(std::numeric_limits<std::int32_t>::max()),
            best_index = _mm256_setzero_si256();
    __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int i = 0; i < codes.padded; i += 8) {
        const __m256i dl = _mm256_sub_epi16(
            la, _mm256_load_si256(reinterpret_cast<const __m256i*>(codes.lightness_alpha + 2 * i)));
        const __m256i dc = _mm256_sub_epi16(
            ab, _mm256_load_si256(reinterpret_cast<const __m256i*>(codes.chroma + 2 * i)));
        const __m256i c = _mm256_madd_epi16(dc, dc);
        const __m256i d = _mm256_add_epi32(c, _mm256_madd_epi16(dl, dl));
        _mm256_store_si256(reinterpret_cast<__m256i*>(chroma + i), c);
        _mm256_store_si256(reinterpret_cast<__m256i*>(squared + i), d);
        best_index = _mm256_blendv_epi8(best_index, index, _mm256_cmpgt_epi32(best, d));
        best = _mm256_min_epi32(best, d);
        index = _mm256_add_epi32(index, _mm256_set1_epi32(8));
    }
    return least_lane(best, best_index);
}

__attribute__((target("avx2"))) Least weigh_avx2(const CodeTable& codes, const Least& nearest,
                                                 const std::int32_t* chroma, const Weights& weights,
                                                 const Limits& limits, const std::int32_t* bits,
                                                 std::int32_t* cost /* IN: squared, OUT */) {
    const __m256i least = _mm256_set1_epi32(nearest.squared), cap = _mm256_set1_epi32(limits.cap);
    const __m256i least_chroma = _mm256_set1_epi32(chroma[nearest.code]);
    const __m256i chroma_limit = _mm256_set1_epi32(chroma[nearest.code] + limits.chroma_cap);
    const __m256i too_much = _mm256_set1_epi32(never);
    const __m256 light = _mm256_set1_ps(weights.lightness_alpha),
                 tint = _mm256_set1_ps(weights.chroma),
                 fewest = _mm256_set1_ps(-static_cast<float>(never)),
                 most = _mm256_set1_ps(static_cast<float>(never));
    __m256i best = _mm256_set1_epi32(std::numeric_limits<std::int32_t>::max()),
            best_index = _mm256_setzero_si256();
    __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (int i = 0; i < codes.padded; i += 8) {
        auto* at = reinterpret_cast<__m256i*>(cost + i);
        const __m256i excess = _mm256_sub_epi32(_mm256_load_si256(at), least);
        const __m256i here = _mm256_load_si256(reinterpret_cast<const __m256i*>(chroma + i));
        const __m256i more = _mm256_sub_epi32(here, least_chroma);
        const __m256 weighed =
            _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(excess, more)), light),
                          _mm256_mul_ps(_mm256_cvtepi32_ps(more), tint));
        const __m256i c =
            _mm256_cvttps_epi32(_mm256_max_ps(_mm256_min_ps(weighed, most), fewest));
        const __m256i over = _mm256_or_si256(_mm256_cmpgt_epi32(excess, cap),
                                             _mm256_cmpgt_epi32(here, chroma_limit));
        const __m256i capped = _mm256_blendv_epi8(c, too_much, over);
        _mm256_store_si256(at, capped);
        const __m256i all =
            _mm256_add_epi32(capped, _mm256_load_si256(reinterpret_cast<const __m256i*>(bits + i)));
        best_index = _mm256_blendv_epi8(best_index, index, _mm256_cmpgt_epi32(best, all));
        best = _mm256_min_epi32(best, all);
        index = _mm256_add_epi32(index, _mm256_set1_epi32(8));
    }
    return least_lane(best, best_index);
}

__attribute__((target("avx2"))) Least advance_avx2(Lanes& lanes, int from, int to, const Step& step,
                                                   Least best) {
    const auto at = [](std::int32_t* p) { return reinterpret_cast<__m256i*>(p); };
    const __m256i shift = _mm256_set1_epi32(step.shift), first = _mm256_set1_epi32(step.longer[0]);
    const __m256i here = _mm256_set1_epi32(step.here), too_much = _mm256_set1_epi32(never);
    const __m256i one = _mm256_set1_epi32(1), two = _mm256_set1_epi32(2);
    __m256i least = _mm256_set1_epi32(best.squared), least_index = _mm256_set1_epi32(best.code);
    __m256i index =
        _mm256_add_epi32(_mm256_set1_epi32(from), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    for (int i = from; i < to; i += Lanes::group) {
        const __m256i distance = _mm256_load_si256(at(lanes.distance + i));
        __m256i label;
        if (i < Lanes::above) {
            const auto* bytes = reinterpret_cast<const __m128i*>(step.source - lanes.distance[i]);
            label = _mm256_cvtepu8_epi32(_mm_loadl_epi64(bytes));
        } else {
            const __m256i back = _mm256_sub_epi32(_mm256_setzero_si256(), distance);
            label = _mm256_and_si256(
                _mm256_i32gather_epi32(reinterpret_cast<const int*>(step.source), back, 1),
                _mm256_set1_epi32(255));
        }
        const __m256i length = _mm256_load_si256(at(lanes.length + i));
        const __m256i on =
            _mm256_add_epi32(_mm256_sub_epi32(_mm256_load_si256(at(lanes.cost + i)), shift),
                             _mm256_i32gather_epi32(step.longer, length, 4));
        const __m256i again = _mm256_add_epi32(_mm256_load_si256(at(lanes.open + i)), first);
        const __m256i restart = _mm256_cmpgt_epi32(on, again);
        const __m256i known = _mm256_cmpgt_epi32(distance, here);
        // An unknown place's byte is one of this row, behind or ahead: in the buffer, but no label.
        const __m256i cost = _mm256_i32gather_epi32(step.cost, label, 4);
        const __m256i c =
            _mm256_min_epi32(_mm256_add_epi32(_mm256_min_epi32(on, again),
                                              _mm256_blendv_epi8(too_much, cost, known)),
                             too_much);
        const __m256i longer = _mm256_add_epi32(_mm256_andnot_si256(restart, length), one);
        _mm256_store_si256(at(lanes.cost + i), c);
        _mm256_store_si256(at(lanes.length + i), longer);
        _mm256_store_si256(
            at(lanes.start + i),
            _mm256_blendv_epi8(_mm256_load_si256(at(lanes.start + i)), here, restart));
        const __m256i better =
            _mm256_and_si256(_mm256_cmpgt_epi32(least, c), _mm256_cmpgt_epi32(longer, two));
        least = _mm256_blendv_epi8(least, c, better);
        least_index = _mm256_blendv_epi8(least_index, index, better);
        index = _mm256_add_epi32(index, _mm256_set1_epi32(Lanes::group));
    }
    const Least lane = least_lane(least, least_index);
    return lane.squared < best.squared ? lane : best;
}

const bool has_avx2 = __builtin_cpu_supports("avx2");
#else
constexpr bool has_avx2 = false;
Least (*const measure_avx2)(const CodeTable&, const Point&, std::int32_t*, std::int32_t*) = nullptr;
Least (*const weigh_avx2)(const CodeTable&, const Least&, const std::int32_t*, const Weights&,
                          const Limits&, const std::int32_t*, std::int32_t*) = nullptr;
Least (*const advance_avx2)(Lanes&, int, int, const Step&, Least) = nullptr;
#endif

// Coarse classes of the codes: the codes farthest from one another lead them.
void group_codes(CodeTable& codes, int groups) {
    std::int32_t away[codes_max];
    std::fill(away, away + codes.k, std::numeric_limits<std::int32_t>::max());
    int leader = 0;
    for (int g = 0; g < std::min(groups, codes.k); ++g) {
        int farthest = 0;
        for (int i = 0; i < codes.k; ++i) {
            std::int32_t d = 0;
            for (std::size_t c = 0; c < 4; ++c) {
                const std::int32_t delta = codes.points[i][c] - codes.points[leader][c];
                d += delta * delta;
            }
            if (d < away[i]) {
                away[i] = d;
                codes.group[i] = static_cast<std::uint8_t>(g);
            }
            if (away[i] > away[farthest]) farthest = i;
        }
        leader = farthest;
    }
}

// -- the parse ------------------------------------------------------------------------------------

// A copy from so few places back that its labels depend on the way there: it knows its own last
// eight labels, newest lowest.
struct Near {
    std::int32_t open, cost, length, start;
    std::uint64_t trail;
};

// Nodes lie between the places of a row: node p has p places behind it.
struct Node {
    std::int32_t from;
    std::int32_t distance;  // 0: a literal
    std::int32_t length;  // of the copy, which may have begun in the row before
    std::uint64_t trail;  // the last eight labels on the way here, newest lowest
};

class Mapper {
public:
    Mapper(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
           std::span<const std::uint8_t> codebook, Space space, std::span<const std::uint16_t> mask,
           const RateOptions& options, std::span<std::uint8_t> labels)
        : pixels_(pixels),
          width_(width),
          stride_(width + 1),
          channels_(static_cast<std::size_t>(channels)),
          point_(space, channels),
          mask_(mask),
          options_(options),
          labels_(labels),
          codes_(codebook, channels, space, options.chroma),
          costs_(options.lambda, codes_.k),
          fast_(has_avx2 && !options.portable && instruction_set() != "plain") {
        group_codes(codes_, groups);
        targets_.resize(width);
        error_.assign(width + 2, Point{});
        carried_.assign(width, Point{});
        nodes_.resize(stride_ + 1);
        stream_.assign(margin + 2 * window + 8 * stride_ + margin, 0);
        head_.assign(groups * groups * groups, std::size_t{0} - 2 * window);
        back_.assign(window, 0);
        std::fill(filter_.cost, filter_.cost + codes_max, never);
        filter_.cost[0] = 0;
        for (int i = 0; i < Lanes::all; ++i) lanes_.distance[i] = 0;
        for (int r = 0; r < rows_above; ++r)
            for (int i = 0; i < Lanes::group; ++i)
                lanes_.distance[r * Lanes::group + i] =
                    static_cast<std::int32_t>(static_cast<std::size_t>(r + 1) *
                                              std::min(stride_, window)) +
                    4 - i;
    }

    // What the labels should take once deflated, in sixteenths of a bit.
    std::uint64_t run() {
        const std::size_t height = width_ ? labels_.size() / width_ : 0;
        for (std::size_t y = 0; y < height; ++y) {
            make_room(y);
            aim(y);
            if (options_.lambda == 0)
                map_nearest();
            else if (y > 0 && targets_ == targets_above_ &&
                     std::equal(mask_row_, mask_row_ + 2 * width_, mask_row_ - 2 * width_))
                repeat_row();
            else
                map_row();
            targets_above_ = targets_;
            write(y);
        }
        return options_.lambda ? bits_ / static_cast<std::uint64_t>(options_.lambda) : 0;
    }

private:
    static constexpr std::size_t margin = 16;  // so that neighbours of any place can be read

    // What each pixel of the row would best be: its own colour, and what its neighbours lack. The
    // row's own errors are those of nearest codes; how the chosen labels differ goes a row down.
    void aim(std::size_t y) {
        mask_row_ = mask_.data() + 2 * y * width_;
        Point carried{};
        alignas(32) std::int32_t squared[codes_max], chroma[codes_max];
        for (std::size_t x = 0; x < width_; ++x) {
            targets_[x] = stretch_chroma(point_(pixels_.data() + (y * width_ + x) * channels_),
                                         options_.chroma);
            if (options_.feedback || options_.dither)
                for (std::size_t c = 0; c < 4; ++c)
                    targets_[x][c] = static_cast<std::int16_t>(std::clamp(
                        targets_[x][c] + error_[x + 1][c] + carried[c], -far_out, far_out));
            if (options_.dither) {
                const Point& code = codes_.points[measure(x, squared, chroma).code];
                const int share =
                    options_.dither * std::min<int>(mask_row_[2 * x], mask_unit) / mask_unit;
                for (std::size_t c = 0; c < 4; ++c)
                    carried[c] = static_cast<std::int16_t>(
                        std::clamp(targets_[x][c] - code[c], -error_max, error_max) * share / 256);
                carried_[x] = carried;
            }
        }
    }

    // Keeps a window of labels in front of the row.
    void make_room(std::size_t y) {
        row_start_ = y * stride_;
        if (row_start_ - base_ + stride_ + 2 * margin <= stream_.size()) return;
        const std::size_t keep = row_start_ - window;
        std::memmove(stream_.data() + margin, stream_.data() + margin + (keep - base_), window);
        base_ = keep;
    }
    std::uint8_t* label_at(std::size_t at) { return stream_.data() + margin + (at - base_); }

    Least measure(std::size_t x, std::int32_t* squared, std::int32_t* chroma) const {
        return fast_ ? measure_avx2(codes_, targets_[x], squared, chroma)
                     : measure_plain(codes_, targets_[x], squared, chroma);
    }

    // What was best for the same colours a row ago is all but free again: a copy of that row.
    void repeat_row() {
        std::memcpy(label_at(row_start_), label_at(row_start_ - stride_), stride_);
        const auto distance = static_cast<std::int32_t>(stride_);
        const int copies = static_cast<int>((stride_ + max_length - 1) / max_length);
        if (stride_ <= window && carried_distance_ != distance) {
            for (int i = 0; i < copies; ++i) {
                bits_ += static_cast<std::uint64_t>(costs_.copy(max_length, stride_));
                costs_.count_copy(max_length, stride_);
            }
            carried_distance_ = distance;
            carried_length_ = max_length;
        }
        learn_row();
    }

    void map_nearest() {
        alignas(32) std::int32_t squared[codes_max], chroma[codes_max];
        std::uint8_t* row = label_at(row_start_);
        row[0] = 0;
        for (std::size_t x = 0; x < width_; ++x)
            row[x + 1] = static_cast<std::uint8_t>(measure(x, squared, chroma).code);
    }

    // An error that counts so much less may be so much larger.
    static std::int32_t allowed(std::int64_t cap, std::uint16_t weight) {
        return static_cast<std::int32_t>(
            std::min(std::min(cap, most_cap) * mask_unit / std::max<int>(weight, 1), most_cap));
    }

    // Columns are filled two ahead of the parse; equal neighbours share one.
    const Column& column(std::size_t x) const { return columns_[slot_[x & 3]]; }
    void fill_column(std::size_t x) {
        if (x && targets_[x] == targets_[x - 1] && mask_row_[2 * x] == mask_row_[2 * x - 2] &&
            mask_row_[2 * x + 1] == mask_row_[2 * x - 1]) {
            slot_[x & 3] = slot_[(x - 1) & 3];
            return;
        }
        next_slot_ = (next_slot_ + 1) & 3;  // at most three are in use
        slot_[x & 3] = next_slot_;
        Column& column = columns_[next_slot_];
        alignas(32) std::int32_t chroma[codes_max];
        const Least nearest = measure(x, column.cost, chroma);
        constexpr float scale = static_cast<float>(bit_unit) / mask_unit;
        const Weights weights{static_cast<float>(mask_row_[2 * x]) * scale,
                              static_cast<float>(mask_row_[2 * x + 1]) * scale};
        const Limits limits{allowed(options_.cap, mask_row_[2 * x]),
                            allowed(options_.chroma_cap, mask_row_[2 * x + 1])};
        const Least cheapest = fast_ ? weigh_avx2(codes_, nearest, chroma, weights, limits,
                                                  costs_.literals(), column.cost)
                                     : weigh_plain(codes_, nearest, chroma, weights, limits,
                                                   costs_.literals(), column.cost);
        column.literal = static_cast<std::uint8_t>(cheapest.code);
        column.literal_cost = cheapest.squared;
        column.group = codes_.group[cheapest.code];
    }

    void begin_row() {
        // Whole groups are within reach or not, so that no copy comes from before the stream.
        above_ = 0;
        for (std::size_t r = 1;
             r <= rows_above && r * stride_ <= row_start_ && r * stride_ + 4 <= window; ++r)
            above_ += Lanes::group;
        farthest_above_ = static_cast<std::size_t>(above_ / Lanes::group) * stride_ + 4;
        for (int i = 0; i < Lanes::all; ++i) {
            const auto d = static_cast<std::size_t>(std::max(lanes_.distance[i], 1));
            lanes_.open[i] = d <= window ? costs_.open(d) : never / 2;
            lanes_.cost[i] = never;
            lanes_.length[i] = max_length;
        }
        if (carried_distance_ > near_distances) {
            int i = 0;
            while (i < Lanes::all &&
                   (lanes_.distance[i] != carried_distance_ || (i >= above_ && i < Lanes::above)))
                ++i;
            if (i == Lanes::all) {
                i = Lanes::above;
                lanes_.distance[i] = carried_distance_;
                lanes_.open[i] = costs_.open(static_cast<std::size_t>(carried_distance_));
            }
            lanes_.cost[i] = 0;
            lanes_.length[i] = carried_length_;
            lanes_.start[i] = 0;
        }
        for (int i = 0; i < near_distances; ++i) {
            near_[i] = {costs_.open(static_cast<std::size_t>(i + 1)), never, max_length, 0,
                        last_trail_};
            if (carried_distance_ == i + 1) {
                near_[i].cost = 0;
                near_[i].length = carried_length_;
            }
        }
        nodes_[0] = {0, 0, 0, last_trail_};
        filter_.literal_cost = costs_.literal(0);
        for (std::size_t x = 0; x < std::min<std::size_t>(2, width_); ++x) fill_column(x);
    }

    Least advance(int from, int to, const Step& step, Least best) {
        return fast_ ? advance_avx2(lanes_, from, to, step, best)
                     : advance_plain(lanes_, from, to, step, best);
    }

    void map_row() {
        begin_row();
        const std::int32_t first = costs_.longer()[0];
        shift_ = 0;
        for (std::size_t p = 0; p < stride_; ++p) {
            const Column* at = &filter_;
            if (p > 0) {
                if (p + 1 < width_) {
                    fill_column(p + 1);
                    find_copies(p - 1);
                }
                at = &column(p - 1);
            }
            const Step step{at->cost, costs_.longer(), label_at(row_start_ + p), shift_,
                            static_cast<std::int32_t>(p)};
            Least best{at->literal_cost, -1};  // a literal; then lanes; then the near copies
            best = advance(0, above_, step, best);
            best = advance(Lanes::above, Lanes::all, step, best);
            if (row_start_ + p >= near_distances)
                for (int i = 0; i < near_distances; ++i) {
                    Near& copy = near_[i];
                    const std::int32_t on = copy.cost - shift_ + step.longer[copy.length];
                    const std::int32_t again = copy.open + first;
                    if (again < on) {
                        copy.length = 0;
                        copy.start = step.here;
                        copy.trail = nodes_[p].trail;
                    }
                    const auto label = static_cast<std::uint8_t>(copy.trail >> (8 * i));
                    copy.trail = copy.trail << 8 | label;
                    copy.cost = std::min(std::min(on, again) + step.cost[label], never);
                    ++copy.length;
                    if (copy.length >= 3 && copy.cost < best.squared)
                        best = {copy.cost, Lanes::all + i};
                }
            Node& next = nodes_[p + 1];
            if (best.code < 0) {
                next = {step.here, 0, 1, nodes_[p].trail << 8 | at->literal};
            } else if (best.code >= Lanes::all) {
                const Near& copy = near_[best.code - Lanes::all];
                next = {copy.start, best.code - Lanes::all + 1, copy.length, copy.trail};
            } else {
                const std::int32_t start = lanes_.start[best.code],
                                   distance = lanes_.distance[best.code];
                std::uint64_t trail = nodes_[static_cast<std::size_t>(start)].trail;
                for (int i = std::min(step.here - start, 7); i >= 0; --i)
                    trail = trail << 8 | step.source[-distance - i];
                next = {start, distance, lanes_.length[best.code], trail};
            }
            shift_ = best.squared;
        }
        commit();
    }

    // Where three pixels of such classes are looked up.
    static std::size_t key(std::size_t a, std::size_t b, std::size_t c) {
        return (a * groups + b) * groups + c;
    }

    // Adds lanes for the places of like colours from where a copy of three would already pay.
    void find_copies(std::size_t x) {
        const Column &c0 = column(x), &c1 = column(x + 1), &c2 = column(x + 2);
        const std::size_t here = row_start_ + 1 + x;
        const std::size_t last = head_[key(c0.group, c1.group, c2.group)];
        const std::int32_t literals =
            c0.literal_cost + c1.literal_cost + c2.literal_cost - costs_.longer()[0];
        std::size_t above = stride_ + 4;  // the furthest distance of the group of lanes now passed
        std::size_t distance = here - last;
        for (int depth = options_.chain; depth > 0 && distance < window; --depth) {
            while (distance > above) above += stride_;
            if (distance + Lanes::group <= above || above > farthest_above_) {
                const std::uint8_t* label = label_at(here - distance);
                const std::int32_t three =
                    c0.cost[label[0]] + c1.cost[label[1]] + c2.cost[label[2]];
                if (three < literals && three + costs_.open(distance) < literals)
                    add_found(static_cast<std::int32_t>(distance));
            }
            const std::size_t further = back_[(here - distance) % window];
            if (further == 0) break;
            distance += further;
        }
    }

    void add_found(std::int32_t distance) {
        bool there = false;
        for (int i = Lanes::above; i < Lanes::all; ++i) there |= lanes_.distance[i] == distance;
        if (there) return;
        int worst = Lanes::above;
        for (int i = Lanes::above + 1; i < Lanes::all; ++i)
            if (lanes_.cost[i] > lanes_.cost[worst]) worst = i;
        lanes_.distance[worst] = distance;
        lanes_.open[worst] = costs_.open(static_cast<std::size_t>(distance));
        lanes_.cost[worst] = never;
        lanes_.length[worst] = max_length;
    }

    // Writes the cheapest way through the row, and learns from it.
    void commit() {
        path_.clear();
        for (auto p = static_cast<std::int32_t>(stride_); p > 0;
             p = nodes_[static_cast<std::size_t>(p)].from)
            path_.push_back(p);
        std::uint8_t* row = label_at(row_start_);
        for (std::size_t i = path_.size(); i-- > 0;) {
            const Node& node = nodes_[static_cast<std::size_t>(path_[i])];
            carried_distance_ = node.distance;
            carried_length_ = node.length;
            if (node.distance == 0) {
                row[node.from] = static_cast<std::uint8_t>(node.trail);
                bits_ += static_cast<std::uint64_t>(costs_.literal(row[node.from]));
                costs_.count_literal(row[node.from]);
            } else {
                for (std::int32_t p = node.from; p < path_[i]; ++p) row[p] = row[p - node.distance];
                bits_ += static_cast<std::uint64_t>(
                    costs_.copy(node.length, static_cast<std::size_t>(node.distance)));
                costs_.count_copy(node.length, static_cast<std::size_t>(node.distance));
            }
        }
        last_trail_ = nodes_[stride_].trail;
        costs_.decay(stride_);
        learn_row();
    }

    // Files the row's places under their classes.
    void learn_row() {
        const std::uint8_t* row = label_at(row_start_);
        for (std::size_t x = 1; x + 2 < stride_; ++x) {
            std::size_t& head = head_[key(codes_.group[row[x]], codes_.group[row[x + 1]],
                                          codes_.group[row[x + 2]])];
            const std::size_t at = row_start_ + x, back = at - head;
            back_[at % window] = static_cast<std::uint16_t>(back < window ? back : 0);
            head = at;
        }
    }

    void write(std::size_t y) {
        const std::uint8_t* row = label_at(row_start_ + 1);
        std::copy(row, row + width_, labels_.begin() + static_cast<std::ptrdiff_t>(y * width_));
        if (!options_.feedback && !options_.dither) return;
        std::fill(error_.begin(), error_.end(), Point{});
        for (std::size_t x = 0; x < width_; ++x)
            for (std::size_t c = 0; c < 4; ++c) {
                const int error =
                    std::clamp(targets_[x][c] - codes_.points[row[x]][c], -error_max, error_max);
                int down = error * options_.feedback / 256;
                if (options_.dither) {
                    const int share =
                        options_.dither * std::min<int>(mask_row_[2 * x], mask_unit) / mask_unit;
                    down += error * share / 256 - carried_[x][c];
                }
                const int side = down / 3;
                error_[x][c] = static_cast<std::int16_t>(error_[x][c] + side);
                error_[x + 1][c] = static_cast<std::int16_t>(error_[x + 1][c] + down - 2 * side);
                error_[x + 2][c] = static_cast<std::int16_t>(error_[x + 2][c] + side);
            }
    }

    std::span<const std::uint8_t> pixels_;
    std::size_t width_, stride_, channels_;
    PointCache point_;
    std::span<const std::uint16_t> mask_;
    RateOptions options_;
    std::span<std::uint8_t> labels_;
    CodeTable codes_;
    Costs costs_;
    bool fast_;

    std::vector<Point> targets_, targets_above_, error_, carried_;
    const std::uint16_t* mask_row_ = nullptr;

    std::vector<std::uint8_t> stream_;  // labels, and the filter byte that leads each row
    std::size_t base_ = 0, row_start_ = 0;

    Column columns_[4];
    Column filter_{};
    std::uint8_t slot_[4] = {}, next_slot_ = 0;

    Lanes lanes_{};
    int above_ = 0;  // how many lanes in front are within reach
    std::size_t farthest_above_ = 0;
    Near near_[near_distances];
    std::int32_t shift_ = 0;
    std::vector<Node> nodes_;
    std::vector<std::int32_t> path_;
    std::vector<std::size_t> head_;  // the last place of each key, far off before there is any
    std::vector<std::uint16_t> back_;  // how far back the one before is; 0: out of reach
    std::int32_t carried_distance_ = 0, carried_length_ = 0;
    std::uint64_t last_trail_ = 0;
    std::uint64_t bits_ = 0;  // times lambda and bit_unit
};

}  // namespace

std::uint64_t rate_aware(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                         std::span<const std::uint8_t> codebook, Space space,
                         std::span<const std::uint16_t> mask, const RateOptions& options,
                         std::span<std::uint8_t> labels /* OUT */) {
    return Mapper(pixels, width, channels, codebook, space, mask, options, labels).run();
}

}  // namespace huepress
