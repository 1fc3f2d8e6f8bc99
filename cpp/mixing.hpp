// What a dithered area looks like from afar is a sum: where colours add up, and which code is nearest there.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "colorindex.hpp"
#include "colorspace.hpp"
#include "scratch.hpp"

namespace huepress {

// Oklab tells how colours look, not what becomes of them side by side: light adds up.
constexpr Space mixing_space(Space space) { return space == Space::srgb ? Space::srgb : Space::linear; }

// What a channel spans from end to end, and so much is a level of alpha.
inline constexpr int mixing_unit = fit_unit / 2;
inline constexpr int alpha_level = mixing_unit / 255;

// Coordinates that add up when seen together over any background, and that errors do not overflow: half of
// those of embed() in the mixing space, rounded down, but for the last, that is alpha's.
Point mixed(Space mixing, Rgba color);

// From each point to the next one elsewhere, but no more than usual, the median: a code that lies apart shall
// not be mixed into what lies far from it. As squared distances, and by the coordinate that differs most.
std::vector<std::int64_t> usual_squared_gaps(std::span<const Point> points);
std::vector<std::int64_t> usual_gaps(std::span<const Point> points);

// How far a target may be from its pixel, channel by channel, and so leave the cube at most: what two codes in
// turn must make up for can be wider than the cube.
inline constexpr int farthest_shift = 3 * mixing_unit / 2;

// The codes and what error diffusion asks of them. Several threads may ask at once; all that is
// remembered between questions is a function of the codebook.
//
// The code of a target: targets are gathered in cells, two levels of each channel wide within the cube and seven
// beyond. A cell that holds codes has the first of them, another one the code that is nearest, in `space`,
// to its centre, ties to the lowest label; of codes that share a cell, that one is taken which is nearest
// to the target in mixing coordinates. For an opaque target only opaque codes count, where there are any.
template <class Label>
class TargetCodes {
public:
    TargetCodes(Space space, std::span<const Rgba> codebook, bool translucent);

    struct alignas(32) Code {
        Point point;                       // in mixing coordinates
        Point compared;                    // embedded in `space` and halved: then no distance overflows
        std::int16_t room;                 // how far it is to the next code in mixing coordinates, see dither.hpp
        std::uint16_t group, solid_group;  // of the codes in its cell, of all and of those for opaque targets; 0: alone
    };
    const Code& operator[](std::uint32_t label) const { return codes_[label]; }

    // The mixing coordinate of a level of an opaque channel.
    std::int16_t level(std::uint8_t value) const { return levels_[value]; }

    // The label of an opaque target: no coordinate beyond `farthest`.
    std::uint32_t opaque(std::int16_t red, std::int16_t green, std::int16_t blue) {
        const std::uint32_t index = index_of(key(red), key(green), key(blue));
        const std::uint32_t label = labels_[block_of(index) * index_block + index % index_block];
        if (codes_[label].solid_group == 0) [[likely]] return label;
        return nearest_in(solid_groups_[codes_[label].solid_group], {red, green, blue, opaque_});
    }

    // What bounds the target and the code of an opaque pixel, see dither.hpp: by its cell, compared in the centre.
    struct alignas(16) Bounds {
        Point compared;
        std::int32_t farthest;  // squared distance to a code
        std::uint16_t reach, room;
    };
    const Bounds& bounds(const std::uint8_t* rgb) {
        const std::uint32_t index = index_of(key_of_level(rgb[0]), key_of_level(rgb[1]), key_of_level(rgb[2]));
        return bounds_[block_of(index) * index_block + index % index_block];
    }

    // How far the target of a pixel may be that is so far away from the code that it has undithered.
    static int reach(int room, int far) {
        return std::min(std::max({room, far, std::min(3 * room / 2, 3 * far / 2)}), farthest_shift);
    }

    // Of a target whose last coordinate is that of an alpha from 1 to 254.
    std::uint32_t translucent(const Point& target);

    // Of fully transparent pixels.
    std::uint32_t clear() const { return clear_; }

private:
    static constexpr std::uint16_t none = 0, in_work = 65535;  // as FilledLabels
    static bool made(std::uint16_t block) { return static_cast<std::uint16_t>(block - 1) < in_work - 1; }
    std::size_t block_of(std::uint32_t index) {
        const std::uint16_t block = block_of_cell_[index / index_block].load(std::memory_order_acquire);
        return made(block) ? block : make_block(index / index_block);
    }
    std::uint16_t make_block(std::size_t cell);
    void fill(std::size_t cell, std::span<const Point> places, Label* labels /* OUT, 512 */) const;
    void measure(std::size_t cell, std::span<const Point> places, const Label* labels,
                 Bounds* bounds /* OUT, 512 */) const;
    std::vector<std::uint16_t> contenders(const Point& low, const Point& high) const;
    std::uint32_t nearest_to(const Point& compared) const;
    std::uint32_t nearest_in(const std::vector<std::uint16_t>& group, const Point& target) const;

    std::uint8_t key(std::int16_t coordinate) const {
        return keys_[static_cast<std::size_t>(coordinate + farthest) >> 1];
    }
    static std::size_t key_of_level(std::uint8_t level) { return 64 + level / 2u; }
    std::uint32_t index_of(std::size_t red, std::size_t green, std::size_t blue) const {
        return places_[0][red] | places_[1][green] | places_[2][blue];
    }
    std::uint32_t index_of(const Point& straight) const {
        return index_of(key(straight[0]), key(straight[1]), key(straight[2]));
    }
    void compare(std::span<const std::uint32_t> indices, std::span<Point> points /* OUT */) const;
    void lay_out_cells();
    void gather_groups();
    void measure_rooms();

    static constexpr int farthest = mixing_unit / 2 + farthest_shift;
    static constexpr std::int16_t opaque_ = 255 * alpha_level;

    Space space_, mixing_;
    std::vector<Code> codes_;
    std::vector<Point> compared_;       // those of the codes
    std::vector<std::int64_t> gaps_;    // squared, from each code to the next as they are compared; as `room`
    std::vector<std::uint8_t> alphas_;  // of the codes
    std::vector<std::uint16_t> solid_;  // the labels for opaque targets, rising
    std::array<std::array<std::uint32_t, 256>, 3> places_;  // what a channel's key adds to color_index()
    std::array<std::int16_t, 256> levels_, centres_, alpha_places_;
    std::array<std::uint8_t, farthest + 1> keys_;

    // The cells that hold codes, with the first code of each, by rising index.
    using Held = std::vector<std::pair<std::uint32_t, std::uint16_t>>;
    Held held_, solid_held_;
    std::vector<std::vector<std::uint16_t>> groups_, solid_groups_;  // the first stays empty

    std::vector<std::atomic<std::uint16_t>> block_of_cell_;
    Scratch<Label> labels_;
    Scratch<Bounds> bounds_;  // only of blocks within the cube
    std::atomic<std::uint16_t> blocks_ = 0;
    std::vector<std::atomic<std::uint64_t>> recent_;  // translucent cells: name << 32 | label + 1
    std::uint32_t clear_ = 0;
};

}  // namespace huepress
