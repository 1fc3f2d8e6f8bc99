#include "map/dither.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/four.hpp"
#include "core/integers.hpp"
#include "core/parallel.hpp"
#include "map/labels.hpp"
#include "map/mixing.hpp"

namespace huepress {
namespace {

constexpr std::uint8_t thresholds[64 * 64] = {
#include "map/blue_noise.inc"
};

Rgba pixel_at(std::span<const std::uint8_t> pixels, int channels, std::size_t i) {
    const std::uint8_t* p = pixels.data() + i * static_cast<std::size_t>(channels);
    return {p[0], p[1], p[2], channels == 4 ? p[3] : std::uint8_t{255}};
}

// What a pixel does with errors, in the four mixing coordinates. `before` are those of the pixels
// to the left, above left, above and above right; operator() returns the pixel's own and sets its
// label. What needs no errors is prepared apart: there nothing waits for what comes before, so that
// the pixels overlap.
template <std::size_t channels_, class Label>
class Step {
public:
    static constexpr std::size_t channels = channels_;
    using Codes = TargetCodes<Label>;
    using Stored = Point;

    struct alignas(32) Prepared {
        Point own;              // where the pixel is
        Point compared;         // its cell's centre, of an opaque pixel
        float reach;            // a whole number
        std::int32_t farthest;  // squared distance of a code to `compared`
    };

    HUEPRESS_ALWAYS_INLINE void prepare(const std::uint8_t* pixel,
                                        Prepared& prepared /* OUT */) const {
        if (channels == 3 || pixel[3] == 255)
            prepare_opaque(pixel, prepared);
        else if (pixel[3] != 0)
            prepare_translucent(codes_, pixel, prepared);
    }

    using Error = I16x4;

    static Error load(const Stored& stored) { return load_4(stored); }
    static void store(const Error& error, Stored& stored /* OUT */) { store_4(error, stored); }

    Step(Codes& codes, int strength)
        : codes_(codes), opaque_(codes.opaque()), in_oklab_(codes.in_oklab()),
          slot_bits_(opaque_.slot_bits), last_(codes.opaque_compared() << 16 | opaque_alpha),
          beside_(7 * strength, strength), above_(5 * strength, 3 * strength) {}

    HUEPRESS_ALWAYS_INLINE Error operator()(const std::uint8_t* pixel, const Prepared& prepared,
                                            const std::array<Error, 4>& before,
                                            std::uint32_t& label) const {
        if (channels == 4 && pixel[3] == 0) {
            label = codes_.clear();
            return none_4();
        }
        const I32x4 sum = weighed(before[0], before[1], beside_) +
                          weighed(before[2], before[3], above_) + all_4(2048);
        const I32x4 shift = sum >> 12;
        if (channels == 3 || pixel[3] == 255) return opaque(pixel, prepared, shift, label);
        Point shifted;
        store_4(narrowed(shift), shifted);
        return load_4(translucent(codes_, prepared, shifted, label));
    }

private:
    // As shorten(), at once: a shift of nothing is no number of times too long, and stays.
    HUEPRESS_ALWAYS_INLINE static I16x4 shortened(const I32x4& shift, float bound) {
        const F32x4 wide = to_float(shift);
        const F32x4 share = at_most(all_4(bound) / greatest_everywhere(wide), all_4(1.0f));
        return truncated(wide * share);
    }

    // As TargetCodes::reach(), without branches that no processor would foresee.
    HUEPRESS_ALWAYS_INLINE static I16x4 reach(const I16x4& room, const I16x4& far) {
        const I16x4 less = min(room, far);
        return min(max(max(room, far), less + (less >> 1)),
                   all_4(static_cast<std::int16_t>(farthest_shift)));
    }

    HUEPRESS_ALWAYS_INLINE void prepare_opaque(const std::uint8_t* pixel,
                                               Prepared& prepared /* OUT */) const {
        const auto &red = codes_.level(pixel[0]), &green = codes_.level(pixel[1]),
                   &blue = codes_.level(pixel[2]);
        using Level = typename Codes::Level;
        const auto coordinates = [](const Level& level) {  // its own, the centre's
            std::int32_t both;
            std::memcpy(&both, reinterpret_cast<const char*>(&level) + offsetof(Level, coordinate),
                        sizeof both);
            return both;
        };
        const Two both = unzipped(coordinates(red), coordinates(green), coordinates(blue), last_);
        const std::size_t place = opaque_.place(codes_.index_of(red, green, blue));
        const std::uint32_t label = opaque_.labels[place];
        const auto& around = codes_.around(label);
        const Two code = load_two(opaque_.codes[label].point);
        const I16x4 compared = in_oklab_ ? load_4(codes_.compared_centre_at(place)) : both.second;
        store_two(both.first, compared, prepared.own);
        const I16x4 far = greatest_of_three(both.second - code.first);
        prepared.reach =
            static_cast<float>(static_cast<int>(lane<0>(reach(one_of_4(around.room), far))));
        prepared.farthest = farthest(sum_of_squares(compared - code.second), around.farthest);
    }

    HUEPRESS_ALWAYS_INLINE Error opaque(const std::uint8_t* pixel, const Prepared& prepared,
                                        const I32x4& shift, std::uint32_t& label) const {
        const Two both = load_two(prepared.own);
        const I16x4 target = both.first + shortened(without_last(shift), prepared.reach);
        const I16x4 slots = (target + all_4(Codes::Opaque::farthest_16)) >> slot_bits_;
        label = opaque_.label_of_slots(lane<0>(slots), lane<1>(slots), lane<2>(slots), [&] {
            Point point;
            store_4(target, point);
            return point;
        });
        Two code = load_two(opaque_.codes[label].point);
        if (sum_of_squares(code.second - both.second) > prepared.farthest) [[unlikely]] {
            label = unless_it_strays(codes_, pixel, prepared.own, label);
            code = load_two(opaque_.codes[label].point);
        }
        return target - code.first;
    }

    HUEPRESS_NEVER_INLINE static void prepare_translucent(Codes& codes, const std::uint8_t* pixel,
                                                          Prepared& prepared /* OUT */) {
        const int alpha = pixel[3];
        Point& own = prepared.own;
        for (std::size_t c = 0; c < 3; ++c)
            own[c] = static_cast<std::int16_t>(
                divide_rounded(codes.level(pixel[c]).coordinate * alpha, 255));
        own[3] = static_cast<std::int16_t>(alpha_level * alpha);
        const std::uint32_t undithered = codes.translucent(own);
        int far = 0;
        for (std::size_t c = 0; c < 4; ++c)
            far = std::max(far, std::abs(own[c] - codes[undithered].point[c]));
        prepared.reach = static_cast<float>(codes.reach(codes.around(undithered).room, far));
    }

    HUEPRESS_NEVER_INLINE static Point translucent(Codes& codes, const Prepared& prepared,
                                                   Point shift, std::uint32_t& label) {
        Point target = prepared.own;
        shorten(shift, prepared.reach);
        for (std::size_t c = 0; c < 4; ++c)
            target[c] = static_cast<std::int16_t>(target[c] + shift[c]);
        target[3] = std::clamp<std::int16_t>(target[3], alpha_level, 254 * alpha_level);
        label = codes.translucent(target);
        return difference(target, codes[label].point);
    }

    static constexpr std::int16_t opaque_alpha = 255 * alpha_level;

    static Point difference(const Point& a, const Point& b) {
        Point result;
        for (std::size_t c = 0; c < 4; ++c) result[c] = static_cast<std::int16_t>(a[c] - b[c]);
        return result;
    }

    // Half as far again as the code undithered, or what lies around that.
    static std::int32_t farthest(std::int32_t distance, std::int32_t around) {
        return std::max(2 * distance + (distance >> 2), around);
    }

    // The label that is too far, or where some channel also differs by more than the room, the
    // undithered one.
    HUEPRESS_NEVER_INLINE static std::uint32_t unless_it_strays(Codes& codes,
                                                                const std::uint8_t* pixel,
                                                                const Point& own,
                                                                std::uint32_t label) {
        const Point& code = codes[label].point;
        int most = 0;
        for (std::size_t c = 0; c < 3; ++c) most = std::max(most, std::abs(own[c] - code[c]));
        const auto index =
            codes.index_of(codes.level(pixel[0]), codes.level(pixel[1]), codes.level(pixel[2]));
        const auto opaque = codes.opaque();
        const bool strays = most > codes.around(opaque.labels[opaque.place(index)]).room;
        return strays ? opaque.label(own) : label;
    }

    // Keeps the direction: what several codes lack each would else be cut to the same corner.
    static void shorten(Point& shift /* IN, OUT */, float bound) {
        int most = 0;
        for (const std::int16_t s : shift) most = std::max(most, std::abs(s));
        if (static_cast<float>(most) <= bound) return;
        const float share = bound / static_cast<float>(most);
        for (std::int16_t& s : shift) s = static_cast<std::int16_t>(static_cast<float>(s) * share);
    }

    Codes& codes_;
    typename Codes::Opaque opaque_;
    bool in_oklab_;
    ShiftBy slot_bits_;
    std::int32_t last_;  // the fourth coordinates of opaque pixels: their own, the compared one
    TwoWeights beside_, above_;
};

constexpr std::size_t rows_at_once = 4;

// Labels `rows` rows side by side, each two pixels behind the one above: then their long chains of
// dependent steps overlap, and every error is there when it is needed, as in plain raster order.
// above: the errors of the row above, one more 0 on each side; below: where the last row's go.
// wait(x): returns when above[..x] are there; done(x): below[..x] are.
template <std::size_t rows, class Step, class Label, class Wait, class Done>
void diffuse_rows(const Step step, const std::uint8_t* pixels, std::size_t width,
                  Label* labels /* OUT */, const typename Step::Stored* above,
                  typename Step::Stored* below, Wait wait, Done done) {
    using Error = typename Step::Error;
    struct Row {
        Error last[3]{};  // of the pixels 1, 2 and 3 before
    };
    constexpr std::size_t lag = 2 * (rows - 1), run = 64;
    std::array<Row, rows> state{};
    std::array<std::array<typename Step::Prepared, run>, rows> prepared;
    std::size_t start = 0;  // of what is prepared
    const auto visit_row = [&]<bool inside, std::size_t r>(std::size_t i, Error& now) {
        if (!inside && (i < 2 * r || i - 2 * r >= width)) return;
        const std::size_t x = i - 2 * r;
        std::array<Error, 4> before;
        if constexpr (r == 0)
            before = {state[0].last[0], Step::load(above[x]), Step::load(above[x + 1]),
                      Step::load(above[x + 2])};
        else
            before = {state[r].last[0], state[r - 1].last[2], state[r - 1].last[1],
                      state[r - 1].last[0]};
        std::uint32_t label;
        now =
            step(pixels + (r * width + x) * Step::channels, prepared[r][i - start], before, label);
        labels[r * width + x] = static_cast<Label>(label);
        if constexpr (r == rows - 1) Step::store(now, below[x + 1]);
    };
    const auto visit = [&]<bool inside, std::size_t... r>(std::size_t i,
                                                          std::index_sequence<r...>) {
        std::array<Error, rows> now{};
        (visit_row.template operator()<inside, r>(i, now[r]), ...);
        ((state[r].last[2] = state[r].last[1], state[r].last[1] = state[r].last[0],
          state[r].last[0] = now[r]),
         ...);
    };
    constexpr auto each_row = std::make_index_sequence<rows>();
    for (std::size_t i = 0; i < width + lag;) {
        const std::size_t end =
            std::min(i < lag ? lag : i + run, i < width ? std::max(width, lag) : width + lag);
        start = i;
        for (std::size_t r = 0; r < rows; ++r) {
            const std::size_t first = std::max(i, 2 * r), last = std::min(end, width + 2 * r);
            const std::uint8_t* pixel = pixels + (r * width + first - 2 * r) * Step::channels;
            for (std::size_t at = first; at < last; ++at, pixel += Step::channels)
                step.prepare(pixel, prepared[r][at - start]);
        }
        wait(std::min(width, end + 1));
        if (i >= lag && end <= width)
            for (; i < end; ++i) visit.template operator()<true>(i, each_row);
        else
            for (; i < end; ++i) visit.template operator()<false>(i, each_row);
        if (end > lag) done(end - lag);
    }
}

template <class Step, class Label>
void diffuse(const Step& step, std::span<const std::uint8_t> pixels, std::size_t width,
             unsigned threads, std::span<Label> labels /* OUT */) {
    using Stored = typename Step::Stored;
    const std::size_t height = labels.size() / width,
                      groups = (height + rows_at_once - 1) / rows_at_once;
    // Groups end in the order in which they begin, each waiting for the one above: by the time a
    // group begins, the one that read its buffer has ended.
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
        const Stored* above =
            group == 0 ? none.data() : carried[(group - 1) % carried.size()].data();
        Stored* below = carried[group % carried.size()].data();
        const auto wait = [&](std::size_t x) {
            if (group == 0) return;
            while (progress[group - 1].load(std::memory_order_acquire) < x)
                std::this_thread::yield();
        };
        const auto done = [&](std::size_t x) {
            progress[group].store(x, std::memory_order_release);
        };
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

constexpr int full = 256;       // 1.0 as a share of pixels
constexpr int noise_shift = 3;  // a mixture's own variance weighs 2^-3

int luma(const Rgba& code) { return (2 * code[0] + 5 * code[1] + code[2]) * code[3]; }

class Mixer {
public:
    Mixer(Space space, std::span<const Rgba> codebook, bool translucent)
        : space_(space), codebook_(codebook), nearest_(space, codebook, translucent),
          codes_(codebook.size()) {
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
            const std::int64_t farthest =
                std::max({9 * rest / 4, 49 * gaps_[first] / 16, square(fit_unit / 16)});
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
                if (rest + apart - 2 * along > farthest && strays(own, mixed_[i], rooms_[first]))
                    continue;
                // As if colours added up here; its noise only decides between pairs.
                const std::int64_t t =
                    std::min<std::int64_t>(full / 2, (2 * full * along + apart) / (2 * apart));
                const std::int64_t cost = ((t * t * apart - 2 * full * t * along) << noise_shift) +
                                          t * (full - t) * apart;
                if (cost < least) {
                    least = cost;
                    second = i;
                    share = t;
                }
            }
        }
        if (second != first) share = keeping_the_mean(color, first, second);
        const bool swap =
            std::pair(luma(codebook_[second]), second) < std::pair(luma(codebook_[first]), first);
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

    // The share of the second code with which the mixture comes nearest to the colour where colours
    // add up.
    std::int64_t keeping_the_mean(Rgba color, std::uint32_t first, std::uint32_t second) const {
        const Point point = mixed(mixing_space(space_), color);
        std::int64_t apart = 0, along = 0;
        for (std::size_t axis = 0; axis < 4; ++axis) {
            const std::int64_t step = mixed_[second][axis] - mixed_[first][axis];
            apart += step * step;
            along += step * (point[axis] - mixed_[first][axis]);
        }
        return apart == 0 ? 0
                          : std::clamp<std::int64_t>(divide_rounded(full * along, apart), 0, full);
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
             std::span<const Rgba> codebook, Space space, unsigned,
             std::span<Label> labels /* OUT */) {
    Mixer mixer(space, codebook, channels == 4);
    struct Entry {
        Rgba color;
        bool filled;
        Mixture mixture;
    };
    std::vector<Entry> cache(std::size_t{1} << 16);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const Rgba color = pixel_at(pixels, channels, i);
        const std::uint32_t key = color[0] | std::uint32_t{color[1]} << 8 |
                                  std::uint32_t{color[2]} << 16 | std::uint32_t{color[3]} << 24;
        Entry& entry = cache[key * 0x9E3779B1u >> 16];
        if (!entry.filled || entry.color != color) entry = {color, true, mixer(color)};
        const Mixture& mixture = entry.mixture;
        const int threshold = thresholds[i / width % 64 * 64 + i % width % 64];
        labels[i] =
            static_cast<Label>(threshold < mixture.brightness ? mixture.bright : mixture.dark);
    }
}

std::span<const std::uint8_t> blue_noise() { return thresholds; }

template void error_diffusion(std::span<const std::uint8_t>, std::size_t, int,
                              std::span<const Rgba>, Space, int, unsigned, std::span<std::uint8_t>);
template void error_diffusion(std::span<const std::uint8_t>, std::size_t, int,
                              std::span<const Rgba>, Space, int, unsigned,
                              std::span<std::uint16_t>);
template void ordered(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space,
                      unsigned, std::span<std::uint8_t>);
template void ordered(std::span<const std::uint8_t>, std::size_t, int, std::span<const Rgba>, Space,
                      unsigned, std::span<std::uint16_t>);

}  // namespace huepress
