// The colours that the labels of a row should come near to.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "color/pointcache.hpp"
#include "core/distance.hpp"
#include "rate/kinds.hpp"
#include "rate/ratekernels.hpp"
#include "rate/ratemap.hpp"
#include "rate/screen.hpp"

namespace huepress {

// What each pixel of a row would best be: its own colour, and what its neighbours lack. The row's
// own errors are those of nearest codes; how the labels that are chosen differ from them goes a row
// down.
class Targets {
public:
    Targets(std::span<const std::uint8_t> pixels, std::size_t width, std::size_t channels,
            Space space, std::span<const std::uint16_t> mask, const RateOptions& options,
            const Codes& codes, const RateKernels& kernels)
        : pixels_(pixels), width_(width), channels_(channels),
          point_(space, static_cast<int>(channels)), mask_(mask), options_(options),
          screen_(options.screen), codes_(codes), kernels_(kernels),
          clear_place_(embed(space, Rgba{})), least_translucent_(embed(space, Rgba{0, 0, 0, 1})[3]),
          most_translucent_(embed(space, Rgba{0, 0, 0, 254})[3]),
          opaque_place_(embed(space, Rgba{0, 0, 0, 255})[3]) {
        for (auto* row : {&targets_, &above_})
            row->resize((width + group_size - 1) / group_size * group_size);
        for (auto* row : {&kinds_, &kinds_above_}) row->assign(width, Kind::opaque);
        error_.assign(4 * width, 0);
        carried_.assign(4 * width, 0);
        missed_.assign(4 * width + 8, 0);
        if (!screen_.any()) return;
        if (screen_.leave >= 0) leave_ = codes.all().inner[static_cast<std::size_t>(screen_.leave)];
        for (auto* row : {&shown_, &shown_above_}) row->resize(width);
        for (auto* row : {&states_, &states_above_}) row->assign(width, Screen::free);
    }

    std::size_t channels() const { return channels_; }
    const Point& operator[](std::size_t x) const { return targets_[x]; }
    const Kind& kind(std::size_t x) const { return kinds_[x]; }
    // How much errors of lightness and alpha count, and of chroma.
    const std::uint16_t* weights(std::size_t x) const { return mask_row_ + 2 * x; }

    // The code that leaves a pixel as it is, by its place in all(); -1 where there is none.
    int leave() const { return leave_; }
    Screen::State state(std::size_t x) const { return screen_.any() ? states_[x] : Screen::free; }
    // What a pixel shows if it is left, or has to show. Only where there is a screen.
    const Point& shown(std::size_t x) const { return shown_[x]; }
    const std::uint8_t* shown_color(std::size_t x) const { return shown_row_ + channels_ * x; }
    Kind shown_kind(std::size_t x) const {
        return kind_of(channels_ == 4 ? shown_color(x)[3] : 255);
    }

    // Whether nothing differs from the pixel before, or from the row above, which there must be.
    bool repeats(std::size_t x) const {
        if (!same(targets_[x], targets_[x - 1]) || kinds_[x] != kinds_[x - 1]) return false;
        if (screen_.any()) {
            if (states_[x] != states_[x - 1] || !same(shown_[x], shown_[x - 1])) return false;
            if (states_[x] != Screen::free) return same_color(shown_color(x), shown_color(x - 1));
        }
        return mask_row_[2 * x] == mask_row_[2 * x - 2] &&
               mask_row_[2 * x + 1] == mask_row_[2 * x - 1];
    }
    bool row_repeats() const {
        if (screen_.any() &&
            (states_ != states_above_ || !std::equal(shown_row_, shown_row_ + channels_ * width_,
                                                     shown_row_ - channels_ * width_)))
            return false;
        return targets_ == above_ && kinds_ == kinds_above_ &&
               std::equal(mask_row_, mask_row_ + 2 * width_, mask_row_ - 2 * width_);
    }

    void begin_row(std::size_t y) {
        std::swap(targets_, above_);
        std::swap(kinds_, kinds_above_);
        mask_row_ = mask_.data() + 2 * y * width_;
        if (screen_.any()) see(y);
        point_(pixels_.data() + y * width_ * channels_, std::span(targets_).first(width_));
        for (Point& target : targets_) target = stretch_chroma(target, options_.chroma);
        if (channels_ == 4)
            for (std::size_t x = 0; x < width_; ++x)
                kinds_[x] = kind_of(pixels_[(y * width_ + x) * 4 + 3]);
        std::int16_t* target = targets_[0].data();
        if (options_.feedback || options_.dither) {
            for (std::size_t i = 0; i < 4 * width_; ++i)
                target[i] = clamped(target[i] + error_[i], far_out);
            for (std::size_t x = 0; x < width_; ++x) keep_kind(x);
        }
        if (screen_.any()) hold_still();
        if (!options_.dither) return;
        Point carried{};
        for (std::size_t x = 0; x < width_; ++x) {
            if (state(x) != Screen::free) {
                carried = {};
                std::fill_n(&carried_[4 * x], 4, std::int16_t{0});
                continue;
            }
            for (std::size_t c = 0; c < 4; ++c)
                targets_[x][c] = clamped(targets_[x][c] + carried[c], far_out);
            keep_kind(x);
            const CodeTable& table = codes_.table_of(kinds_[x]);
            // In even areas the code of the pixel before is hit exactly, and none is nearer.
            if (same(targets_[x], table.points[nearest_])) {
                carried = {};
                std::fill_n(&carried_[4 * x], 4, std::int16_t{0});
                continue;
            }
            nearest_ = kernels_.nearest(table, targets_[x], nearest_).at;
            for (std::size_t c = 0; c < 4; ++c) {
                carried[c] = static_cast<std::int16_t>(
                    clamped(targets_[x][c] - table.points[nearest_][c], error_max) * share(x) /
                    256);
                carried_[4 * x + c] = carried[c];
            }
        }
    }

    // Keeps what the labels of the row lack. row: places in codes.all(), as they were chosen.
    void end_row(const std::uint8_t* row) {
        if (!options_.feedback && !options_.dither) return;
        const std::int16_t* target = targets_[0].data();
        std::int16_t* missed = missed_.data() + 4;
        for (std::size_t x = 0; x < width_; ++x) {
            const bool left = screen_.any() && (states_[x] != Screen::free || row[x] == leave_);
            std::memcpy(missed + 4 * x, left ? &shown_[x] : &codes_.all().points[row[x]],
                        sizeof(Point));
        }
        for (std::size_t i = 0; i < 4 * width_; ++i) {
            const int error = clamped(target[i] - missed[i], error_max);
            int down = error * options_.feedback / 256;
            if (options_.dither) down += error * share(i / 4) / 256 - carried_[i];
            missed[i] = static_cast<std::int16_t>(down);
        }
        // Thirds for the three pixels below; what the division leaves goes straight down.
        for (std::size_t i = 0; i < 4 * width_; ++i)
            error_[i] = static_cast<std::int16_t>(third(missed[i]) * -2 + missed[i] +
                                                  third(missed_[i]) + third(missed[i + 4]));
    }

private:
    static constexpr std::int32_t error_max = 3000;

    bool same_color(const std::uint8_t* a, const std::uint8_t* b) const {
        return std::equal(a, a + channels_, b);
    }
    static bool same(const Point& a, const Point& b) {
        return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
    }

    // What the screen says of a row.
    void see(std::size_t y) {
        std::swap(shown_, shown_above_);
        std::swap(states_, states_above_);
        shown_row_ = screen_.shown.data() + y * width_ * channels_;
        point_(shown_row_, shown_);
        for (Point& shown : shown_) shown = stretch_chroma(shown, options_.chroma);
        const std::uint8_t* states = screen_.states.data() + y * width_;
        for (std::size_t x = 0; x < width_; ++x) states_[x] = static_cast<Screen::State>(states[x]);
    }

    // A pixel that is not free has no error, and takes none up.
    void hold_still() {
        for (std::size_t x = 0; x < width_; ++x)
            if (states_[x] != Screen::free) {
                targets_[x] = shown_[x];
                kinds_[x] = shown_kind(x);
            }
    }

    // Errors of neighbours change no pixel's kind, and none reach a clear one.
    void keep_kind(std::size_t x) {
        if (kinds_[x] == Kind::clear)
            targets_[x] = clear_place_;
        else if (kinds_[x] == Kind::opaque)
            targets_[x][3] = opaque_place_;
        else
            targets_[x][3] = std::clamp(targets_[x][3], least_translucent_, most_translucent_);
    }

    static std::int16_t clamped(int value, int most) {
        return static_cast<std::int16_t>(std::clamp(value, -most, most));
    }

    // How much of its error a pixel hands on in its row, in 256ths.
    int share(std::size_t x) const {
        return options_.dither * std::min<int>(mask_row_[2 * x], mask_unit) / mask_unit;
    }

    // x / 3 for |x| < 2^14, in 16 bits.
    static std::int16_t third(std::int16_t x) {
        return static_cast<std::int16_t>((x * 21846 >> 16) + (x < 0));
    }

    std::span<const std::uint8_t> pixels_;
    std::size_t width_, channels_;
    PointCache point_;
    std::span<const std::uint16_t> mask_;
    const RateOptions& options_;
    const Screen& screen_;
    const Codes& codes_;
    const RateKernels& kernels_;
    int leave_ = -1;
    Point clear_place_;
    std::int16_t least_translucent_, most_translucent_, opaque_place_;  // fourth coordinates

    std::vector<Point> targets_, above_;
    std::vector<Kind> kinds_, kinds_above_;
    // Coordinates: what comes from the row above, what was handed on along the row, and what the
    // row lacks, which begins a pixel early.
    std::vector<std::int16_t> error_, carried_, missed_;
    std::vector<Point> shown_, shown_above_;
    std::vector<Screen::State> states_, states_above_;
    const std::uint8_t* shown_row_ = nullptr;
    const std::uint16_t* mask_row_ = nullptr;
    int nearest_ = 0;  // the code nearest to the pixel before
};

}  // namespace huepress
