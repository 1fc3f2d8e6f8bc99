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
    }

private:
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
