// Codes four side by side, and which of them is nearest.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/four.hpp"
#include "core/types.hpp"

namespace huepress {

// The first two coordinates of each, and the last two: pairs multiply and add up at once.
struct FourCodes {
    std::int16_t first_pairs[8], last_pairs[8];

    Point point(std::size_t lane) const {
        return {first_pairs[2 * lane], first_pairs[2 * lane + 1], last_pairs[2 * lane],
                last_pairs[2 * lane + 1]};
    }
    void set(std::size_t lane, const Point& point) {
        std::copy_n(point.begin(), 2, first_pairs + 2 * lane);
        std::copy_n(point.begin() + 2, 2, last_pairs + 2 * lane);
    }
};

// So many groups hold these codes; two at least, as nearest() wants.
constexpr std::size_t groups_of(std::size_t codes) {
    return std::max<std::size_t>(2, (codes + 3) / 4);
}

// The squared distances from one point to the codes of a group.
class FourDistances {
public:
    FourDistances() = default;
    explicit FourDistances(const Point& point)
        : first_(pair_of<0>(load_4(point))), last_(pair_of<1>(load_4(point))) {}

    HUEPRESS_ALWAYS_INLINE I32x4 operator()(const FourCodes& group) const {
        const I16x8 a = load_8(group.first_pairs) - first_, b = load_8(group.last_pairs) - last_;
        return dot(a, a) + dot(b, b);
    }

    // The lanes, as bits, that are no farther than `reach` and their leeway.
    unsigned within(const FourCodes& group, std::int32_t reach,
                    const std::array<std::int32_t, 4>& leeway) const {
        return lanes_at_most((*this)(group), all_4(reach) + load_4(leeway.data()));
    }

    // The place of the nearest code, the first of equals. Group: holds FourCodes.
    template <class Group>
    std::uint32_t nearest(const Group* groups, std::size_t count) const {
        // Most lists have one group or two; to do two at once costs less than a mispredicted
        // branch.
        const I32x4 one = (*this)(groups[0]), two = (*this)(groups[1]);
        I32x4 least = min(one, two);
        for (std::size_t i = 2; i < count; ++i) least = min(least, (*this)(groups[i]));
        least = least_everywhere(least);
        const unsigned lanes = lanes_equal(one, least) | lanes_equal(two, least) << 4;
        if (lanes != 0) return static_cast<std::uint32_t>(std::countr_zero(lanes));
        for (std::uint32_t i = 2;; ++i)
            if (const unsigned later = lanes_equal((*this)(groups[i]), least))
                return 4 * i + static_cast<std::uint32_t>(std::countr_zero(later));
    }

private:
    I16x8 first_{}, last_{};
};

}  // namespace huepress
