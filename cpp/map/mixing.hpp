// What a dithered area looks like from afar is a sum: where colours add up, and which code is
// nearest there.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "color/colorindex.hpp"
#include "color/colorspace.hpp"
#include "core/isa.hpp"
#include "core/scratch.hpp"
#include "map/fourcodes.hpp"

namespace huepress {

// Colours side by side mix as light does, whatever space they are compared in.
constexpr Space mixing_space(Space space) {
    return space == Space::srgb ? Space::srgb : Space::linear;
}

// What a channel spans from end to end, and so much is a level of alpha.
inline constexpr int mixing_unit = fit_unit / 2;
inline constexpr int alpha_level = mixing_unit / 255;

// Premultiplied coordinates, which average as the eye does over any background: half of those of
// embed() in the mixing space, rounded down, so that sums of errors do not overflow; the last is
// alpha.
Point mixed(Space mixing, Rgba color);

// The distance from each point to the nearest different one, at most the median of these: an
// isolated code must not be mixed into colours far from it. As squared distances, and as the
// largest difference of a coordinate.
std::vector<std::int64_t> usual_squared_gaps(std::span<const Point> points);
std::vector<std::int64_t> usual_gaps(std::span<const Point> points);

// The most by which a channel of a target may differ from its pixel. It may leave the colour cube:
// to average out to the pixel, two codes in turn can need a shift wider than the cube.
inline constexpr int farthest_shift = 3 * mixing_unit / 2;

// The codes and what error diffusion asks of them. Several threads may ask at once; all that is
// remembered between questions is a function of the codebook.
//
// The code of a target: targets are gathered in cells, two levels of each channel wide within the
// cube and seven beyond. A cell that holds codes has the first of them, another one the code that
// is nearest, in `space`, to its centre, ties to the lowest label; of codes that share a cell, that
// one is taken which is nearest to the target in mixing coordinates. For an opaque target only
// opaque codes count, where there are any.
template <class Label>
class TargetCodes {
public:
    TargetCodes(Space space, std::span<const Rgba> codebook, bool translucent);

    struct alignas(16) Code {
        Point point;     // in mixing coordinates
        Point compared;  // embedded in `space` and halved: then no distance overflows
    };
    const Code& operator[](std::uint32_t label) const { return codes_[label]; }

    // What lies around a code, see dither.hpp.
    struct Neighbourhood {
        std::int32_t farthest;  // the least squared distance that is too far for a pixel that has
                                // it undithered
        std::int16_t room;      // how far it is to the next code in mixing coordinates
    };
    const Neighbourhood& around(std::uint32_t label) const { return neighbourhoods_[label]; }

    // A level of an opaque channel.
    struct Level {
        std::uint32_t spread;  // of its key
        std::int16_t coordinate,
            centre;  // its own mixing coordinate, and that of the centre of its cells
    };
    const Level& level(std::uint8_t value) const { return levels_[value]; }

    static std::uint32_t index_of(const Level& red, const Level& green, const Level& blue) {
        return index_of(red.spread, green.spread, blue.spread);
    }

    // Where the centre of a cell of pixels is compared, in Oklab; else that is the centre in mixing
    // coordinates.
    bool in_oklab() const { return space_ == Space::oklab; }
    const Point& compared_centre_at(std::size_t place) const { return compared_centres_[place]; }

    // The fourth coordinate of opaque colours as they are compared.
    std::int16_t opaque_compared() const { return alpha_places_[255]; }

    // No coordinate is beyond this. It stands before `Opaque`, as Clang wants it.
    static constexpr int farthest = mixing_unit / 2 + farthest_shift;

    // What is asked of opaque targets, as one value that compilers keep at hand.
    struct Opaque {
        TargetCodes* all;
        const Code* codes;
        const Label* labels;
        const std::atomic<std::uint16_t>* block_of_cell;
        const std::uint32_t* spreads;
        int slot_bits;
        bool grouped;  // whether some codes share a cell

        // Where a cell is in tables of cells.
        HUEPRESS_ALWAYS_INLINE std::size_t place(std::uint32_t index) const {
            std::uint16_t block =
                block_of_cell[index / index_block].load(std::memory_order_acquire);
            if (!made(block)) [[unlikely]]
                block = all->make_block(index / index_block);
            return block * index_block + index % index_block;
        }

        // The slot of a coordinate.
        static constexpr auto farthest_16 = static_cast<std::int16_t>(farthest);
        HUEPRESS_ALWAYS_INLINE std::size_t slot(std::int16_t coordinate) const {
            return static_cast<std::size_t>(coordinate + farthest) >> slot_bits;
        }

        // The label of an opaque target, and the same by its slots.
        HUEPRESS_ALWAYS_INLINE std::uint32_t label(const Point& target) const {
            return label_of_slots(slot(target[0]), slot(target[1]), slot(target[2]),
                                  [&] { return target; });
        }
        template <class Target>
        HUEPRESS_ALWAYS_INLINE std::uint32_t label_of_slots(std::size_t red, std::size_t green,
                                                            std::size_t blue, Target target) const {
            const std::uint32_t label =
                labels[place(index_of(spreads[red], spreads[green], spreads[blue]))];
            return grouped ? all->resolved(label, target()) : label;
        }
    };
    Opaque opaque() {
        return {this,
                codes_.data(),
                &labels_[0],
                block_of_cell_.data(),
                spreads_.data(),
                slot_bits_,
                solid_groups_.size() > 1};
    }

    // How far the target of a pixel may be that is so far away from the code that it has
    // undithered.
    static int reach(int room, int far) {
        const int less = std::min(room, far);
        return std::min(std::max(std::max(room, far), less + less / 2), farthest_shift);
    }

    // Of a target whose last coordinate is that of an alpha from 1 to 254.
    std::uint32_t translucent(const Point& target);

    // Of fully transparent pixels.
    std::uint32_t clear() const { return clear_; }

private:
    static constexpr std::uint16_t none = 0, in_work = 65535;  // as FilledLabels
    static bool made(std::uint16_t block) {
        return static_cast<std::uint16_t>(block - 1) < in_work - 1;
    }
    HUEPRESS_NEVER_INLINE std::uint16_t make_block(std::size_t cell);
    void fill(std::size_t cell, std::size_t block);
    void place(const std::array<std::size_t, 3>& low, std::span<Point> places /* OUT, 512 */) const;
    void name_contenders(const Point& low, const Point& high,
                         std::vector<std::uint16_t>& names /* OUT */) const;
    // The last one again where they do not fill the last group.
    using Fours = std::vector<FourCodes>;
    static Fours side_by_side(std::span<const Point> points);
    // The place of the nearest one, the first of equals.
    static std::uint32_t nearest_of(const Fours& fours, const Point& point) {
        return FourDistances(point).nearest(fours.data(), fours.size());
    }
    std::uint32_t nearest_in(const std::vector<std::uint16_t>& group, const Point& target) const;
    // Which code it is of those that share the cell of this one.
    std::uint32_t resolved(std::uint32_t label, const Point& target) const {
        const std::uint16_t group = group_of_[label].solid;
        return group == 0 ? label : nearest_in(solid_groups_[group], target);
    }

    std::uint32_t spread(std::int16_t coordinate) const {
        return spreads_[static_cast<std::size_t>(coordinate + farthest) >> slot_bits_];
    }
    static constexpr std::size_t key_of_level(std::uint8_t level) { return 64 + level / 2u; }

    // The bits of three keys in turn, blue's last: the upper 15 are the block, the lower 9 the
    // place in it. So the bits of one key need be spread only once for all channels.
    static constexpr std::uint32_t index_of(std::uint32_t red, std::uint32_t green,
                                            std::uint32_t blue) {
        return 4 * red + 2 * green + blue;
    }
    std::uint32_t index_of(const Point& straight) const {
        return index_of(spread(straight[0]), spread(straight[1]), spread(straight[2]));
    }
    // Where the centre of a cell is compared, opaque.
    Point compared_centre(std::uint32_t index) const;
    void lay_out_cells();
    void gather_groups();
    void measure_rooms();

    static constexpr std::int16_t opaque_ = 255 * alpha_level;

    Space space_, mixing_;
    std::vector<Code> codes_;
    std::vector<Neighbourhood> neighbourhoods_;  // of the codes
    struct Groups {
        std::uint16_t all = 0, solid = 0;
    };
    std::vector<Groups>
        group_of_;  // the group of codes in a code's cell, of all and for opaque targets; 0: alone
    std::vector<Point> compared_;       // those of the codes
    Fours fours_, solid_fours_;         // the same side by side, and those of solid_
    std::vector<std::uint8_t> alphas_;  // of the codes
    std::vector<std::uint16_t> solid_;  // the labels for opaque targets, rising
    std::array<std::vector<float>, 4>
        solid_axes_;  // and the coordinates by which those are compared
    std::array<Level, 256> levels_;
    std::array<std::int16_t, 256> centres_, alpha_places_;  // of keys; of alphas
    std::array<std::int32_t, 256> lights_;                  // of the centres of keys
    std::vector<std::uint32_t> spreads_;                    // of the keys of coordinates, by slots
    int slot_bits_ = 1;  // how wide those are, as no border lies within one

    // The cells that hold codes, with the first code of each, by rising index.
    using Held = std::vector<std::pair<std::uint32_t, std::uint16_t>>;
    Held held_, solid_held_;
    std::vector<std::vector<std::uint16_t>> groups_, solid_groups_;  // the first stays empty

    std::vector<std::atomic<std::uint16_t>> block_of_cell_;
    Scratch<Label> labels_;
    Scratch<Point> compared_centres_;  // only in Oklab, of blocks within the cube
    std::atomic<std::uint16_t> blocks_ = 0;
    std::vector<std::atomic<std::uint64_t>> recent_;  // translucent cells: name << 32 | label + 1
    std::uint32_t clear_ = 0;
};

}  // namespace huepress
