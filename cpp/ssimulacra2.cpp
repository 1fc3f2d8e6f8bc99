#include "ssimulacra2.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "parallel.hpp"

#if defined(__GNUC__) || defined(__clang__)
#define HUEPRESS_INLINE inline __attribute__((always_inline))
#else
#define HUEPRESS_INLINE inline
#endif
#if defined(__x86_64__) && defined(__GNUC__)
#define HUEPRESS_AVX2 __attribute__((target("avx2")))
#endif
#if defined(_MSC_VER) && !defined(__clang__)
#define HUEPRESS_RESTRICT __restrict
#else
#define HUEPRESS_RESTRICT __restrict__
#endif

namespace huepress {
namespace {

using In = const float* HUEPRESS_RESTRICT;
using Out = float* HUEPRESS_RESTRICT;

constexpr int max_scales = 6;
constexpr int least_side = 8;
constexpr float c2 = 0.0009f;

// Gaussian of sigma 1.5, cut at 5 and normalised. libjxl approximates it by a recursive filter.
constexpr int radius = 5;
constexpr int window = 2 * radius + 1;
constexpr float taps[radius + 1] = {0.2660117248617943f,   0.21300553771125366f,  0.1093606895097f,
                                    0.03600077212843082f,  0.007598758135239184f, 0.0010283800844791099f};

// For each channel (X, Y, B), scale (1:1 to 1:32) and norm (mean, 4-norm): the weights of structural
// error, of edges gained, and of edges lost.
constexpr double weights[108] = {
    0.0, 0.0007376606707406586, 0.0,
    0.0, 0.0007793481682867309, 0.0,
    0.0, 0.0004371155730107379, 0.0,
    1.1041726426657346, 0.00066284834129271, 0.00015231632783718752,
    0.0, 0.0016406437456599754, 0.0,
    1.8422455520539298, 11.441172603757666, 0.0,
    0.0007989109436015163, 0.000176816438078653, 0.0,
    1.8787594979546387, 10.94906990605142, 0.0,
    0.0007289346991508072, 0.9677937080626833, 0.0,
    0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053,
    0.0004550992113792063, 0.0, 0.0,
    0.0013648766163243398, 0.0, 0.0,

    0.0, 0.0, 0.0,
    7.466890328078848, 0.0, 17.445833984131262,
    0.0006235601634041466, 0.0, 0.0,
    6.683678146179332, 0.00037724407979611296, 1.027889937768264,
    225.20515300849274, 0.0, 0.0,
    19.213238186143016, 0.0011401524586618361, 0.001237755635509985,
    176.39317598450694, 0.0, 0.0,
    24.43300999870476, 0.28520802612117757, 0.0004485436923833408,
    0.0, 0.0, 0.0,
    34.77906344483772, 44.835625328877896, 0.0,
    0.0, 0.0, 0.0,
    0.0, 0.0, 0.0,

    0.0, 0.0, 0.0008680556573291698,
    0.0, 0.0, 0.0,
    0.0, 0.0005313191874358747, 0.0,
    0.00016533814161379112, 0.0, 0.0,
    0.0, 0.0, 0.0,
    0.0004179171803251336, 0.0017290828234722833, 0.0,
    0.0020827005846636437, 0.0, 0.0,
    8.826982764996862, 23.19243343998926, 0.0,
    95.1080498811086, 0.9863978034400682, 0.9834382792465353,
    0.0012286405048278493, 171.2667255897307, 0.9807858872435379,
    0.0, 0.0, 0.0,
    0.0005130064588990679, 0.0, 0.00010854057858411537};

enum Norm { ssim_mean, gained_mean, lost_mean, ssim_4, gained_4, lost_4 };

// With fewer than six scales the reference implementations still read the weights in sequence, so
// that the channels of small images take weights meant for others. Scores agree with them.
const double* weights_of(int channel, int scale, int scales) { return weights + (channel * scales + scale) * 6; }

// Which maps have any weight; the others are not computed.
struct Needs {
    bool ssim[3], edges[3];
};

Needs needs_of(int scale, int scales) {
    Needs needs{};
    for (int c = 0; c < 3; ++c) {
        const double* w = weights_of(c, scale, scales);
        needs.ssim[c] = w[ssim_mean] != 0 || w[ssim_4] != 0;
        needs.edges[c] = w[gained_mean] != 0 || w[gained_4] != 0 || w[lost_mean] != 0 || w[lost_4] != 0;
    }
    return needs;
}

int scale_count(int height, int width) {
    int scales = 1;
    while (scales < max_scales) {
        height = (height + 1) / 2;
        width = (width + 1) / 2;
        if (std::min(height, width) < least_side) break;
        ++scales;
    }
    return scales;
}

// x^(1/5) in (0, 1]: Newton from above, in plain operations.
double fifth_root(double x) {
    double root = 1;
    for (int i = 0; i < 60; ++i) root -= (root - x / (root * root * root * root)) / 5;
    return root;
}

// IEC 61966-2-1: the linear light of each sRGB level.
const std::array<float, 256>& linear_table() {
    static const std::array<float, 256> table = [] {
        std::array<float, 256> levels{};
        for (int i = 0; i < 256; ++i) {
            const double v = i / 255.0;
            const double s = (v + 0.055) / 1.055;
            levels[static_cast<std::size_t>(i)] = static_cast<float>(v <= 0.04045 ? v / 12.92 : s * s * fifth_root(s * s));
        }
        return levels;
    }();
    return table;
}

// x^(1/3) in [2^-9, 2]. Newton on x^(-1/3), which needs no division, from the halved-exponent guess.
HUEPRESS_INLINE float cube_root(float x) {
    const auto bits = static_cast<float>(std::bit_cast<std::int32_t>(x));
    float y = std::bit_cast<float>(0x54a21d2a - static_cast<std::int32_t>(bits * (1.0f / 3)));
    const float third = x * (1.0f / 3);
    for (int i = 0; i < 3; ++i) y = y * ((4.0f / 3) - third * (y * y * y));
    return x * (y * y);
}

// libjxl's opsin absorbance, then the offsets that bring all three near [0, 1].
HUEPRESS_INLINE void xyb_of(float r, float g, float b, float& x, float& y, float& z) {
    constexpr float bias = 0.0037930732552754493f, root_of_bias = 0.15595420054924863f;
    const float l = cube_root(0.30f * r + (1 - 0.078f - 0.30f) * g + 0.078f * b + bias);
    const float m = cube_root(0.23f * r + (1 - 0.078f - 0.23f) * g + 0.078f * b + bias);
    const float s = cube_root(0.24342268924547819f * r + 0.20476744424496821f * g +
                              (1 - 0.24342268924547819f - 0.20476744424496821f) * b + bias);
    const float luma = 0.5f * (l + m) - root_of_bias;
    x = 7.0f * (l - m) + 0.42f;
    y = luma + 0.01f;
    z = (s - root_of_bias) - luma + 0.55f;
}

HUEPRESS_INLINE void xyb_row(In r, In g, In b, Out x, Out y, Out z, int n) {
    for (int i = 0; i < n; ++i) xyb_of(r[i], g[i], b[i], x[i], y[i], z[i]);
}

HUEPRESS_INLINE void blur_along(In in, Out out, int n) {
    for (int i = 0; i < n; ++i)
        out[i] = taps[0] * in[i + 5] + taps[1] * (in[i + 4] + in[i + 6]) + taps[2] * (in[i + 3] + in[i + 7]) +
                 taps[3] * (in[i + 2] + in[i + 8]) + taps[4] * (in[i + 1] + in[i + 9]) + taps[5] * (in[i] + in[i + 10]);
}

HUEPRESS_INLINE void blur_across(const float* const* rows, Out out, int n) {
    In r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5], r6 = rows[6], r7 = rows[7],
       r8 = rows[8], r9 = rows[9], r10 = rows[10];
    for (int i = 0; i < n; ++i)
        out[i] = taps[0] * r5[i] + taps[1] * (r4[i] + r6[i]) + taps[2] * (r3[i] + r7[i]) + taps[3] * (r2[i] + r8[i]) +
                 taps[4] * (r1[i] + r9[i]) + taps[5] * (r0[i] + r10[i]);
}

HUEPRESS_INLINE void square(In in, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = in[i] * in[i];
}

HUEPRESS_INLINE void squared_difference(In a, In b, Out out, int n) {
    for (int i = 0; i < n; ++i) {
        const float e = a[i] - b[i];
        out[i] = e * e;
    }
}

HUEPRESS_INLINE void variance(In squares, In mean, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = squares[i] - mean[i] * mean[i];
}

HUEPRESS_INLINE void edge(In raw, In mean, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = std::fabs(raw[i] - mean[i]);
}

// Fourth powers are taken of errors times 2^20: those of tiny errors would be denormal, thus slow.
constexpr float lift = 1048576.0f;
constexpr double lift_4 = 0x1p80;

// max(d, 0), exactly, in a form that every compiler vectorises.
HUEPRESS_INLINE float above_zero(float d) { return 0.5f * (d + std::fabs(d)); }

// 1 - (1 - q) (2 cov + c2) / (var + var + c2), rearranged: the variance of the difference, which is
// small where the images agree, is blurred itself instead of left over from two large numbers, so
// that float is enough and equal images give exactly 0.
HUEPRESS_INLINE void add_ssim(In mean_a, In variance_a, In mean_b, In squares_b, In squared_difference, Out sum,
                              Out sum_4, int n) {
    for (int i = 0; i < n; ++i) {
        const float gap = mean_a[i] - mean_b[i];
        const float q = gap * gap;
        const float t = squared_difference[i] - q;
        const float v = variance_a[i] + (squares_b[i] - mean_b[i] * mean_b[i]) + c2;
        const float d = (t + q * (v - t)) / v;
        const float error = above_zero(d);
        const float lifted = error * lift;
        const float lifted_2 = lifted * lifted;
        sum[i] += error;
        sum_4[i] += lifted_2 * lifted_2;
    }
}

HUEPRESS_INLINE void add_edges(In edge_a, In edge_b, Out gained, Out gained_4, Out lost, Out lost_4, int n) {
    for (int i = 0; i < n; ++i) {
        const float d = (edge_b[i] - edge_a[i]) / (1.0f + edge_a[i]);
        const float more = above_zero(d);
        const float less = above_zero(-d);
        const float more_2 = (more * lift) * (more * lift);
        const float less_2 = (less * lift) * (less * lift);
        gained[i] += more;
        gained_4[i] += more_2 * more_2;
        lost[i] += less;
        lost_4[i] += less_2 * less_2;
    }
}

// Linear light and XYB of a code.
struct Code {
    float light[3], xyb[3];
};

// One scale of an image: bytes, or labels into codes, at full size, and planes of light below.
struct Source {
    int height, width;
    const std::uint8_t* rgb = nullptr;
    const Code* codes = nullptr;
    const std::uint8_t* labels_8 = nullptr;
    const std::uint16_t* labels_16 = nullptr;
    const float* light = nullptr;

    std::size_t at(int y, int x) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
    }
    std::size_t pixels() const { return at(height, 0); }
    const Code& code(std::size_t i) const { return codes[labels_8 ? labels_8[i] : labels_16[i]]; }
};

template <class Label>
HUEPRESS_INLINE void decode_row(const Code* codes, const Label* labels, Out x, Out y, Out z, int n) {
    for (int i = 0; i < n; ++i) {
        const Code& code = codes[labels[i]];
        x[i] = code.xyb[0];
        y[i] = code.xyb[1];
        z[i] = code.xyb[2];
    }
}

HUEPRESS_INLINE void read_row(const Source& source, int y, int x0, int n, float* const* light, float* const* xyb) {
    const std::size_t at = source.at(y, x0);
    if (source.codes) {
        if (source.labels_8)
            decode_row(source.codes, source.labels_8 + at, xyb[0], xyb[1], xyb[2], n);
        else
            decode_row(source.codes, source.labels_16 + at, xyb[0], xyb[1], xyb[2], n);
        return;
    }
    if (source.light) {
        const std::size_t plane = source.at(source.height, 0);
        xyb_row(source.light + at, source.light + plane + at, source.light + 2 * plane + at, xyb[0], xyb[1], xyb[2], n);
        return;
    }
    const auto& table = linear_table();
    const std::uint8_t* rgb = source.rgb + 3 * at;
    for (int i = 0; i < n; ++i)
        for (int c = 0; c < 3; ++c) light[c][i] = table[rgb[3 * i + c]];
    xyb_row(light[0], light[1], light[2], xyb[0], xyb[1], xyb[2], n);
}

// A scale is cut into tiles. Each column of a tile adds up in float over its few rows, columns and
// tiles then in double from left to right and top to bottom: tiles are part of the definition, and
// lanes and threads are not.
constexpr int tile_height = 128;
constexpr int tile_width = 1024;

struct Tile {
    int scale, y0, y1, x0, x1;
};

using Sums = std::array<std::array<double, 6>, 3>;

enum Map { blurred_b, blurred_bb, blurred_dd, blurred_a, blurred_aa, maps };

// Rows of one worker, all with zeros around: the definition pads with zeros to the left and right
// (and reflects at top and bottom).
struct Scratch {
    std::vector<float> memory;
    std::size_t pitch = 0;

    static constexpr int rings = 3 * (2 + maps);      // raw rows of both images, and the maps, a channel
    static constexpr int rows = rings * window + 32;  // and what follows

    void fit(int width) {
        pitch = (static_cast<std::size_t>(width) + 2 * radius + 15) / 16 * 16;
        memory.assign(static_cast<std::size_t>(rows) * pitch, 0.0f);
    }
    float* ring(int which, int slot) { return memory.data() + static_cast<std::size_t>(which * window + slot) * pitch; }
    float* row(int which) { return memory.data() + static_cast<std::size_t>(rings * window + which) * pitch; }
    float* raw(int image, int channel, int slot) { return ring(image * 3 + channel, slot); }
    float* map(int which, int channel, int slot) { return ring(6 + which * 3 + channel, slot); }
};

// What a scale of the original contributes, as planes: mean, variance and raw value of a channel
// whose structure counts, the edge of one where only edges do.
struct Features {
    int offset[3];
    int count = 0;

    explicit Features(const Needs& needs) {
        for (int c = 0; c < 3; ++c) {
            offset[c] = count;
            count += needs.ssim[c] ? 3 : needs.edges[c] ? 1 : 0;
        }
    }
};

struct Job {
    Source a, b;          // a.rgb and a.light null: read features instead
    Needs needs;
    float* write = nullptr;       // planes to write the features of a to, and nothing else
    const float* read = nullptr;  // planes to read them from
};

int reflect(int y, int height) { return y < 0 ? -1 - y : y >= height ? 2 * height - 1 - y : y; }

HUEPRESS_INLINE void process(const Job& job, const Tile& tile, Scratch& scratch, Sums& sums) {
    const Needs& needs = job.needs;
    const Features features(needs);
    const Source& size = job.write ? job.a : job.b;
    const std::size_t plane = size.at(size.height, 0);
    const int n = tile.x1 - tile.x0;
    const int left = std::min(radius, tile.x0), right = std::min(radius, size.width - tile.x1);
    const int shift = radius - left, wide = n + left + right, padded = n + 2 * radius;
    scratch.fit(n);
    float* const light[3] = {scratch.row(0), scratch.row(1), scratch.row(2)};
    float* const product = scratch.row(3);
    float* const mean_b = scratch.row(4);
    float* const squares_b = scratch.row(5);
    float* const difference = scratch.row(6);
    float* const edge_b = scratch.row(7);
    float* const own_mean_a = scratch.row(8);
    float* const own_variance_a = scratch.row(9);
    float* const own_edge_a = scratch.row(10);
    const auto sum_row = [&](int c, int norm) { return scratch.row(11 + c * 6 + norm); };

    for (int in = tile.y0 - radius; in < tile.y1 + radius; ++in) {
        const int slot = (in - tile.y0 + radius) % window;
        const int y = reflect(in, size.height);
        float* raw_a[3];
        float* raw_b[3];
        float* inner[3];
        for (int c = 0; c < 3; ++c) {
            raw_a[c] = scratch.raw(0, c, slot);
            raw_b[c] = scratch.raw(1, c, slot);
            inner[c] = raw_a[c] + shift;
        }
        if (!job.read) {
            read_row(job.a, y, tile.x0 - left, wide, light, inner);
            for (int c = 0; c < 3; ++c) {
                if (needs.ssim[c] || needs.edges[c]) blur_along(raw_a[c], scratch.map(blurred_a, c, slot), n);
                if (!needs.ssim[c]) continue;
                square(raw_a[c], product, padded);
                blur_along(product, scratch.map(blurred_aa, c, slot), n);
            }
        }
        if (!job.write) {
            for (int c = 0; c < 3; ++c) inner[c] = raw_b[c] + shift;
            read_row(job.b, y, tile.x0 - left, wide, light, inner);
            for (int c = 0; c < 3; ++c) {
                if (needs.ssim[c] || needs.edges[c]) blur_along(raw_b[c], scratch.map(blurred_b, c, slot), n);
                if (!needs.ssim[c]) continue;
                square(raw_b[c], product, padded);
                blur_along(product, scratch.map(blurred_bb, c, slot), n);
                if (job.read) {
                    const float* raw = job.read + static_cast<std::size_t>(features.offset[c] + 2) * plane;
                    squared_difference(raw + size.at(y, tile.x0 - left), raw_b[c] + shift, product + shift, wide);
                    std::fill(product, product + shift, 0.0f);
                    std::fill(product + shift + wide, product + padded, 0.0f);
                } else {
                    squared_difference(raw_a[c], raw_b[c], product, padded);
                }
                blur_along(product, scratch.map(blurred_dd, c, slot), n);
            }
        }

        const int out = in - radius;
        if (out < tile.y0) continue;
        const int centre = (out - tile.y0 + radius) % window;
        const std::size_t at = size.at(out, tile.x0);
        const auto across = [&](int which, int c, float* row) {
            const float* rows[window];
            for (int i = 0; i < window; ++i) rows[i] = scratch.map(which, c, (out - tile.y0 + i) % window);
            blur_across(rows, row, n);
        };
        for (int c = 0; c < 3; ++c) {
            if (!needs.ssim[c] && !needs.edges[c]) continue;
            const float* mean_a = own_mean_a;
            const float* variance_a = own_variance_a;
            const float* edge_a = own_edge_a;
            const std::size_t first = static_cast<std::size_t>(features.offset[c]) * plane + at;
            if (job.read) {
                mean_a = job.read + first;
                variance_a = job.read + first + plane;
                if (needs.ssim[c] && needs.edges[c])
                    edge(job.read + first + 2 * plane, mean_a, own_edge_a, n);
                else
                    edge_a = job.read + first;
            } else {
                across(blurred_a, c, own_mean_a);
                const float* raw = scratch.raw(0, c, centre) + radius;
                edge(raw, own_mean_a, own_edge_a, n);
                if (needs.ssim[c]) {
                    across(blurred_aa, c, product);
                    variance(product, own_mean_a, own_variance_a, n);
                }
                if (job.write) {
                    if (needs.ssim[c]) {
                        std::copy(own_mean_a, own_mean_a + n, job.write + first);
                        std::copy(own_variance_a, own_variance_a + n, job.write + first + plane);
                        std::copy(raw, raw + n, job.write + first + 2 * plane);
                    } else {
                        std::copy(own_edge_a, own_edge_a + n, job.write + first);
                    }
                    continue;
                }
            }
            across(blurred_b, c, mean_b);
            if (needs.ssim[c]) {
                across(blurred_bb, c, squares_b);
                across(blurred_dd, c, difference);
                add_ssim(mean_a, variance_a, mean_b, squares_b, difference, sum_row(c, ssim_mean), sum_row(c, ssim_4), n);
            }
            if (needs.edges[c]) {
                edge(scratch.raw(1, c, centre) + radius, mean_b, edge_b, n);
                add_edges(edge_a, edge_b, sum_row(c, gained_mean), sum_row(c, gained_4), sum_row(c, lost_mean),
                          sum_row(c, lost_4), n);
            }
        }
    }
    for (int c = 0; c < 3; ++c)
        for (int norm = 0; norm < 6; ++norm) {
            const float* row = sum_row(c, norm);
            double sum = 0;
            for (int i = 0; i < n; ++i) sum += row[i];
            sums[static_cast<std::size_t>(c)][static_cast<std::size_t>(norm)] = sum;
        }
}

void process_anywhere(const Job& job, const Tile& tile, Scratch& scratch, Sums& sums) {
    process(job, tile, scratch, sums);
}

#ifdef HUEPRESS_AVX2
HUEPRESS_AVX2 void process_avx2(const Job& job, const Tile& tile, Scratch& scratch, Sums& sums) {
    process(job, tile, scratch, sums);
}
#endif

auto best_process() {
#ifdef HUEPRESS_AVX2
    if (__builtin_cpu_supports("avx2")) return process_avx2;
#endif
    return process_anywhere;
}

// Every scale's tiles at once; sums has an element a tile, in order.
std::vector<Tile> tiles_of(const std::vector<Job>& jobs) {
    std::vector<Tile> tiles;
    for (std::size_t scale = 0; scale < jobs.size(); ++scale) {
        const Source& size = jobs[scale].write ? jobs[scale].a : jobs[scale].b;
        for (int y = 0; y < size.height; y += tile_height)
            for (int x = 0; x < size.width; x += tile_width)
                tiles.push_back({static_cast<int>(scale), y, std::min(y + tile_height, size.height), x,
                                 std::min(x + tile_width, size.width)});
    }
    return tiles;
}

std::vector<Sums> run(const std::vector<Job>& jobs, const std::vector<Tile>& tiles, unsigned threads) {
    static const auto best = best_process();
    std::vector<Sums> sums(tiles.size());
    std::vector<Scratch> scratch(worker_count(threads));
    for_each_block(tiles.size(), threads, [&](std::size_t i, std::size_t worker) {
        best(jobs[static_cast<std::size_t>(tiles[i].scale)], tiles[i], scratch[worker], sums[i]);
    });
    return sums;
}

// Light of a row of a source, in three rows that lie `pitch` apart.
void light_row(const Source& source, int y, float* out, std::size_t pitch) {
    const std::size_t at = source.at(y, 0), n = static_cast<std::size_t>(source.width);
    if (source.light) {
        for (std::size_t c = 0; c < 3; ++c) {
            const float* row = source.light + c * source.pixels() + at;
            std::copy(row, row + n, out + c * pitch);
        }
    } else if (source.codes) {
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t c = 0; c < 3; ++c) out[c * pitch + i] = source.code(at + i).light[c];
    } else {
        const auto& table = linear_table();
        const std::uint8_t* rgb = source.rgb + 3 * at;
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t c = 0; c < 3; ++c) out[c * pitch + i] = table[rgb[3 * i + c]];
    }
}

// Means of 2 by 2, or of what is left of them at the right and bottom.
Ssimulacra2::Linear halve(const Source& source, unsigned threads) {
    const int height = (source.height + 1) / 2, width = (source.width + 1) / 2;
    const std::size_t w = static_cast<std::size_t>(width), plane = static_cast<std::size_t>(height) * w;
    Ssimulacra2::Linear half{height, width, std::vector<float>(3 * plane)};
    constexpr int rows_a_block = 32;
    const auto blocks = static_cast<std::size_t>((height + rows_a_block - 1) / rows_a_block);
    for_each_block(blocks, threads, [&](std::size_t block, std::size_t) {
        std::vector<float> rows(2 * 3 * 2 * w);
        float* const upper = rows.data();
        float* const lower = upper + 3 * 2 * w;
        const int first = static_cast<int>(block) * rows_a_block;
        for (int y = first; y < std::min(first + rows_a_block, height); ++y) {
            light_row(source, 2 * y, upper, 2 * w);
            light_row(source, std::min(2 * y + 1, source.height - 1), lower, 2 * w);
            for (std::size_t c = 0; c < 3; ++c) {
                float* const u = upper + c * 2 * w;
                float* const l = lower + c * 2 * w;
                if (source.width % 2) {
                    u[2 * w - 1] = u[2 * w - 2];
                    l[2 * w - 1] = l[2 * w - 2];
                }
                float* HUEPRESS_RESTRICT out = half.light.data() + c * plane + static_cast<std::size_t>(y) * w;
                for (std::size_t x = 0; x < w; ++x)
                    out[x] = ((u[2 * x] + l[2 * x]) + (u[2 * x + 1] + l[2 * x + 1])) * 0.25f;
            }
        }
    });
    return half;
}

std::vector<Ssimulacra2::Linear> pyramid_of(const Source& full, unsigned threads) {
    const int scales = scale_count(full.height, full.width);
    std::vector<Ssimulacra2::Linear> pyramid;
    Source source = full;
    for (int scale = 1; scale < scales; ++scale) {
        pyramid.push_back(halve(source, threads));
        const auto& last = pyramid.back();
        source = Source{last.height, last.width};
        source.light = last.light.data();
    }
    return pyramid;
}

Source source_of(const Source& full, const std::vector<Ssimulacra2::Linear>& pyramid, std::size_t scale) {
    if (scale == 0) return full;
    Source source{pyramid[scale - 1].height, pyramid[scale - 1].width};
    source.light = pyramid[scale - 1].light.data();
    return source;
}

// 2^x for |x| < 1000 and log2(x) for x > 0, to about 1e-15, in plain operations.
double exp2_of(double x) {
    const double whole = std::floor(x + 0.5);
    const double z = (x - whole) * 0.6931471805599453;
    double term = 1, sum = 1;
    for (int i = 1; i < 18; ++i) {
        term *= z / i;
        sum += term;
    }
    return std::ldexp(sum, static_cast<int>(whole));
}

double log2_of(double x) {
    int exponent;
    double m = std::frexp(x, &exponent);
    if (m < 0.7071067811865476) {
        m *= 2;
        --exponent;
    }
    const double z = (m - 1) / (m + 1), z2 = z * z;
    double power = z, sum = 0;
    for (int i = 1; i < 50; i += 2) {
        sum += power / i;
        power *= z2;
    }
    return exponent + 2 * sum * 1.4426950408889634;
}

double final_score(const std::vector<Job>& jobs, const std::vector<Tile>& tiles, const std::vector<Sums>& sums) {
    const int scales = static_cast<int>(jobs.size());
    std::vector<Sums> totals(jobs.size(), Sums{});
    for (std::size_t i = 0; i < tiles.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t norm = 0; norm < 6; ++norm)
                totals[static_cast<std::size_t>(tiles[i].scale)][c][norm] += sums[i][c][norm];
    double error = 0;
    for (int c = 0; c < 3; ++c)
        for (int scale = 0; scale < scales; ++scale) {
            const auto& source = jobs[static_cast<std::size_t>(scale)].b;
            const double pixels = static_cast<double>(source.height) * source.width;
            const auto& total = totals[static_cast<std::size_t>(scale)][static_cast<std::size_t>(c)];
            const double* w = weights_of(c, scale, scales);
            for (std::size_t norm = 0; norm < 6; ++norm)
                error += w[norm] * (norm < 3 ? total[norm] / pixels
                                             : std::sqrt(std::sqrt(total[norm] / pixels / lift_4)));
        }
    error *= 0.9562382616834844;
    error = 2.326765642916932 * error - 0.020884521182843837 * error * error +
            6.248496625763138e-05 * error * error * error;
    if (!(error > 0)) return 100;
    const double score = 100 - 10 * exp2_of(0.6276336467831387 * log2_of(error));
    return std::floor(score * 1e4 + 0.5) / 1e4;
}

constexpr std::array<int, 3> backgrounds = {0, 128, 255};

std::uint8_t composed(int channel, int alpha, int background) {
    return static_cast<std::uint8_t>((channel * alpha + background * (255 - alpha) + 127) / 255);
}

std::vector<std::uint8_t> compose(std::span<const std::uint8_t> bytes, int channels, int background) {
    if (channels == 3) return {bytes.begin(), bytes.end()};
    std::vector<std::uint8_t> rgb(bytes.size() / 4 * 3);
    for (std::size_t i = 0; i < bytes.size() / 4; ++i)
        for (std::size_t c = 0; c < 3; ++c) rgb[3 * i + c] = composed(bytes[4 * i + c], bytes[4 * i + 3], background);
    return rgb;
}

bool opaque(std::span<const std::uint8_t> bytes, int channels) {
    if (channels == 3) return true;
    int all = 255;
    for (std::size_t i = 3; i < bytes.size(); i += 4) all &= bytes[i];
    return all == 255;
}

// Sides under 8 grow to 8 by repeating the border; a no-op otherwise.
template <class T>
std::vector<T> extend(std::span<const T> in, int height, int width, int channels) {
    const int tall = std::max(height, least_side), wide = std::max(width, least_side);
    std::vector<T> out;
    out.reserve(static_cast<std::size_t>(tall) * static_cast<std::size_t>(wide * channels));
    for (int y = 0; y < tall; ++y)
        for (int x = 0; x < wide; ++x) {
            const int from_y = std::clamp(y - (tall - height) / 2, 0, height - 1);
            const int from_x = std::clamp(x - (wide - width) / 2, 0, width - 1);
            for (int c = 0; c < channels; ++c)
                out.push_back(in[(static_cast<std::size_t>(from_y) * static_cast<std::size_t>(width) +
                                  static_cast<std::size_t>(from_x)) *
                                     static_cast<std::size_t>(channels) +
                                 static_cast<std::size_t>(c)]);
        }
    return out;
}

std::size_t scale_pixels(const Source& source) { return source.at(source.height, 0); }

double score_source(const Ssimulacra2::Reference& reference, const Source& other, unsigned threads) {
    const auto pyramid = pyramid_of(other, threads);
    const int scales = static_cast<int>(pyramid.size()) + 1;
    std::vector<Job> jobs;
    for (int scale = 0; scale < scales; ++scale) {
        const auto s = static_cast<std::size_t>(scale);
        Source a{other.height, other.width};
        a.rgb = reference.rgb.data();
        Job job{source_of(a, reference.pyramid, s), source_of(other, pyramid, s), needs_of(scale, scales)};
        if (!reference.scales.empty()) job.read = reference.scales[s].planes.data();
        jobs.push_back(job);
    }
    const auto tiles = tiles_of(jobs);
    return final_score(jobs, tiles, run(jobs, tiles, threads));
}

}  // namespace

Ssimulacra2::Ssimulacra2(Pixels original, unsigned threads, std::size_t cached)
    : height_(original.height), width_(original.width) {
    const bool small = std::min(height_, width_) < least_side;
    const int height = std::max(height_, least_side), width = std::max(width_, least_side);
    const std::size_t count = opaque(original.bytes, original.channels) ? 1 : backgrounds.size();
    for (std::size_t i = 0; i < count; ++i) {
        Reference reference;
        reference.rgb = compose(original.bytes, original.channels, backgrounds[i]);
        if (small) reference.rgb = extend<std::uint8_t>(reference.rgb, height_, width_, 3);
        Source full{height, width};
        full.rgb = reference.rgb.data();
        reference.pyramid = pyramid_of(full, threads);
        if (count * scale_pixels(full) <= cached) {
            const int scales = static_cast<int>(reference.pyramid.size()) + 1;
            std::vector<Job> jobs;
            for (int scale = 0; scale < scales; ++scale) {
                const auto s = static_cast<std::size_t>(scale);
                Job job{source_of(full, reference.pyramid, s), {}, needs_of(scale, scales)};
                reference.scales.push_back(
                    {std::vector<float>(static_cast<std::size_t>(Features(job.needs).count) * scale_pixels(job.a))});
                job.write = reference.scales.back().planes.data();
                jobs.push_back(job);
            }
            run(jobs, tiles_of(jobs), threads);
            reference.pyramid.clear();
            reference.rgb.clear();
        }
        references_.push_back(std::move(reference));
    }
}

double Ssimulacra2::score(Pixels other, unsigned threads) const {
    const std::size_t count = opaque(other.bytes, other.channels) ? references_.size() : backgrounds.size();
    double least = 100;
    for (std::size_t i = 0; i < count; ++i) {
        auto rgb = compose(other.bytes, other.channels, backgrounds[i]);
        if (std::min(height_, width_) < least_side) rgb = extend<std::uint8_t>(rgb, height_, width_, 3);
        Source full{std::max(height_, least_side), std::max(width_, least_side)};
        full.rgb = rgb.data();
        least = std::min(least, score_source(references_[std::min(i, references_.size() - 1)], full, threads));
    }
    return least;
}

template <class Label>
double Ssimulacra2::score(std::span<const std::uint8_t> codebook, int channels, std::span<const Label> labels,
                          unsigned threads) const {
    std::vector<Label> extended;
    if (std::min(height_, width_) < least_side) {
        extended = extend<Label>(labels, height_, width_, 1);
        labels = extended;
    }
    const std::size_t count = opaque(codebook, channels) ? references_.size() : backgrounds.size();
    const auto& table = linear_table();
    double least = 100;
    for (std::size_t i = 0; i < count; ++i) {
        const auto rgb = compose(codebook, channels, backgrounds[i]);
        std::vector<Code> codes(rgb.size() / 3);
        for (std::size_t k = 0; k < codes.size(); ++k) {
            Code& code = codes[k];
            for (std::size_t c = 0; c < 3; ++c) code.light[c] = table[rgb[3 * k + c]];
            xyb_of(code.light[0], code.light[1], code.light[2], code.xyb[0], code.xyb[1], code.xyb[2]);
        }
        Source full{std::max(height_, least_side), std::max(width_, least_side)};
        full.codes = codes.data();
        if constexpr (sizeof(Label) == 1)
            full.labels_8 = labels.data();
        else
            full.labels_16 = labels.data();
        least = std::min(least, score_source(references_[std::min(i, references_.size() - 1)], full, threads));
    }
    return least;
}

template double Ssimulacra2::score(std::span<const std::uint8_t>, int, std::span<const std::uint8_t>, unsigned) const;
template double Ssimulacra2::score(std::span<const std::uint8_t>, int, std::span<const std::uint16_t>, unsigned) const;

}  // namespace huepress
