// The label pass: the nearest code of every pixel, remembered by colour.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "color/colorindex.hpp"
#include "core/scratch.hpp"
#include "map/nearest.hpp"

namespace huepress {

// The labels of opaque colours in blocks (colorindex.hpp), each filled when a colour of it is first
// met.
class FilledLabels {
public:
    // As NearestCode, where it has blocks.
    FilledLabels(Space space, std::span<const Rgba> codebook, bool translucent)
        : nearest_(space, codebook, translucent), block_of_cell_(index_cells),
          table_((index_cells + 1) * index_block) {}

    std::uint32_t operator()(Rgba color) {
        if (color[3] != 255) return nearest_.translucent(color);
        const std::uint32_t index = color_index(color.data());
        std::uint16_t block = block_of_cell_[index / index_block].load(std::memory_order_acquire);
        if (!made(block)) block = make_block(index / index_block);
        return table_[block * index_block + index % index_block];
    }

    // The labels of n pixels of 3 or 4 channels.
    template <int channels, class Label>
    void map(const std::uint8_t* pixels, std::size_t n, Label* labels /* OUT */);

private:
    // Instead of a block: there is none yet, or a thread is about to make it.
    static constexpr std::uint16_t none = 0, in_work = 65535;
    static bool made(std::uint16_t block) {
        return static_cast<std::uint16_t>(block - 1) < in_work - 1;
    }
    std::uint16_t make_block(std::size_t cell);

    NearestCode nearest_;
    std::vector<std::atomic<std::uint16_t>> block_of_cell_;
    Scratch<std::uint8_t> table_;
    std::atomic<std::uint16_t> blocks_ = 0;
};

// The same, filled one by one, for what has no blocks.
class LazyLabels {
public:
    LazyLabels(Space space, std::span<const Rgba> codebook, bool translucent)
        : nearest_(space, codebook, translucent), block_of_cell_(index_cells),
          table_((index_cells + 1) * index_block) {}

    std::uint32_t operator()(Rgba color) {
        if (color[3] != 255) return nearest_.translucent(color);
        const std::uint32_t index = color_index(color.data()), entry = lookup(index);
        if (entry != 0) return entry - 1;
        std::uint32_t label;
        nearest_.opaque({&color, 1}, &label);
        remember(index, label);
        return label;
    }

    template <int channels, class Label>
    void map(const std::uint8_t* pixels, std::size_t n, Label* labels /* OUT */);

private:
    // Label + 1; 0 where none is remembered, as ever for label 65535.
    std::uint32_t lookup(std::uint32_t index) const {
        const std::size_t block =
            block_of_cell_[index / index_block].load(std::memory_order_acquire);
        return table_[block * index_block + index % index_block].load(std::memory_order_relaxed);
    }
    void remember(std::uint32_t index, std::uint32_t label);

    NearestCode nearest_;
    std::vector<std::atomic<std::uint16_t>> block_of_cell_;  // 0: none yet
    Scratch<std::atomic<std::uint16_t>> table_;              // block 0 stays empty
    std::uint16_t blocks_ = 0;
    std::mutex making_;
};

// Calls use(labels) with the kind of labels that suits.
template <class Use>
auto with_labels(Space space, std::span<const Rgba> codebook, bool translucent, Use use) {
    if (NearestCode::has_blocks(space, codebook.size())) {
        FilledLabels labels(space, codebook, translucent);
        return use(labels);
    }
    LazyLabels labels(space, codebook, translucent);
    return use(labels);
}

// channels: 3 or 4; Label: uint8 for at most 256 codes, else uint16 for at most 65536.
template <class Label>
void map_nearest(std::span<const std::uint8_t> pixels, int channels, std::span<const Rgba> codebook,
                 Space space, unsigned threads, std::span<Label> labels /* OUT */);

}  // namespace huepress
