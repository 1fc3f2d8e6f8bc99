#include "score/ssimulacra2.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "core/parallel.hpp"
#include "core/reflect.hpp"
#include "score/backgrounds.hpp"

#if defined(_MSC_VER) && !defined(__clang__)
#define HUEPRESS_RESTRICT __restrict
#else
#define HUEPRESS_RESTRICT __restrict__
#endif

namespace huepress {
namespace {

using In = const float* HUEPRESS_RESTRICT;
using Out = float* HUEPRESS_RESTRICT;

constexpr int scales = 6;
constexpr int least_side = 225;  // the least whose sixth scale has 8 pixels
constexpr float c2 = 0.0009f;

// Gaussian of sigma 1.5, cut at 5 and normalised.
constexpr int radius = 5;
constexpr int window = 2 * radius + 1;
constexpr float taps[radius + 1] = {0.2660117248617943f,   0.21300553771125366f,
                                    0.1093606895097f,      0.03600077212843082f,
                                    0.007598758135239184f, 0.0010283800844791099f};

// For each channel (X, Y, B), scale (1:1 to 1:32) and norm (mean, 4-norm): the weights of
// structural error, of edges gained, and of edges lost.
// clang-format off: three a row, as the comment says
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
// clang-format on

enum Norm : std::size_t { structure_mean, gained_mean, lost_mean, structure_4, gained_4, lost_4 };

const double* weights_of(int channel, int scale) {
    return weights + (channel * scales + scale) * 6;
}

// Which maps have any weight: the others are not computed.
struct Needs {
    bool structure[3], edges[3];

    bool any(int channel) const { return structure[channel] || edges[channel]; }
};

Needs needs_of(int scale) {
    Needs needs{};
    for (int c = 0; c < 3; ++c) {
        const double* w = weights_of(c, scale);
        needs.structure[c] = w[structure_mean] > 0 || w[structure_4] > 0;
        needs.edges[c] = w[gained_mean] > 0 || w[gained_4] > 0 || w[lost_mean] > 0 || w[lost_4] > 0;
    }
    return needs;
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
            const double light = v <= 0.04045 ? v / 12.92 : s * s * fifth_root(s * s);
            levels[static_cast<std::size_t>(i)] = static_cast<float>(light);
        }
        return levels;
    }();
    return table;
}

// Fourth powers are taken of errors times 2^20: those of tiny errors would be denormal, thus slow.
constexpr float lift = 1048576.0f;
constexpr double lift_4 = 0x1p80;

// Linear light and XYB of a code.
struct Code {
    float light[3], xyb[3];
    const std::uint8_t* rgb;
};

// One scale of an image. Full size: bytes, or labels into codes; below: three planes of light.
// A mirrored one is a cell of an endless mosaic, in which each neighbour mirrors the other; how
// often its sides may double, for a scale that two cells have and one has not, it knows too.
struct Source {
    int height = 0, width = 0;
    bool mirrored = false;
    int tall = 0, wide = 0;
    const std::uint8_t* rgb = nullptr;
    const Code* codes = nullptr;
    const std::uint8_t* labels_8 = nullptr;
    const std::uint16_t* labels_16 = nullptr;
    const float* light = nullptr;

    std::size_t at(int y, int x) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
               static_cast<std::size_t>(x);
    }
    std::size_t pixels() const { return at(height, 0); }
    const Code& code(std::size_t i) const { return codes[labels_8 ? labels_8[i] : labels_16[i]]; }
    // Of full size.
    const std::uint8_t* bytes(std::size_t i) const { return codes ? code(i).rgb : rgb + 3 * i; }
};

// A scale is cut into tiles. Each column of a tile adds up in float over its few rows; columns and
// tiles then add up in double, left to right and top to bottom. So the size of a tile is part of
// the definition, and the number of lanes or threads is not.
constexpr int tile_height = 128;
constexpr int tile_width = 512;

struct Tile {
    std::size_t job;
    int y0, y1, x0, x1;
};

using Sums = std::array<std::array<double, 6>, 3>;

// Where two images of one size differ, by rows and blocks of columns.
constexpr int block_width = 64;
static_assert(tile_width % block_width == 0 && tile_width / block_width < 32 &&
              block_width >= radius);

class Differences {
public:
    Differences(const Source& a, const Source& b, unsigned threads)
        : Differences(b.height, b.width) {
        for_each_block(static_cast<std::size_t>(b.height), threads, [&](std::size_t y, auto) {
            const std::size_t first = a.at(static_cast<int>(y), 0);
            for (int block = 0; block < blocks_; ++block) {
                const int end = std::min((block + 1) * block_width, b.width);
                for (int x = block * block_width; x < end; ++x) {
                    const std::size_t i = first + static_cast<std::size_t>(x);
                    if (std::memcmp(a.rgb + 3 * i, b.bytes(i), 3) == 0) continue;
                    differ_[at(static_cast<int>(y), block)] = true;
                    break;
                }
            }
        });
    }

    // Of images of half the size.
    Differences halved(int height, int width) const {
        Differences half(height, width);
        for (int y = 0; y < height_; ++y)
            for (int block = 0; block < blocks_; ++block)
                if (differ_[at(y, block)])
                    half.differ_[half.at(std::min(y / 2, height - 1), block / 2)] = true;
        return half;
    }

    // Those blocks of a tile, from its left, that differ in this row or touch one that does.
    std::uint32_t near(const Tile& tile, int y) const {
        const int first = tile.x0 / block_width, end = (tile.x1 - 1) / block_width + 1;
        std::uint32_t found = 0;
        for (int block = std::max(first - 1, 0); block < std::min(end + 1, blocks_); ++block)
            if (differ_[at(y, block)]) found |= 7u << (block - first + 1);
        return found >> 2 & ((1u << (end - first)) - 1);
    }

private:
    Differences(int height, int width)
        : height_(height), blocks_((width + block_width - 1) / block_width),
          differ_(static_cast<std::size_t>(height) * static_cast<std::size_t>(blocks_)) {}

    std::size_t at(int y, int block) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(blocks_) +
               static_cast<std::size_t>(block);
    }

    int height_, blocks_;
    std::vector<std::uint8_t> differ_;
};

// The local maps of a tile that need rows above and below, and so are kept in rings of rows.
enum Ring {
    raw_a,
    raw_b,
    mean_a,
    squares_a,
    mean_b,
    squares_b,
    difference,
    squared_difference,
    rings
};

struct Scratch {
    static constexpr std::size_t pitch = tile_width + 2 * radius + 6;  // a multiple of 16
    static_assert(pitch % 16 == 0);

    float ring_rows[rings][3][window][pitch];
    float sum_rows[3][6][pitch];
    float light[3][pitch], product[pitch], mean_a[pitch], variance_a[pitch], edge_a[pitch];
    float mean_b[pitch], squares_b[pitch], edge_b[pitch], difference[pitch];
    float squared_difference[pitch];
};

// Where the planes of each channel of the original begin: variance, mean and raw values if its
// structure counts, its edges if only they do.
struct Layout {
    int first[3];
    int planes = 0;

    explicit Layout(const Needs& needs) {
        for (int c = 0; c < 3; ++c) {
            first[c] = planes;
            planes += needs.structure[c] ? 3 : needs.edges[c] ? 1 : 0;
        }
    }
};

// One scale of two images: a is read from its source or, if there are any, from its features. Or
// of one image, whose features are written.
struct Job {
    int scale = 0;
    Source a, b;
    Needs needs;
    const float* features = nullptr;
    float* write = nullptr;
    // Where there are none, errors are 0, exactly. Null: anywhere.
    const Differences* differences = nullptr;

    const Source& shape() const { return write ? a : b; }
};

// The blocks of a tile's columns that are worked on, row by row: as bits, from the left.
struct Work {
    std::array<std::uint32_t, tile_height + 2 * radius> enter;  // from `radius` rows above
    std::array<std::uint32_t, tile_height> leave;

    Work(const Job& job, const Tile& tile) {
        const auto height = static_cast<std::size_t>(tile.y1 - tile.y0);
        enter.fill(~0u >> (32 - ((tile.x1 - tile.x0 - 1) / block_width + 1)));
        std::fill_n(leave.begin(), height, enter[0]);
        if (!job.differences) return;
        std::array<std::uint32_t, tile_height + 2 * radius> near;
        for (std::size_t i = 0; i < height + 2 * radius; ++i)
            near[i] = job.differences->near(
                tile, reflect(tile.y0 + static_cast<int>(i) - radius, job.shape().height));
        enter.fill(0);
        for (std::size_t y = 0; y < height; ++y) {
            leave[y] = 0;
            for (std::size_t i = y; i < y + window; ++i) leave[y] |= near[i];
            for (std::size_t i = y; i < y + window; ++i) enter[i] |= leave[y];
        }
    }
};

}  // namespace
}  // namespace huepress

#define HUEPRESS_BODY "score/ssimulacra2_body.hpp"
#include "core/each_isa.hpp"

namespace huepress {
namespace {

// The tiles of every job, and what each adds up to.
struct Measured {
    std::vector<Tile> tiles;
    std::vector<Sums> sums;
};

Measured measure(const std::vector<Job>& jobs, unsigned threads) {
    static const auto body = HUEPRESS_BODY_OF(process);
    Measured measured;
    for (std::size_t job = 0; job < jobs.size(); ++job) {
        const Source& shape = jobs[job].shape();
        for (int y = 0; y < shape.height; y += tile_height)
            for (int x = 0; x < shape.width; x += tile_width)
                measured.tiles.push_back({job, y, std::min(y + tile_height, shape.height), x,
                                          std::min(x + tile_width, shape.width)});
    }
    measured.sums.resize(measured.tiles.size());
    std::vector<std::unique_ptr<Scratch>> scratch(worker_count(threads));
    for_each_block(measured.tiles.size(), threads, [&](std::size_t i, std::size_t worker) {
        if (!scratch[worker]) scratch[worker] = std::make_unique_for_overwrite<Scratch>();
        const Tile& tile = measured.tiles[i];
        body(jobs[tile.job], tile, *scratch[worker], measured.sums[i]);
    });
    return measured;
}

// Three planes of linear light.
struct Light {
    Source source;
    std::vector<float> planes;
};

// How a mosaic is turned. Twice as large pixels than a cell has begin at its first or at its last
// pixel: a score takes the mean of both, so that a mirrored image scores as the image does.
enum View : int { as_it_is, left_for_right = 1, top_for_bottom = 2, views = 4 };

// Those parts of a view that make a difference at a scale.
View distinct(View view, const Source& full, int scale) {
    if (!full.mirrored) return as_it_is;
    const int size = 1 << scale;
    const int columns = full.width > 1 && full.width % size ? left_for_right : 0;
    const int rows = full.height > 1 && full.height % size ? top_for_bottom : 0;
    return static_cast<View>(view & (columns | rows));
}

// Half a side, rounded up; or half of two, as long as doublings are left.
int half_of(int side, int& doublings) {
    if (side % 2 == 0 || doublings == 0) return (side + 1) / 2;
    --doublings;
    return side;
}

// Means of 2 by 2, or of what is left of them at the right and bottom.
Light halve(const Source& full, View view, unsigned threads) {
    Source half{0, 0, full.mirrored, full.tall, full.wide};
    const int height = half.height = half_of(full.height, half.tall);
    const int width = half.width = half_of(full.width, half.wide);
    const auto w = static_cast<std::size_t>(width);
    const std::size_t plane = static_cast<std::size_t>(height) * w;
    std::vector<float> planes(3 * plane);
    constexpr int rows_a_block = 32;
    const auto blocks = static_cast<std::size_t>((height + rows_a_block - 1) / rows_a_block);
    for_each_block(blocks, threads, [&](std::size_t block, std::size_t) {
        std::vector<float> memory(12 * w);
        const int first = static_cast<int>(block) * rows_a_block;
        for (int y = first; y < std::min(first + rows_a_block, height); ++y) {
            float* rows[2][3];
            for (std::size_t i = 0; i < 2; ++i) {
                for (std::size_t c = 0; c < 3; ++c)
                    rows[i][c] = memory.data() + (3 * i + c) * 2 * w;
                int from = reflect(2 * y + static_cast<int>(i), full.height);
                if (view & top_for_bottom) from = full.height - 1 - from;
                const std::size_t at = full.at(from, 0), n = static_cast<std::size_t>(full.width);
                if (full.light)
                    for (std::size_t c = 0; c < 3; ++c)
                        std::copy_n(full.light + c * full.pixels() + at, n, rows[i][c]);
                else if (full.codes)
                    for (std::size_t x = 0; x < n; ++x)
                        for (std::size_t c = 0; c < 3; ++c)
                            rows[i][c][x] = full.code(at + x).light[c];
                else
                    plain::light_row(full, from, 0, full.width, rows[i]);
                for (float* row : rows[i]) {
                    if (view & left_for_right) std::reverse(row, row + n);
                    for (std::size_t x = n; x < 2 * w; ++x) row[x] = row[2 * n - 1 - x];
                }
            }
            for (std::size_t c = 0; c < 3; ++c) {
                In upper = rows[0][c], lower = rows[1][c];
                Out out = planes.data() + c * plane + static_cast<std::size_t>(y) * w;
                for (std::size_t x = 0; x < w; ++x)
                    out[x] =
                        ((upper[2 * x] + lower[2 * x]) + (upper[2 * x + 1] + lower[2 * x + 1])) *
                        0.25f;
            }
        }
    });
    half.light = planes.data();
    return {half, std::move(planes)};
}

// One scale of an image, or of a view of it.
struct Level {
    int scale;
    View view;
    Source source;
    std::vector<float> memory;
};

// Every scale, and every view that differs there.
std::vector<Level> levels_of(const Source& full, unsigned threads) {
    std::vector<Level> levels{{0, as_it_is, full, {}}};
    for (int scale = 1; scale < scales; ++scale)
        for (int v = 0; v < views; ++v) {
            const auto view = static_cast<View>(v);
            if (distinct(view, full, scale) != view) continue;
            const View turned = distinct(view, full, scale - 1);
            const Source above = std::find_if(levels.begin(), levels.end(), [&](const Level& l) {
                                     return l.scale == scale - 1 && l.view == turned;
                                 })->source;
            Light half = halve(above, static_cast<View>(view & ~turned), threads);
            levels.push_back({scale, view, half.source, std::move(half.planes)});
        }
    return levels;
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

double final_score(const std::vector<Job>& jobs, const Measured& measured) {
    std::array<Sums, scales> totals{};
    std::array<std::size_t, scales> counts{};
    for (const Job& job : jobs) counts[static_cast<std::size_t>(job.scale)] += job.b.pixels();
    for (std::size_t i = 0; i < measured.tiles.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t norm = 0; norm < 6; ++norm)
                totals[static_cast<std::size_t>(jobs[measured.tiles[i].job].scale)][c][norm] +=
                    measured.sums[i][c][norm];
    double error = 0;
    for (int c = 0; c < 3; ++c)
        for (int scale = 0; scale < scales; ++scale) {
            const double* w = weights_of(c, scale);
            const auto at = static_cast<std::size_t>(scale);
            const auto pixels = static_cast<double>(counts[at]);
            const auto& sums = totals[at][static_cast<std::size_t>(c)];
            for (const Norm norm : {structure_mean, gained_mean, lost_mean})
                error += w[norm] * (sums[norm] / pixels);
            for (const Norm norm : {structure_4, gained_4, lost_4})
                error += w[norm] * std::sqrt(std::sqrt(sums[norm] / pixels / lift_4));
        }
    error *= 0.9562382616834844;
    error = 2.326765642916932 * error - 0.020884521182843837 * error * error +
            6.248496625763138e-05 * error * error * error;
    if (!(error > 0)) return 100;
    const double score = 100 - 10 * exp2_of(0.6276336467831387 * log2_of(error));
    return std::floor(score * 1e4 + 0.5) / 1e4;
}

// A source of these sides, without pixels yet.
Source shaped(int height, int width) {
    Source source{height, width};
    source.mirrored = std::min(height, width) < least_side;
    while (height << source.tall < least_side) ++source.tall;
    while (width << source.wide < least_side) ++source.wide;
    return source;
}

Source source_of(std::span<const std::uint8_t> rgb, int height, int width) {
    Source source = shaped(height, width);
    source.rgb = rgb.data();
    return source;
}

// One original before one background: for each level the planes of a Layout.
using Features = std::vector<std::vector<float>>;

Features features_of(const Source& original, unsigned threads) {
    const auto levels = levels_of(original, threads);
    Features features;
    std::vector<Job> jobs(levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
        Job& job = jobs[i];
        job.scale = levels[i].scale;
        job.a = levels[i].source;
        job.needs = needs_of(job.scale);
        features.emplace_back(static_cast<std::size_t>(Layout(job.needs).planes) * job.a.pixels());
        job.write = features.back().data();
    }
    measure(jobs, threads);
    return features;
}

// An original before one background: its bytes and, if it is kept, its features; else the bytes
// are read along with the version's.
struct Composite {
    std::vector<std::uint8_t> rgb;
    Source source;
    Features features;

    Composite(Pixels pixels, int background, bool kept, unsigned threads) {
        std::span<const std::uint8_t> bytes = pixels.bytes;
        if (pixels.channels == 4)
            bytes = rgb = compose(bytes, background);
        else if (kept)
            bytes = rgb = {bytes.begin(), bytes.end()};
        source = source_of(bytes, pixels.height, pixels.width);
        if (kept) features = features_of(source, threads);
    }
};

double score_of(const Composite& original, const Source& other, unsigned threads) {
    const bool kept = !original.features.empty();
    const auto levels = levels_of(other, threads);
    const auto original_levels = kept ? std::vector<Level>() : levels_of(original.source, threads);
    std::vector<Differences> differences;
    if (kept && !other.mirrored) {
        differences.reserve(levels.size());
        for (const Level& level : levels)
            differences.push_back(level.scale == 0 ? Differences(original.source, other, threads)
                                                   : differences.back().halved(level.source.height,
                                                                               level.source.width));
    }
    std::vector<Job> jobs(levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
        Job& job = jobs[i];
        job.scale = levels[i].scale;
        job.b = levels[i].source;
        if (!differences.empty()) job.differences = &differences[i];
        job.needs = needs_of(job.scale);
        if (kept)
            job.features = original.features[i].data();
        else
            job.a = original_levels[i].source;
    }
    return final_score(jobs, measure(jobs, threads));
}

}  // namespace

struct Ssimulacra2::Known : Original<Composite> {
    using Original::Original;

    // score(composite, rgb): before one background.
    template <class Score>
    double worst(std::span<const std::uint8_t> version, int channels, unsigned threads,
                 Score score) const {
        double least = 100;
        each_background(version, channels, threads, [&](const Composite& original, auto rgb) {
            least = std::min(least, score(original, rgb));
        });
        return least;
    }
};

Ssimulacra2::Ssimulacra2(Pixels original, unsigned threads, std::size_t kept)
    : original_(std::make_unique<Known>(original, kept, threads)) {}

Ssimulacra2::~Ssimulacra2() = default;

int Ssimulacra2::height() const { return original_->height; }
int Ssimulacra2::width() const { return original_->width; }

double Ssimulacra2::score(Pixels other, unsigned threads) const {
    return original_->worst(
        other.bytes, other.channels, threads, [&](const Composite& original, auto rgb) {
            return score_of(original, source_of(rgb, height(), width()), threads);
        });
}

template <class Label>
double Ssimulacra2::score(std::span<const std::uint8_t> codebook, int channels,
                          std::span<const Label> labels, unsigned threads) const {
    Source full = shaped(height(), width());
    if constexpr (sizeof(Label) == 1)
        full.labels_8 = labels.data();
    else
        full.labels_16 = labels.data();
    const auto& table = linear_table();
    return original_->worst(codebook, channels, threads, [&](const Composite& original, auto rgb) {
        std::vector<Code> codes(rgb.size() / 3);
        for (std::size_t k = 0; k < codes.size(); ++k) {
            Code& code = codes[k];
            for (std::size_t c = 0; c < 3; ++c) code.light[c] = table[rgb[3 * k + c]];
            plain::xyb_of(code.light[0], code.light[1], code.light[2], code.xyb[0], code.xyb[1],
                          code.xyb[2]);
            code.rgb = rgb.data() + 3 * k;
        }
        full.codes = codes.data();
        return score_of(original, full, threads);
    });
}

template double Ssimulacra2::score(std::span<const std::uint8_t>, int,
                                   std::span<const std::uint8_t>, unsigned) const;
template double Ssimulacra2::score(std::span<const std::uint8_t>, int,
                                   std::span<const std::uint16_t>, unsigned) const;

}  // namespace huepress
