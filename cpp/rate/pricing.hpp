// What each code costs at a pixel of the row at hand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "rate/kinds.hpp"
#include "rate/ratekernels.hpp"
#include "rate/ratemap.hpp"
#include "rate/targets.hpp"

namespace huepress {

class Pricing {
public:
    Pricing(const RateOptions& options, const Codes& codes, const Targets& targets,
            const RateKernels& kernels)
        : options_(options), codes_(codes), targets_(targets), kernels_(kernels),
          weight_unit_(static_cast<float>(bit_unit) /
                       (static_cast<float>(mask_unit) *
                        static_cast<float>(std::max<std::int64_t>(options.lambda, 1)))) {}

    // bits: what each code takes as a literal. The group is left to the caller.
    void fill(std::size_t x, const std::int16_t* bits, Column& column /* OUT */) {
        if (targets_.state(x) != Screen::free && fill_held(x, bits, column)) return;
        const std::uint16_t* mask = targets_.weights(x);
        const Weights weights{static_cast<float>(mask[0]) * weight_unit_,
                              static_cast<float>(mask[1]) * weight_unit_};
        const Limits limits{within(options_.cap, mask[0]), within(options_.chroma_cap, mask[1])};
        const Allowed* some = codes_.allowed(targets_.kind(x));
        if (targets_.kind(x) == Kind::translucent && codes_.translucent()) {
            nearest_ = kernels_.nearest(codes_.all(), targets_[x], nearest_).at;
            if (codes_.translucent()->allows(nearest_)) some = codes_.translucent();
        }
        nearest_ = kernels_.fill(some ? some->table() : codes_.all(), targets_[x], nearest_,
                                 weights, limits, bits, column);
        if (some) some->bar(bits, column);
        if (targets_.leave() >= 0)
            price_leaving(x, some ? some->table() : codes_.all(), weights, limits, bits, column);
    }

private:
    // Only what shows the pixel as it has to be, which costs nothing; false where no code does.
    bool fill_held(std::size_t x, const std::int16_t* bits, Column& column /* OUT */) const {
        const int code = codes_.of_color(targets_.shown_color(x), targets_.channels());
        const int leave = targets_.state(x) == Screen::still ? targets_.leave() : -1;
        if (code < 0 && leave < 0) return false;
        std::fill_n(column.cost, codes_max, never);
        const int first = code < 0 ? leave : code, other = leave < 0 ? first : leave;
        column.cost[first] = 0;
        if (leave >= 0) column.cost[leave] = static_cast<std::int16_t>(-options_.screen.prior);
        const bool leaves = column.cost[other] + bits[other] < column.cost[first] + bits[first];
        take_literal(leaves ? other : first, bits, column);
        return true;
    }

    // What leaving a pixel costs: its error as it is shown, beside that of the nearest code.
    void price_leaving(std::size_t x, const CodeTable& table, const Weights& weights,
                       const Limits& limits, const std::int16_t* bits,
                       Column& column /* IN, OUT */) const {
        const int leave = targets_.leave();
        const Kind kind = targets_.kind(x), shown = targets_.shown_kind(x);
        std::int16_t cost = never;
        if (kind == shown || (kind == Kind::translucent && shown != Kind::opaque)) {
            const Error here = error(targets_[x], targets_.shown(x)),
                        least = error(targets_[x], table.points[nearest_]);
            if (std::int64_t{here.light} + here.chroma - least.light - least.chroma <= limits.cap &&
                std::int64_t{here.chroma} - least.chroma <= limits.chroma_cap) {
                const float more = here.weighed(weights) - least.weighed(weights);
                const float whole =
                    std::clamp(more, -static_cast<float>(never) / 2, static_cast<float>(never));
                cost = static_cast<std::int16_t>(std::clamp<int>(
                    static_cast<int>(whole) + column.cost[nearest_], -never / 2, never));
            }
        }
        column.cost[leave] = cost;
        if (column.literal == leave) {
            int least = 0;
            for (int i = 1; i < table.k; ++i)
                if (column.cost[i] + bits[i] < column.cost[least] + bits[least]) least = i;
            take_literal(least, bits, column);
        } else if (cost + bits[leave] < column.literal_cost) {
            take_literal(leave, bits, column);
        }
    }

    static void take_literal(int code, const std::int16_t* bits, Column& column /* OUT */) {
        column.literal = static_cast<std::uint8_t>(code);
        column.literal_cost = static_cast<std::int16_t>(column.cost[code] + bits[code]);
    }

    // Squared, of lightness and alpha, and of chroma.
    struct Error {
        std::int32_t light, chroma;

        float weighed(const Weights& weights) const {
            const float first = static_cast<float>(light) * weights.lightness_alpha;
            const float second = static_cast<float>(chroma) * weights.chroma;
            return first + second;
        }
    };
    static Error error(const Point& a, const Point& b) {
        const auto squared = [&](std::size_t c) {
            const std::int32_t by = a[c] - b[c];
            return by * by;
        };
        return {squared(0) + squared(3), squared(1) + squared(2)};
    }

    // The limit on a squared error grows as the weight shrinks: half the weight, twice the length.
    std::int32_t within(std::int64_t cap, std::uint16_t weight) const {
        const std::int64_t most_cap = options_.most_cap;
        const auto whole = static_cast<double>(std::min(cap, most_cap) * mask_unit * mask_unit);
        const auto share = static_cast<double>(std::max<std::int64_t>(weight, 1));
        return static_cast<std::int32_t>(
            std::min(whole / (share * share), static_cast<double>(most_cap)));
    }

    const RateOptions& options_;
    const Codes& codes_;
    const Targets& targets_;
    const RateKernels& kernels_;
    float weight_unit_;  // what an error costs, for each unit of its weight
    int nearest_ = 0;    // the code nearest to the pixel before
};

}  // namespace huepress
