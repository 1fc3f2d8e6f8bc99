// Prints a digest of what each kernel returns for the same made-up pictures, so that machines,
// compilers and instruction sets can be compared: all must print the same lines. CONTRIBUTING.md
// tells how to run it for AArch64 under qemu.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "color/colorindex.hpp"
#include "color/colorspace.hpp"
#include "color/histogram.hpp"
#include "core/distance.hpp"
#include "core/isa.hpp"
#include "core/random.hpp"
#include "deflate/deflate.hpp"
#include "fit/kmeans.hpp"
#include "lzw/lzw.hpp"
#include "map/dither.hpp"
#include "map/labels.hpp"
#include "rate/filters.hpp"
#include "rate/lzwmap.hpp"
#include "rate/ordering.hpp"
#include "rate/ratemap.hpp"
#include "rate/refit.hpp"
#include "score/banding.hpp"
#include "score/distortion.hpp"
#include "score/masking.hpp"
#include "score/ssimulacra2.hpp"
#include "vp8l/vp8l.hpp"

using namespace huepress;

namespace {

// FNV-1a.
class Digest {
public:
    template <class T>
    void add(std::span<const T> values) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
        for (std::size_t i = 0; i < values.size_bytes(); ++i)
            state_ = (state_ ^ bytes[i]) * 0x100000001B3u;
    }
    template <class T>
    void add(const std::vector<T>& values) {
        add(std::span<const T>(values));
    }
    void add(double value) { add(std::span<const double>(&value, 1)); }
    void add(std::uint64_t value) { add(std::span<const std::uint64_t>(&value, 1)); }
    void print(const char* kernel) const {
        std::printf("%016llx %s\n", static_cast<unsigned long long>(state_), kernel);
    }

private:
    std::uint64_t state_ = 0xCBF29CE484222325u;
};

struct Scene {
    std::size_t width;
    int channels, k;
    std::vector<std::uint8_t> pixels, codebook;

    std::size_t area() const { return pixels.size() / static_cast<std::size_t>(channels); }
    std::vector<Rgba> codes() const {
        std::vector<Rgba> out;
        for (std::size_t i = 0; i < codebook.size(); i += static_cast<std::size_t>(channels))
            out.push_back({codebook[i], codebook[i + 1], codebook[i + 2],
                           channels == 4 ? codebook[i + 3] : std::uint8_t{255}});
        return out;
    }
};

// Slopes with noise, repeated rows, flat areas and, of four channels, every kind of alpha.
Scene scene(Random& random, std::size_t width, int channels, int k) {
    constexpr std::size_t height = 37;
    const auto n = static_cast<std::size_t>(channels);
    Scene s{width, channels, k, std::vector<std::uint8_t>(width * height * n), {}};
    const std::uint64_t noise = 1 + random.below(40);
    for (std::size_t y = 0; y < height; ++y)
        for (std::size_t i = 0; i < width * n; ++i) {
            std::uint8_t& byte = s.pixels[y * width * n + i];
            if (y % 5 == 3)
                byte = s.pixels[(y - 1) * width * n + i];
            else if (y % 11 < 2)
                byte = static_cast<std::uint8_t>(40 * (i % n));
            else
                byte = static_cast<std::uint8_t>(3 * y + 2 * (i / n) + random.below(noise));
            if (i % n == 3 && y % 4 != 1) byte = y % 4 == 0 ? 0 : 255;
        }
    for (int i = 0; i < k * channels; ++i)
        s.codebook.push_back(static_cast<std::uint8_t>(random.below(256)));
    for (std::size_t i = 3; n == 4 && i < s.codebook.size(); i += 12) s.codebook[i] = 255;
    return s;
}

template <class Use>
void each_scene(const char* kernel, Use use) {
    Random random(7);
    Digest digest;
    std::size_t turn = 0;
    for (const std::size_t width : {1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 131, 331})
        for (const int channels : {3, 4}) {
            constexpr int ks[] = {1, 2, 5, 15, 16, 17, 64, 255, 256};
            use(digest, scene(random, width, channels, ks[turn++ % std::size(ks)]));
        }
    digest.print(kernel);
}

// The labels of the nearest codes.
std::vector<std::uint8_t> labels_of(const Scene& s) {
    std::vector<std::uint8_t> labels(s.area());
    map_nearest<std::uint8_t>(s.pixels, s.channels, s.codes(), Space::oklab, 1, labels);
    return labels;
}

constexpr Space spaces[] = {Space::srgb, Space::linear, Space::oklab};

std::vector<Point> random_points(Random& random, std::size_t n, int reach) {
    std::vector<Point> points(n);
    for (Point& p : points)
        for (auto& c : p)
            c = static_cast<std::int16_t>(
                static_cast<int>(random.below(static_cast<std::uint64_t>(2 * reach + 1))) - reach);
    return points;
}

void distances() {
    Random random(3);
    Digest digest;
    for (const auto& [n, k, reach] : {std::array{1, 1, 8191}, {37, 5, 2}, {3000, 256, 300}}) {
        const auto points = random_points(random, static_cast<std::size_t>(n), reach);
        const auto centroids = random_points(random, static_cast<std::size_t>(k), reach);
        std::vector<std::uint16_t> labels(points.size());
        std::vector<std::int32_t> squared(points.size());
        nearest_points(points, centroids, 1, labels, squared);
        digest.add(labels);
        digest.add(squared);
    }
    digest.print("nearest_points");
}

void fits() {
    Random random(5);
    const auto points = random_points(random, 4000, 8191);
    std::vector<std::uint32_t> weights;
    for (std::size_t i = 0; i < points.size(); ++i)
        weights.push_back(static_cast<std::uint32_t>(1 + random.below(9)));
    FitOptions options;
    options.max_iter = 6;
    options.relaxation = 26;
    options.swap_trials = 30;
    options.fine_detail = 9;
    options.threads = 1;
    Digest digest;
    for (const std::size_t k : {3, 40}) {
        const Fit found = fit(points, weights, {}, k, options);
        digest.add(found.centroids);
        digest.add(found.trace_inertia);
    }
    digest.print("fit");
}

void add_deflated(Digest& digest, std::span<const std::uint8_t> bytes) {
    using deflating::Effort;
    for (const Effort effort : {Effort::normal, Effort::best})
        digest.add(deflating::deflate(bytes, effort, SIZE_MAX / 8));
}

// Beyond what one block or one search of matches holds: noise of few values, runs, and all at once.
void large_planes() {
    Random random(11);
    Digest digest;
    add_deflated(digest, {});
    std::vector<std::uint8_t> plane(150'000);
    for (const std::uint64_t values : {2, 3, 16, 200}) {
        for (std::size_t i = 0; i < plane.size(); ++i)
            plane[i] = static_cast<std::uint8_t>(
                i % 7000 < 4000 && i >= 512 && random.below(values) != 0 ? plane[i - 512]
                                                                         : random.below(values));
        add_deflated(digest, std::span(plane).first(5000));
        add_deflated(digest, plane);
    }
    digest.print("deflate, large");
}

}  // namespace

int main() {
    std::fprintf(stderr, "instruction set: %s\n", instruction_set().c_str());
    distances();
    fits();
    each_scene("embed", [](Digest& digest, const Scene& s) {
        for (const Space space : spaces) {
            std::vector<Point> points(s.area());
            embed(space, s.pixels, s.channels, points);
            digest.add(points);
        }
    });
    each_scene("histogram", [](Digest& digest, const Scene& s) {
        const ColorCounts counted = histogram(s.pixels, s.channels, 1);
        digest.add(counted.colors);
        digest.add(counted.counts);
    });
    each_scene("map_nearest", [](Digest& digest, const Scene& s) {
        for (const Space space : spaces) {
            std::vector<std::uint8_t> labels(s.area());
            map_nearest<std::uint8_t>(s.pixels, s.channels, s.codes(), space, 1, labels);
            digest.add(labels);
        }
    });
    each_scene("error_diffusion", [](Digest& digest, const Scene& s) {
        for (const Space space : spaces)
            for (const int strength : {77, 256}) {
                std::vector<std::uint8_t> labels(s.area());
                error_diffusion<std::uint8_t>(s.pixels, s.width, s.channels, s.codes(), space,
                                              strength, 1, labels);
                digest.add(labels);
            }
    });
    each_scene("ordered", [](Digest& digest, const Scene& s) {
        std::vector<std::uint8_t> labels(s.area());
        ordered<std::uint8_t>(s.pixels, s.width, s.channels, s.codes(), Space::oklab, 1, labels);
        digest.add(labels);
    });
    each_scene("masking", [](Digest& digest, const Scene& s) {
        std::vector<std::uint16_t> mask(2 * s.area());
        masking(s.pixels, s.width, s.channels, 100, 1, mask);
        digest.add(mask);
    });
    each_scene("rate_aware", [](Digest& digest, const Scene& s) {
        std::vector<std::uint16_t> mask(2 * s.area());
        masking(s.pixels, s.width, s.channels, 0, 1, mask);
        RateOptions options[6];
        options[0].lambda = 200;
        options[0].feedback = 144;
        options[1].lambda = 3500;
        options[1].chain = 64;
        options[2].lambda = 20000;
        options[2].chain = 17;
        options[2].chroma = 300;
        options[3].lambda = 1;
        options[3].dither = 200;
        options[4].lambda = 3500;
        options[4].vp8l = true;
        options[5].lambda = 20000;
        options[5].feedback = 144;
        options[5].vp8l = true;
        for (const RateOptions& one : options) {
            std::vector<std::uint8_t> labels(s.area());
            digest.add(rate_aware(s.pixels, s.width, s.channels, s.codebook, Space::oklab, mask,
                                  one, labels));
            digest.add(labels);
        }
    });
    each_scene("rate_aware_lzw", [](Digest& digest, const Scene& s) {
        std::vector<std::uint16_t> mask(2 * s.area());
        masking(s.pixels, s.width, s.channels, 0, 1, mask);
        RateOptions options;
        options.lambda = 3500;
        options.feedback = 144;
        std::vector<std::uint8_t> labels(s.area());
        digest.add(rate_aware_lzw(s.pixels, s.width, s.channels, s.codebook, Space::oklab, mask,
                                  options, 64, labels));
        digest.add(labels);
        digest.add(lzw::code(labels, s.width, lzw::Effort::normal));
    });
    each_scene("rate_aware of a screen", [](Digest& digest, const Scene& s) {
        std::vector<std::uint16_t> mask(2 * s.area());
        masking(s.pixels, s.width, s.channels, 0, 1, mask);
        // What was shown: each row of the one before, of which every third pixel keeps still.
        std::vector<std::uint8_t> shown(s.pixels), states(s.area());
        std::rotate(shown.begin(),
                    shown.begin() + static_cast<std::ptrdiff_t>(s.width) * s.channels, shown.end());
        for (std::size_t i = 0; i < states.size(); i += 3) states[i] = Screen::still;
        RateOptions options;
        options.lambda = 3500;
        options.feedback = 144;
        options.dither = 56;
        options.screen = {shown, states, s.k > 1 ? s.k - 1 : -1, 48};
        std::vector<std::uint8_t> labels(s.area());
        for (const bool vp8l : {false, true}) {
            options.vp8l = vp8l;
            digest.add(rate_aware(s.pixels, s.width, s.channels, s.codebook, Space::oklab, mask,
                                  options, labels));
            digest.add(labels);
        }
        digest.add(rate_aware_lzw(s.pixels, s.width, s.channels, s.codebook, Space::oklab, mask,
                                  options, 64, labels));
        digest.add(labels);
    });
    each_scene("refit", [](Digest& digest, const Scene& s) {
        for (const int step : {5, 16}) {
            std::vector<std::uint8_t> refitted(s.codebook.size());
            refit(s.pixels, s.channels, s.codebook, Space::oklab, labels_of(s), step, refitted);
            digest.add(refitted);
        }
    });
    each_scene("orders", [](Digest& digest, const Scene& s) {
        const auto k = static_cast<std::size_t>(s.k);
        const auto together = touching(labels_of(s), s.width, k);
        std::vector<std::int64_t> order(k);
        for (const auto order_codes : {chain_codes, link_codes}) {
            order_codes(together, order);
            digest.add(order);
        }
    });
    each_scene("filters", [](Digest& digest, const Scene& s) {
        const auto add_filtered = [&](std::span<const std::uint8_t> rows, std::size_t step) {
            std::vector<std::uint8_t> filtered(rows.size() + rows.size() / (s.width * step));
            for (int filter = 0; filter <= static_cast<int>(RowFilter::entropy); ++filter) {
                filter_rows(rows, s.width * step, step, static_cast<RowFilter>(filter), filtered);
                digest.add(filtered);
            }
        };
        add_filtered(s.pixels, static_cast<std::size_t>(s.channels));
        add_filtered(labels_of(s), 1);
    });
    each_scene("deflate", [](Digest& digest, const Scene& s) {
        add_deflated(digest, s.pixels);
        add_deflated(digest, labels_of(s));
    });
    large_planes();
    each_scene("distortion", [](Digest& digest, const Scene& s) {
        const auto labels = labels_of(s);
        const ChannelSums sums = indexed_squared_error<std::uint8_t>(
            s.pixels, s.codebook, s.channels, std::span<const std::uint8_t>(labels), 1);
        digest.add(std::span<const std::uint64_t>(sums));
    });
    each_scene("vp8l", [](Digest& digest, const Scene& s) {
        std::vector<std::uint8_t> palette(4 * s.codes().size());
        for (std::size_t i = 0; i < palette.size(); ++i)
            palette[i] = static_cast<std::uint8_t>(i * i);
        digest.add(vp8l::encode(labels_of(s), s.width, palette));
    });
    each_scene("scores", [](Digest& digest, const Scene& s) {
        const Pixels original{s.pixels, static_cast<int>(s.area() / s.width),
                              static_cast<int>(s.width), s.channels};
        const std::vector<std::uint8_t> labels = labels_of(s);
        const std::span<const std::uint8_t> chosen = labels;
        digest.add(Ssimulacra2(original, 1).score(s.codebook, s.channels, chosen, 1));
        digest.add(Ssimulacra2(original, 1, 0).score(s.codebook, s.channels, chosen, 1));
        digest.add(Banding(original, 1).of(s.codebook, s.channels, chosen, 1));
    });
}
