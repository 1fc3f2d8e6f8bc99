#include "dither.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "labels.hpp"
#include "parallel.hpp"

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define HUEPRESS_SSE2
#endif

namespace huepress {
namespace {

constexpr std::uint8_t thresholds[64 * 64] = {
#include "blue_noise.inc"
};

Rgba pixel_at(std::span<const std::uint8_t> pixels, int channels, std::size_t i) {
    const std::uint8_t* p = pixels.data() + i * static_cast<std::size_t>(channels);
    return {p[0], p[1], p[2], channels == 4 ? p[3] : std::uint8_t{255}};
}

// What the two kinds of pixel do with errors. `before` are those of the pixels to the left, above left,
// above and above right; step() returns the pixel's own and sets its label.
template <class Nearest>
class OpaqueStep {
public:
    static constexpr std::size_t channels = 3;
    using Stored = std::array<std::int16_t, 4>;

    OpaqueStep(Nearest& nearest, std::span<const Rgba> codebook, int strength)
        : nearest_(nearest), codes_(codebook.size()) {
        for (std::size_t i = 0; i < codebook.size(); ++i)
            codes_[i] = {codebook[i][0], codebook[i][1], codebook[i][2], 0};
        const auto reach = static_cast<std::int16_t>(error_reach(codebook));
#if defined(HUEPRESS_SSE2)
        scale_ = _mm_set1_epi32(2048 << 16 | strength);
        reach_ = _mm_set1_epi16(reach);
#else
        strength_ = strength;
        reach_ = reach;
#endif
    }

#if defined(HUEPRESS_SSE2)
    struct Error {
        __m128i lanes = _mm_setzero_si128();  // the low four of 16 bits
    };

    static Error load(const Stored& stored) {
        return {_mm_loadl_epi64(reinterpret_cast<const __m128i*>(stored.data()))};
    }
    static void store(const Error& error, Stored& stored /* OUT */) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(stored.data()), error.lanes);
    }

    Error step(const std::uint8_t* pixel, const std::array<Error, 4>& before, std::uint32_t& label) const {
        const __m128i left = before[0].lanes, above = before[2].lanes, right = before[3].lanes;
        const __m128i sevenths = _mm_sub_epi16(_mm_slli_epi16(left, 3), left);
        const __m128i fifths = _mm_add_epi16(_mm_slli_epi16(above, 2), above);
        const __m128i thirds = _mm_add_epi16(_mm_slli_epi16(right, 1), right);
        const __m128i sum = _mm_add_epi16(_mm_add_epi16(fifths, before[1].lanes), _mm_add_epi16(thirds, sevenths));
        // (sum, 1) * (strength, 2048), added up, is what the definition shifts.
        const __m128i product = _mm_madd_epi16(_mm_unpacklo_epi16(sum, _mm_set1_epi16(1)), scale_);
        const __m128i shift = _mm_packs_epi32(_mm_srai_epi32(product, 12), _mm_setzero_si128());
        const __m128i bytes = _mm_cvtsi32_si128(pixel[0] | pixel[1] << 8 | pixel[2] << 16);
        const __m128i wanted = _mm_add_epi16(_mm_unpacklo_epi8(bytes, _mm_setzero_si128()), shift);
        const __m128i target = _mm_packus_epi16(wanted, wanted);
        const auto rgb = static_cast<std::uint32_t>(_mm_cvtsi128_si32(target));
        label = nearest_({static_cast<std::uint8_t>(rgb), static_cast<std::uint8_t>(rgb >> 8),
                          static_cast<std::uint8_t>(rgb >> 16), 255});
        const __m128i code = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&codes_[label]));
        const __m128i error = _mm_sub_epi16(_mm_unpacklo_epi8(target, _mm_setzero_si128()), code);
        return {_mm_max_epi16(_mm_min_epi16(error, reach_), _mm_sub_epi16(_mm_setzero_si128(), reach_))};
    }
#else
    using Error = Stored;

    static const Error& load(const Stored& stored) { return stored; }
    static void store(const Error& error, Stored& stored /* OUT */) { stored = error; }

    Error step(const std::uint8_t* pixel, const std::array<Error, 4>& before, std::uint32_t& label) const {
        Rgba target{0, 0, 0, 255};
        for (std::size_t c = 0; c < 3; ++c) {
            const int sum = 7 * before[0][c] + before[1][c] + 5 * before[2][c] + 3 * before[3][c];
            target[c] = static_cast<std::uint8_t>(std::clamp(pixel[c] + ((sum * strength_ + 2048) >> 12), 0, 255));
        }
        label = nearest_(target);
        Error error{};
        for (std::size_t c = 0; c < 3; ++c)
            error[c] = static_cast<std::int16_t>(std::clamp(target[c] - codes_[label][c], -reach_, reach_));
        return error;
    }
#endif

private:
    Nearest& nearest_;
    std::vector<std::array<std::int16_t, 4>> codes_;
#if defined(HUEPRESS_SSE2)
    __m128i scale_, reach_;
#else
    int strength_, reach_;
#endif
};

template <class Nearest>
class TranslucentStep {
public:
    static constexpr std::size_t channels = 4;
    using Error = std::array<std::int32_t, 4>;
    using Stored = Error;

    static const Error& load(const Stored& stored) { return stored; }
    static void store(const Error& error, Stored& stored /* OUT */) { stored = error; }

    TranslucentStep(Nearest& nearest, std::span<const Rgba> codebook, int strength)
        : nearest_(nearest), strength_(strength), reach_(error_reach(codebook)), codes_(codebook.size()) {
        for (std::size_t i = 0; i < codebook.size(); ++i) codes_[i] = premultiplied(codebook[i]);
    }

    static Error premultiplied(const Rgba& color) {
        return {color[0] * color[3], color[1] * color[3], color[2] * color[3], color[3]};
    }

    Error step(const std::uint8_t* pixel, const std::array<Error, 4>& before, std::uint32_t& label) const {
        const Rgba color{pixel[0], pixel[1], pixel[2], pixel[3]};
        if (color[3] == 0) {
            label = nearest_(color);
            return {};
        }
        Error wanted = premultiplied(color);
        for (std::size_t c = 0; c < 4; ++c) {
            const int sum = 7 * before[0][c] + before[1][c] + 5 * before[2][c] + 3 * before[3][c];
            wanted[c] += (sum * strength_ + 2048) >> 12;
        }
        const int alpha = color[3] == 255 ? 255 : std::clamp(wanted[3], 1, 254);
        Rgba target{0, 0, 0, static_cast<std::uint8_t>(alpha)};
        for (std::size_t c = 0; c < 3; ++c) {
            const auto light = static_cast<std::uint64_t>(std::clamp(wanted[c], 0, 255 * alpha) + alpha / 2);
            target[c] = static_cast<std::uint8_t>(light * reciprocals[static_cast<std::size_t>(alpha)] >> 32);
        }
        label = nearest_(target);
        Error error = premultiplied(target);
        for (std::size_t c = 0; c < 4; ++c) {
            const int reach = c == 3 ? reach_ : 255 * reach_;
            error[c] = std::clamp(error[c] - codes_[label][c], -reach, reach);
        }
        return error;
    }

private:
    // n reciprocals[d] >> 32 is n / d for n below 2^16, as the rounding up adds less than n d / 2^32.
    static constexpr auto reciprocals = [] {
        std::array<std::uint64_t, 256> r{};
        for (std::uint64_t d = 1; d < 256; ++d) r[d] = (std::uint64_t{1} << 32) / d + 1;
        return r;
    }();

    Nearest& nearest_;
    int strength_, reach_;
    std::vector<Error> codes_;
};

constexpr std::size_t rows_at_once = 4;

// Labels `rows` rows side by side, each two pixels behind the one above: then their long chains of
// dependent steps overlap, and every error is there when it is needed, as in plain raster order.
// above: the errors of the row above, one more 0 on each side; below: where the last row's go.
// wait(x): returns when above[..x] are there; done(x): below[..x] are.
template <std::size_t rows, class Step, class Label, class Wait, class Done>
void diffuse_rows(const Step& step, const std::uint8_t* pixels, std::size_t width, Label* labels /* OUT */,
                  const typename Step::Stored* above, typename Step::Stored* below, Wait wait, Done done) {
    using Error = typename Step::Error;
    struct Row {
        Error last[3]{};  // of the pixels 1, 2 and 3 before
    };
    std::array<Row, rows> state{};
    const auto visit = [&]<bool inside>(std::size_t i) {
        std::array<Error, rows> now;
        for (std::size_t r = 0; r < rows; ++r) {
            now[r] = Error{};
            if (!inside && (i < 2 * r || i - 2 * r >= width)) continue;
            const std::size_t x = i - 2 * r;
            const auto before = r == 0 ? std::array<Error, 4>{state[0].last[0], Step::load(above[x]),
                                                              Step::load(above[x + 1]), Step::load(above[x + 2])}
                                       : std::array<Error, 4>{state[r].last[0], state[r - 1].last[2],
                                                              state[r - 1].last[1], state[r - 1].last[0]};
            std::uint32_t label;
            now[r] = step.step(pixels + (r * width + x) * Step::channels, before, label);
            labels[r * width + x] = static_cast<Label>(label);
            if (r == rows - 1) Step::store(now[r], below[x + 1]);
        }
        for (std::size_t r = 0; r < rows; ++r) {
            state[r].last[2] = state[r].last[1];
            state[r].last[1] = state[r].last[0];
            state[r].last[0] = now[r];
        }
    };
    constexpr std::size_t lag = 2 * (rows - 1), run = 256;
    for (std::size_t i = 0; i < width + lag;) {
        const std::size_t end = std::min(i < lag ? lag : i + run, i < width ? std::max(width, lag) : width + lag);
        wait(std::min(width, end + 1));
        if (i >= lag && end <= width)
            for (; i < end; ++i) visit.template operator()<true>(i);
        else
            for (; i < end; ++i) visit.template operator()<false>(i);
        if (end > lag) done(end - lag);
    }
}

template <class Step, class Label>
void diffuse(const Step& step, std::span<const std::uint8_t> pixels, std::size_t width, unsigned threads,
             std::span<Label> labels /* OUT */) {
    using Stored = typename Step::Stored;
    const std::size_t height = labels.size() / width, groups = (height + rows_at_once - 1) / rows_at_once;
    // Groups end in the order in which they begin, each waiting for the one above: by the time a group
    // begins, the one that read its buffer has ended.
    const std::size_t workers = std::min(worker_count(threads), groups);
    std::vector<std::vector<Stored>> carried(std::min(workers + 1, groups));
    for (auto& errors : carried) errors.resize(width + 2);
    const std::vector<Stored> none(width + 2);
    std::vector<std::atomic<std::size_t>> progress(groups);
    for_each_block(groups, static_cast<unsigned>(workers), [&](std::size_t group, std::size_t) {
        // However this ends, nobody shall wait for it.
        struct Finish {
            std::atomic<std::size_t>& progress;
            std::size_t width;
            ~Finish() { progress.store(width, std::memory_order_release); }
        } finish{progress[group], width};
        const std::size_t first = group * rows_at_once;
        const std::uint8_t* rows = pixels.data() + first * width * Step::channels;
        Label* out = labels.data() + first * width;
        const Stored* above = group == 0 ? none.data() : carried[(group - 1) % carried.size()].data();
        Stored* below = carried[group % carried.size()].data();
        const auto wait = [&](std::size_t x) {
            if (group == 0) return;
            while (progress[group - 1].load(std::memory_order_acquire) < x) std::this_thread::yield();
        };
        const auto done = [&](std::size_t x) { progress[group].store(x, std::memory_order_release); };
        switch (std::min(rows_at_once, height - first)) {
            case 1: return diffuse_rows<1>(step, rows, width, out, above, below, wait, done);
            case 2: return diffuse_rows<2>(step, rows, width, out, above, below, wait, done);
            case 3: return diffuse_rows<3>(step, rows, width, out, above, below, wait, done);
            default: return diffuse_rows<4>(step, rows, width, out, above, below, wait, done);
        }
    });
}

}  // namespace

int error_reach(std::span<const Rgba> codebook) {
    if (codebook.size() > 1024) return 255;
    const auto apart = [](const Rgba& a, const Rgba& b) {
        int most = 255 * std::abs(a[3] - b[3]);
        for (std::size_t c = 0; c < 3; ++c) most = std::max(most, std::abs(a[c] * a[3] - b[c] * b[3]));
        return most;
    };
    // R. C. Prim, "Shortest connection networks and some generalizations" (1957).
    std::vector<Rgba> outside(codebook.begin() + 1, codebook.end());
    std::vector<int> distances(outside.size());
    for (std::size_t i = 0; i < outside.size(); ++i) distances[i] = apart(codebook[0], outside[i]);
    int longest = 0;
    while (!outside.empty()) {
        const auto nearest = std::min_element(distances.begin(), distances.end()) - distances.begin();
        longest = std::max(longest, distances[static_cast<std::size_t>(nearest)]);
        const Rgba joined = outside[static_cast<std::size_t>(nearest)];
        outside.erase(outside.begin() + nearest);
        distances.erase(distances.begin() + nearest);
        for (std::size_t i = 0; i < outside.size(); ++i) distances[i] = std::min(distances[i], apart(joined, outside[i]));
    }
    return (longest + 254) / 255;
}

template <class Label>
void error_diffusion(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                     std::span<const Rgba> codebook, Space space, int strength, unsigned threads,
                     std::span<Label> labels /* OUT */) {
    if (labels.empty()) return;
    with_labels(space, codebook, channels == 4, [&](auto& nearest) {
        if (channels == 3)
            diffuse(OpaqueStep(nearest, codebook, strength), pixels, width, threads, labels);
        else
            diffuse(TranslucentStep(nearest, codebook, strength), pixels, width, threads, labels);
    });
}

namespace {

// Two codes to mix, the darker first, so that where the halves of a gradient meet the mask goes on.
struct Mixture {
    std::uint32_t dark, bright;
    int brightness;  // in 256ths: the share of pixels that get the bright code
};

constexpr int full = 256;        // 1.0 as a share of pixels
constexpr int noise_shift = 3;   // a mixture's own variance weighs 2^-3

int luma(const Rgba& code) { return (2 * code[0] + 5 * code[1] + code[2]) * code[3]; }

class Mixer {
public:
    Mixer(Space space, std::span<const Rgba> codebook, bool translucent)
        : space_(space), codebook_(codebook), nearest_(space, codebook, translucent), codes_(codebook.size()) {
        for (std::size_t i = 0; i < codebook.size(); ++i) codes_[i] = embed(space, codebook[i]);
    }

    Mixture operator()(Rgba color) {
        const std::uint32_t first = nearest_(color);
        std::uint32_t second = first;
        std::int64_t share = 0;
        const Point point = embed(space_, color);
        const Point& near = codes_[first];
        std::int64_t rest = 0;
        for (std::size_t axis = 0; axis < 4; ++axis) rest += square(point[axis] - near[axis]);
        if (color[3] != 0 && rest != 0) {
            std::int64_t least = 0;
            const bool stays_opaque = color[3] == 255 && codebook_[first][3] == 255;
            for (std::uint32_t i = 0; i < codes_.size(); ++i) {
                if (stays_opaque && codebook_[i][3] != 255) continue;
                std::int64_t apart = 0, along = 0;
                for (std::size_t axis = 0; axis < 4; ++axis) {
                    const std::int64_t step = codes_[i][axis] - near[axis];
                    apart += step * step;
                    along += step * (point[axis] - near[axis]);
                }
                if (along <= 0) continue;
                // The share that keeps the mean; its noise only decides between pairs.
                const std::int64_t t =
                    std::min<std::int64_t>(full / 2, (2 * full * along + apart) / (2 * apart));
                const std::int64_t cost =
                    ((t * t * apart - 2 * full * t * along) << noise_shift) + t * (full - t) * apart;
                if (cost < least) {
                    least = cost;
                    second = i;
                    share = t;
                }
            }
        }
        const bool swap = std::pair(luma(codebook_[second]), second) < std::pair(luma(codebook_[first]), first);
        if (swap) return {second, first, static_cast<int>(full - share)};
        return {first, second, static_cast<int>(share)};
    }

private:
    static std::int64_t square(std::int64_t x) { return x * x; }

    Space space_;
    std::span<const Rgba> codebook_;
    LazyLabels nearest_;
    std::vector<Point> codes_;
};

}  // namespace

template <class Label>
void ordered(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
             std::span<const Rgba> codebook, Space space, unsigned, std::span<Label> labels /* OUT */) {
    Mixer mixer(space, codebook, channels == 4);
    struct Entry {
        Rgba color;
        bool filled;
        Mixture mixture;
    };
    std::vector<Entry> cache(std::size_t{1} << 16);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const Rgba color = pixel_at(pixels, channels, i);
        const std::uint32_t key = color[0] | std::uint32_t{color[1]} << 8 | std::uint32_t{color[2]} << 16 |
                                  std::uint32_t{color[3]} << 24;
        Entry& entry = cache[key * 0x9E3779B1u >> 16];
        if (!entry.filled || entry.color != color) entry = {color, true, mixer(color)};
        const Mixture& mixture = entry.mixture;
        const int threshold = thresholds[i / width % 64 * 64 + i % width % 64];
        labels[i] = static_cast<Label>(threshold < mixture.brightness ? mixture.bright : mixture.dark);
    }
}

std::span<const std::uint8_t> blue_noise() { return thresholds; }

template void error_diffusion(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space,
                              int, unsigned, std::span<std::uint8_t>);
template void error_diffusion(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space,
                              int, unsigned, std::span<std::uint16_t>);
template void ordered(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space, unsigned,
                      std::span<std::uint8_t>);
template void ordered(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space, unsigned,
                      std::span<std::uint16_t>);

}  // namespace huepress
