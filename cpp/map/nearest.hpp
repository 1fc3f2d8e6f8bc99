// Which code is nearest to a colour, exactly as brute force finds it, without trying all codes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "color/colorspace.hpp"
#include "core/scratch.hpp"
#include "map/fourcodes.hpp"

namespace huepress {

// Answers "which code is nearest to this colour" for one codebook in one fit space: the least
// squared distance between embedded colours, ties to the lowest index; for an opaque colour among
// the opaque codes, where there are any. Only those codes are compared that can be nearest to a
// colour of the surrounding cell: see candidates(). Several threads may ask at once; all that is
// remembered between questions is a function of the codebook.
class NearestCode {
public:
    // translucent: whether colours with alpha below 255 will be asked for; many: whether so many
    // colours of any kind that what is remembered pays for the memory it is kept in.
    NearestCode(Space space, std::span<const Rgba> codebook, bool translucent, bool many = true);

    static constexpr std::size_t batch = 64;

    // At most `batch` opaque colours.
    void opaque(std::span<const Rgba> colors, std::uint32_t* labels /* OUT */);

    // At most `batch` colours of which alpha is below 255; the last ones asked for are remembered.
    void translucent(std::span<const Rgba> colors, std::uint32_t* labels /* OUT */);
    std::uint32_t translucent(Rgba color) {
        std::uint32_t label;
        translucent({&color, 1}, &label);
        return label;
    }

    // Whether opaque_block() may be asked: in these spaces each axis is a function of one channel,
    // so that distances to a grid of colours add up from distances along its axes.
    static bool has_blocks(Space space, std::size_t codes) {
        return space != Space::oklab && codes <= 256;
    }

    // The labels of the 8 x 8 x 8 opaque colours from `low` on, blue varying fastest.
    void opaque_block(const std::array<std::size_t, 3>& low, std::uint8_t* labels /* OUT, 512 */);

private:
    void place(std::span<const Rgba> colors, std::span<Point> points /* OUT */) const;
    std::uint32_t nearest_among(const Point& point, std::uint32_t list) const;

    // The list of the codes that may be nearest to the color or to another one of its cell.
    std::uint32_t candidates(Rgba color, bool opaque, int level) {
        if (!many_) return opaque ? opaque_list_ : 1;
        const std::uint32_t list = cell(color, opaque, level).load(std::memory_order_acquire);
        if (list != 0) return list;
        const std::lock_guard lock(building_);
        return find_candidates(color, opaque, level);
    }
    std::uint32_t find_candidates(Rgba color, bool opaque, int level);
    std::atomic<std::uint32_t>& cell(Rgba color, bool opaque, int level) {
        const int shift = 8 - level;
        const auto rgb = static_cast<std::size_t>(color[0] >> shift << 2 * level |
                                                  color[1] >> shift << level | color[2] >> shift);
        if (opaque) return opaque_cells_[static_cast<std::size_t>(level)][rgb];
        return translucent_cells_[static_cast<std::size_t>(level)]
                                 [rgb << (level - 1) | color[3] >> (9 - level)];
    }
    std::uint32_t narrowed(std::uint32_t list, std::span<const Point> corners, std::int32_t slack);
    std::uint32_t append_list(std::span<const Point> points, std::span<const std::uint16_t> labels);
    void keep_opaque(std::span<const Rgba> codebook, std::span<const Point> points,
                     std::span<const std::uint16_t> labels);

    Space space_;
    bool many_;

    // Four codes side by side, as pairs of coordinates that multiply and add up in one instruction.
    // A list is a run of groups by rising label; `codes` of the first says how many, and the last
    // one repeats itself where they do not fill two groups or the last.
    struct Group : FourCodes {
        std::uint16_t labels[4];
        std::uint32_t codes;
    };
    Scratch<Group> lists_;
    std::uint32_t lists_end_ = 1;
    std::uint32_t opaque_list_ = 1;  // of the codes for opaque colours; 1: all codes
    using Cells = std::vector<std::atomic<std::uint32_t>>;
    static constexpr int first_level = 2, last_level = 5, last_translucent_level = 4;
    std::array<Cells, last_level + 1> opaque_cells_,
        translucent_cells_;  // by bits a channel; 0: unknown

    std::vector<Point> kept_points_;
    std::vector<std::uint16_t> kept_labels_;

    std::array<std::array<std::int16_t, 256>, 3>
        axes_{};  // where there are blocks: by level, of each channel
    std::int32_t opaque_alpha_ = 0;

    std::vector<std::atomic<std::uint64_t>> recent_;  // translucent colours: rgba << 32 | label + 1
    std::uint32_t transparent_label_ = 0;
    std::mutex building_;
};

// Colours of a cell of 2^level cells a channel lie within this distance, axis by axis, of where
// interpolation between the cell's corners puts them in Oklab; brightest: the greatest of the
// cell's three coordinates. tests/kernels/test_nearest.py checks it for every colour there is.
int oklab_curvature(int level, std::size_t brightest);

}  // namespace huepress
