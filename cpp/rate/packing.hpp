// Several labels in a byte, as PNG and WebP write few codes: copies are then of whole bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "rate/ratekernels.hpp"

namespace huepress {

// Places of a row hold `pixels` labels each, as the digits of a number to the base of k, the first
// one highest. Which sample a format writes for a label does not matter to what repeats.
class Packing {
public:
    // filler: the label of the pixels beyond the end of a row, whatever it may be.
    Packing(int pixels, int k, std::uint8_t filler)
        : pixels_(static_cast<std::size_t>(pixels)), k_(k) {
        for (int i = 0; i < pixels; ++i) all_ *= k;
        std::fill_n(none_.cost, codes_max, never);
        none_.cost[filler] = 0;
    }

    std::size_t pixels() const { return pixels_; }
    int codes() const { return all_; }
    std::size_t places(std::size_t width) const { return (width + pixels_ - 1) / pixels_; }
    // The code of a place whose pixels all have this label.
    std::uint8_t alike(std::uint8_t label) const {
        int code = 0;
        for (std::size_t i = 0; i < pixels_; ++i) code = code * k_ + label;
        return static_cast<std::uint8_t>(code);
    }
    // The column of a pixel beyond the end of a row.
    const Column& none() const { return none_; }
    void unpack(const std::uint8_t* codes, std::size_t width,
                std::uint8_t* labels /* OUT */) const {
        for (std::size_t x = 0; x < width; x += pixels_) {
            int code = *codes++;
            for (std::size_t i = pixels_; i-- > 0; code /= k_)
                if (x + i < width) labels[x + i] = static_cast<std::uint8_t>(code % k_);
        }
    }

    // What each code of a place costs, of the columns of its pixels, and the cheapest literal.
    // bits: what each takes.
    void fill(const Column* const* pixels, const std::int16_t* bits,
              Column& column /* OUT */) const {
        std::int32_t sums[codes_max], next[codes_max];
        int n = k_;
        take(*pixels[0], sums);
        for (std::size_t p = 1; p < pixels_; ++p) {
            std::int32_t last[codes_max];
            take(*pixels[p], last);
            for (int i = 0; i < n; ++i)
                for (int j = 0; j < k_; ++j) next[i * k_ + j] = sums[i] + last[j];
            n *= k_;
            std::copy_n(next, n, sums);
        }
        std::int32_t least = std::numeric_limits<std::int32_t>::max();
        for (int i = 0; i < n; ++i) {
            const std::int32_t cost = std::clamp<std::int32_t>(sums[i], -never / 2, never);
            column.cost[i] = static_cast<std::int16_t>(cost);
            least = std::min(least, cost + bits[i]);
        }
        int at = 0;
        while (column.cost[at] + bits[at] != least) ++at;
        column.literal = static_cast<std::uint8_t>(at);
        column.literal_cost = static_cast<std::int16_t>(least);
    }

private:
    // What must not be taken stays so beside a pixel that is glad of its label.
    void take(const Column& pixel, std::int32_t* cost /* OUT */) const {
        constexpr std::int32_t barred = 1 << 20;
        for (int i = 0; i < k_; ++i) cost[i] = pixel.cost[i] == never ? barred : pixel.cost[i];
    }

    std::size_t pixels_;
    int k_, all_ = 1;
    Column none_{};
};

}  // namespace huepress
