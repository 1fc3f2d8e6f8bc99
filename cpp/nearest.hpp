// The label pass: the nearest code of every pixel, exactly as brute force finds it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "colorspace.hpp"
#include "scratch.hpp"

namespace huepress {

// A colour's bits in the order r7 g7 b7 r6 ... b0 (a Morton code): the first 3 n of them are its cell
// when n bits a channel are told apart, and colours that are alike lie together.
inline std::uint32_t interleaved(const std::uint8_t* rgb) {
    static constexpr auto spread = [] {
        std::array<std::uint32_t, 256> bits{};
        for (std::uint32_t level = 0; level < 256; ++level)
            for (std::uint32_t bit = 0; bit < 8; ++bit) bits[level] |= (level >> bit & 1) << (3 * bit);
        return bits;
    }();
    return spread[rgb[0]] << 2 | spread[rgb[1]] << 1 | spread[rgb[2]];
}

// Answers "which code is nearest to this colour" for one codebook in one fit space: the least
// squared distance between embedded colours, ties to the lowest index. Several threads may ask at
// once; all that is remembered between questions is a function of the codebook.
//
// Labels of opaque colours are remembered in blocks of 8x8x8 colours, made when a colour of a block is
// first met and filled one by one. To find a label, only those codes are compared that can be nearest
// to a colour of the surrounding cell: see candidates().
class NearestCode {
public:
    // translucent: whether colours with alpha below 255 will be asked for.
    NearestCode(Space space, std::span<const Rgba> codebook, bool translucent);

    std::uint32_t operator()(Rgba color) {
        if (color[3] != 255) return translucent(color);
        const std::uint32_t index = interleaved(color.data());
        const std::uint32_t entry = lookup(index);
        if (entry != 0) return entry - 1;
        std::uint32_t label;
        resolve({&color, 1}, true, &label);
        return label;
    }

    // The labels of n pixels of 3 or 4 channels.
    template <int channels, class Label>
    void map(const std::uint8_t* pixels, std::size_t n, Label* labels /* OUT */);

private:
    static constexpr std::size_t block_size = 512, cells = 32768, batch = 64;

    // Label + 1; 0 where none is remembered, as ever for label 65535.
    std::uint32_t lookup(std::uint32_t index) const {
        const std::size_t block = block_of_cell_[index / block_size].load(std::memory_order_acquire);
        return table_[block * block_size + index % block_size].load(std::memory_order_relaxed);
    }

    void resolve(std::span<const Rgba> colors, bool remembering, std::uint32_t* labels /* OUT */);
    void remember(std::uint32_t index, std::uint32_t label);
    std::uint32_t translucent(Rgba color);
    std::uint32_t nearest_among(const Point& point, std::uint32_t list) const;

    // The list of the codes that may be nearest to the color or to another one of its cell.
    std::uint32_t candidates(Rgba color, bool opaque) {
        const int level = opaque ? last_level : last_translucent_level;
        const std::uint32_t list = cell(color, opaque, level).load(std::memory_order_acquire);
        if (list != 0) return list;
        const std::lock_guard lock(building_);
        return find_candidates(color, opaque, level);
    }
    std::uint32_t find_candidates(Rgba color, bool opaque, int level);
    std::atomic<std::uint32_t>& cell(Rgba color, bool opaque, int level) {
        const std::size_t rgb = interleaved(color.data()) >> (24 - 3 * level);
        if (opaque) return opaque_cells_[static_cast<std::size_t>(level)][rgb];
        return translucent_cells_[static_cast<std::size_t>(level)][rgb << (level - 1) | color[3] >> (9 - level)];
    }
    std::uint32_t narrowed(std::uint32_t list, std::span<const Point> corners, std::int32_t slack);
    std::uint32_t append_list(std::span<const Point> points, std::span<const std::uint16_t> labels);

    Space space_;

    // Four codes side by side, as pairs of coordinates that multiply and add up in one instruction. A
    // list is a run of groups by rising label; `codes` of the first says how many, and the last one
    // repeats itself where they do not fill two groups or the last.
    struct Group {
        std::int16_t first_pairs[8], last_pairs[8];
        std::uint16_t labels[4];
        std::uint32_t codes;

        Point point(std::size_t lane) const {
            return {first_pairs[2 * lane], first_pairs[2 * lane + 1], last_pairs[2 * lane], last_pairs[2 * lane + 1]};
        }
    };
    Scratch<Group> lists_;
    std::uint32_t lists_end_ = 1;
    using Cells = std::vector<std::atomic<std::uint32_t>>;
    static constexpr int first_level = 2, last_level = 5, last_translucent_level = 4;
    std::array<Cells, last_level + 1> opaque_cells_, translucent_cells_;  // by bits a channel; 0: unknown

    std::vector<Point> kept_points_;
    std::vector<std::uint16_t> kept_labels_;

    class FourDistances;

    std::vector<std::atomic<std::uint16_t>> block_of_cell_;  // 0: none yet
    Scratch<std::atomic<std::uint16_t>> table_;              // block 0 stays empty
    std::uint16_t blocks_ = 0;
    std::vector<std::atomic<std::uint64_t>> recent_;  // translucent colours: rgba << 32 | label + 1
    std::uint32_t transparent_label_ = 0;
    std::mutex building_;
};

// channels: 3 or 4; Label: uint8 for at most 256 codes, else uint16 for at most 65536.
template <class Label>
void map_nearest(std::span<const std::uint8_t> pixels, int channels, std::span<const Rgba> codebook,
                 Space space, unsigned threads, std::span<Label> labels /* OUT */);

// Colours of a cell of 2^level cells a channel lie within this distance, axis by axis, of where
// interpolation between the cell's corners puts them in Oklab; brightest: the greatest of the cell's
// three coordinates. tests/kernels/test_nearest.py checks it for every colour there is.
int oklab_curvature(int level, std::size_t brightest);

}  // namespace huepress
