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

#include "integers.hpp"
#include "labels.hpp"
#include "mixing.hpp"
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

// What a pixel does with errors, in the four mixing coordinates. `before` are those of the pixels to the left,
// above left, above and above right; operator() returns the pixel's own and sets its label.
template <std::size_t channels_, class Label>
class Step {
public:
    static constexpr std::size_t channels = channels_;
    using Stored = Point;

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

    Step(TargetCodes<Label>& codes, int strength)
        : codes_(codes),
          beside_(_mm_set1_epi32(strength << 16 | 7 * strength)),
          above_(_mm_set1_epi32(3 * strength << 16 | 5 * strength)) {}

    Error operator()(const std::uint8_t* pixel, const std::array<Error, 4>& before, std::uint32_t& label) const {
        if (channels == 4 && pixel[3] == 0) {
            label = codes_.clear();
            return {};
        }
        const __m128i beside = _mm_madd_epi16(_mm_unpacklo_epi16(before[0].lanes, before[1].lanes), beside_);
        const __m128i above = _mm_madd_epi16(_mm_unpacklo_epi16(before[2].lanes, before[3].lanes), above_);
        const __m128i sum = _mm_add_epi32(_mm_add_epi32(beside, above), _mm_set1_epi32(2048));
        const __m128i shift = _mm_packs_epi32(_mm_srai_epi32(sum, 12), _mm_setzero_si128());
        if (channels == 3 || pixel[3] == 255) return opaque(pixel, shift, label);
        Point shifted;
        store({shift}, shifted);
        return load(translucent(pixel, shifted, label));
    }

private:
    static __m128i absolute(__m128i x) { return _mm_max_epi16(x, _mm_sub_epi16(_mm_setzero_si128(), x)); }

    static __m128i shortened(__m128i shift, int bound) {
        const __m128i size = absolute(shift);
        __m128i most = _mm_max_epi16(size, _mm_shufflelo_epi16(size, 0xB1));
        most = _mm_max_epi16(most, _mm_shufflelo_epi16(most, 0x4E));
        const __m128 longest = _mm_cvtepi32_ps(_mm_unpacklo_epi16(most, _mm_setzero_si128()));
        const __m128 allowed = _mm_div_ps(_mm_set1_ps(static_cast<float>(bound)), longest);
        // Where that is no number, as nothing is shifted, the second is taken.
        const __m128 share = _mm_min_ps(allowed, _mm_set1_ps(1));
        const __m128 wide = _mm_cvtepi32_ps(_mm_srai_epi32(_mm_unpacklo_epi16(shift, shift), 16));
        return _mm_packs_epi32(_mm_cvttps_epi32(_mm_mul_ps(wide, share)), _mm_setzero_si128());
    }

    static std::int16_t lane(__m128i x, int i) {
        return static_cast<std::int16_t>(i == 0   ? _mm_extract_epi16(x, 0)
                                         : i == 1 ? _mm_extract_epi16(x, 1)
                                                  : _mm_extract_epi16(x, 2));
    }

    Error opaque(const std::uint8_t* pixel, __m128i shift, std::uint32_t& label) const {
        const __m128i three = _mm_setr_epi16(-1, -1, -1, 0, 0, 0, 0, 0);
        const Point color{codes_.level(pixel[0]), codes_.level(pixel[1]), codes_.level(pixel[2]), opaque_alpha};
        const __m128i own = load(color).lanes;
        const auto& bounds = codes_.bounds(pixel);
        shift = shortened(_mm_and_si128(shift, three), bounds.reach);
        const __m128i target = _mm_add_epi16(own, shift);
        label = codes_.opaque(lane(target, 0), lane(target, 1), lane(target, 2));
        const __m128i apart = _mm_sub_epi16(load(codes_[label].compared).lanes, load(bounds.compared).lanes);
        const __m128i squares = _mm_madd_epi16(apart, apart);
        if (_mm_cvtsi128_si32(_mm_add_epi32(squares, _mm_srli_si128(squares, 4))) > bounds.farthest &&
            strays(color, codes_[label].point, bounds.room))
            label = codes_.opaque(color[0], color[1], color[2]);
        return {_mm_sub_epi16(target, load(codes_[label].point).lanes)};
    }
#else
    using Error = Stored;

    static const Error& load(const Stored& stored) { return stored; }
    static void store(const Error& error, Stored& stored /* OUT */) { stored = error; }

    Step(TargetCodes<Label>& codes, int strength) : codes_(codes), strength_(strength) {}

    Error operator()(const std::uint8_t* pixel, const std::array<Error, 4>& before, std::uint32_t& label) const {
        if (channels == 4 && pixel[3] == 0) {
            label = codes_.clear();
            return {};
        }
        Point shift;
        for (std::size_t c = 0; c < 4; ++c) {
            const int sum = 7 * before[0][c] + before[1][c] + 5 * before[2][c] + 3 * before[3][c];
            shift[c] = static_cast<std::int16_t>((sum * strength_ + 2048) >> 12);
        }
        return channels == 3 || pixel[3] == 255 ? opaque(pixel, shift, label) : translucent(pixel, shift, label);
    }

private:
    Error opaque(const std::uint8_t* pixel, Point shift, std::uint32_t& label) const {
        Point target{codes_.level(pixel[0]), codes_.level(pixel[1]), codes_.level(pixel[2]), opaque_alpha};
        shift[3] = 0;
        const auto& bounds = codes_.bounds(pixel);
        const Point color = target;
        shorten(shift, bounds.reach);
        for (std::size_t c = 0; c < 3; ++c) target[c] = static_cast<std::int16_t>(target[c] + shift[c]);
        label = codes_.opaque(target[0], target[1], target[2]);
        if (squared_distance(codes_[label].compared, bounds.compared) > bounds.farthest &&
            strays(color, codes_[label].point, bounds.room))
            label = codes_.opaque(color[0], color[1], color[2]);
        return difference(target, codes_[label].point);
    }
#endif

    Point translucent(const std::uint8_t* pixel, Point shift, std::uint32_t& label) const {
        const int alpha = pixel[3];
        Point target{0, 0, 0, static_cast<std::int16_t>(alpha_level * alpha)};
        for (std::size_t c = 0; c < 3; ++c)
            target[c] = static_cast<std::int16_t>(divide_rounded(codes_.level(pixel[c]) * alpha, 255));
        const auto& undithered = codes_[codes_.translucent(target)];
        int far = 0;
        for (std::size_t c = 0; c < 4; ++c) far = std::max(far, std::abs(target[c] - undithered.point[c]));
        shorten(shift, codes_.reach(undithered.room, far));
        for (std::size_t c = 0; c < 4; ++c) target[c] = static_cast<std::int16_t>(target[c] + shift[c]);
        target[3] = std::clamp<std::int16_t>(target[3], alpha_level, 254 * alpha_level);
        label = codes_.translucent(target);
        return difference(target, codes_[label].point);
    }

    static constexpr std::int16_t opaque_alpha = 255 * alpha_level;

    static Point difference(const Point& a, const Point& b) {
        Point result;
        for (std::size_t c = 0; c < 4; ++c)
            result[c] = static_cast<std::int16_t>(a[c] - b[c]);
        return result;
    }

    // Whether some channel differs by more than the room.
    static bool strays(const Point& color, const Point& code, int room) {
        return std::max({std::abs(color[0] - code[0]), std::abs(color[1] - code[1]), std::abs(color[2] - code[2])}) > room;
    }

    // Keeps the direction: what several codes lack each would else be cut to the same corner.
    static void shorten(Point& shift /* IN, OUT */, int bound) {
        int most = 0;
        for (const std::int16_t s : shift) most = std::max(most, std::abs(s));
        if (most <= bound) return;
        const float share = static_cast<float>(bound) / static_cast<float>(most);
        for (std::int16_t& s : shift) s = static_cast<std::int16_t>(static_cast<float>(s) * share);
    }

    TargetCodes<Label>& codes_;
#if defined(HUEPRESS_SSE2)
    __m128i beside_, above_;
#else
    int strength_;
#endif
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
            now[r] = step(pixels + (r * width + x) * Step::channels, before, label);
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

template <class Label>
void error_diffusion(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                     std::span<const Rgba> codebook, Space space, int strength, unsigned threads,
                     std::span<Label> labels /* OUT */) {
    if (labels.empty()) return;
    if (strength == 0) return map_nearest(pixels, channels, codebook, space, threads, labels);
    TargetCodes<Label> codes(space, codebook, channels == 4);
    if (channels == 3)
        diffuse(Step<3, Label>(codes, strength), pixels, width, threads, labels);
    else
        diffuse(Step<4, Label>(codes, strength), pixels, width, threads, labels);
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
        for (const Rgba& code : codebook) mixed_.push_back(mixed(mixing_space(space), code));
        gaps_ = usual_squared_gaps(codes_);
        rooms_ = usual_gaps(mixed_);
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
            // As error diffusion bounds its codes.
            const std::int64_t farthest = std::max({9 * rest / 4, 49 * gaps_[first] / 16, square(fit_unit / 16)});
            const Point own = mixed(mixing_space(space_), color);
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
                // |point - code|^2, as seen from the nearest one.
                if (rest + apart - 2 * along > farthest && strays(own, mixed_[i], rooms_[first])) continue;
                // As if colours added up here; its noise only decides between pairs.
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
        if (second != first) share = keeping_the_mean(color, first, second);
        const bool swap = std::pair(luma(codebook_[second]), second) < std::pair(luma(codebook_[first]), first);
        if (swap) return {second, first, static_cast<int>(full - share)};
        return {first, second, static_cast<int>(share)};
    }

private:
    static std::int64_t square(std::int64_t x) { return x * x; }

    static bool strays(const Point& color, const Point& code, std::int64_t room) {
        for (std::size_t axis = 0; axis < 4; ++axis)
            if (std::abs(color[axis] - code[axis]) > room) return true;
        return false;
    }

    // The share of the second code with which the mixture comes nearest to the colour where colours add up.
    std::int64_t keeping_the_mean(Rgba color, std::uint32_t first, std::uint32_t second) const {
        const Point point = mixed(mixing_space(space_), color);
        std::int64_t apart = 0, along = 0;
        for (std::size_t axis = 0; axis < 4; ++axis) {
            const std::int64_t step = mixed_[second][axis] - mixed_[first][axis];
            apart += step * step;
            along += step * (point[axis] - mixed_[first][axis]);
        }
        return apart == 0 ? 0 : std::clamp<std::int64_t>(divide_rounded(full * along, apart), 0, full);
    }

    Space space_;
    std::span<const Rgba> codebook_;
    LazyLabels nearest_;
    std::vector<Point> codes_, mixed_;
    std::vector<std::int64_t> gaps_, rooms_;
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
