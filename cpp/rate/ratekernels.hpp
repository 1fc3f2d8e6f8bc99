// The inner loops of the rate-aware mapping: the cost of each code at a pixel, and one step of the
// LZ77 copies that are being extended. Every body gives the same costs and choices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/integers.hpp"
#include "core/types.hpp"
#include "rate/alphabets.hpp"

namespace huepress {

inline constexpr int codes_max = 256;
inline constexpr int bit_unit = 16;  // costs are counted in 16ths of a bit
// A cost too high to be taken: no choice of symbols saves as much.
inline constexpr std::int16_t never = 1 << 13;
// Farther than any colour, yet squares of it add up within int32.
inline constexpr std::int32_t far_out = 12000;

// The codes, sorted so that each block of 16 is close together: a block whose bounding box is too
// far from a pixel is skipped. Copies of the last code fill the last block; of equal codes the
// first wins.
struct CodeTable {
    static constexpr int block = 16;
    static constexpr int blocks_max = codes_max / block;

    explicit CodeTable(std::span<const Point> codebook);
    // The same order, but a kept code stands in for each that is not. kept: by place in the
    // codebook; not all false.
    CodeTable(const CodeTable& all, std::span<const bool> kept);
    int padded() const { return (k + block - 1) / block * block; }

    int k;
    Point points[codes_max];
    std::uint8_t outer[codes_max];  // places in the codebook
    std::uint8_t inner[codes_max];  // and back
    // Pairs of coordinates, side by side for multiply-add; then the corners of each block's box.
    alignas(64) std::int16_t lightness_alpha[2 * codes_max];
    alignas(64) std::int16_t chroma[2 * codes_max];
    alignas(64) std::int16_t lightness_alpha_low[2 * blocks_max];
    alignas(64) std::int16_t lightness_alpha_high[2 * blocks_max];
    alignas(64) std::int16_t chroma_low[2 * blocks_max];
    alignas(64) std::int16_t chroma_high[2 * blocks_max];

private:
    void find_boxes();
};

// The cost of each code at a pixel: its weighted distortion above that of one reference code, at
// most `never`.
struct Column {
    alignas(64) std::int16_t cost[codes_max];
    std::int16_t literal_cost;
    std::uint8_t literal;
    std::uint8_t group;
};

// How much larger than the nearest code's another code's squared distance may be.
struct Limits {
    std::int32_t cap, chroma_cap;
};

// Cost of a unit of squared error at a pixel, in 16ths of a bit.
struct Weights {
    float lightness_alpha, chroma;
};

// The least of some costs, and which it is; of equal ones the first.
struct Least {
    std::int32_t cost;
    int at;
};

// The copies that could be going on at a place, one lane a distance, each with the cost of the
// cheapest path that is in such a copy. First the places in the rows above, in groups of eight
// neighbours; then places found by like colours; then distances of 1 to 4, whose labels depend on
// the path itself. The last lane stands for a literal.
struct Lanes {
    static constexpr int group = 8;
    static constexpr int rows_above = 8;
    static constexpr int above = rows_above * group;
    static constexpr int found = 24;  // copies from the chain that may be under way at once
    static constexpr int all = above + found;
    static constexpr int near = above + 32;  // what is before has distance 0: it never pays
    static constexpr int near_count = 4;
    static constexpr int literal = near + near_count;
    static constexpr int total = literal + 1;
    alignas(64) std::uint16_t distance[total];  // 0: out of reach
    alignas(64) std::int16_t again[total];      // what starting the copy costs, three pixels long
    alignas(64) std::int16_t cost[total];    // above that of the cheapest way to have come this far
    alignas(64) std::int16_t length[total];  // so far, with what was copied in the row before
    std::uint32_t held[farthest / 32 + 1] = {};  // the distances of the found ones, as bits

    bool holds(std::uint32_t of) const { return held[of / 32] >> of % 32 & 1; }
    void swap_held(std::uint32_t one, std::uint32_t other) {
        held[one / 32] &= ~(1u << one % 32);
        held[other / 32] |= 1u << other % 32;
    }
};

// Earlier places of one key: a ring, from `newest` on back in time.
struct alignas(64) Places {
    std::uint32_t place[16];
};

// Cost of making a copy one pixel longer, by its length so far; at 0, that of the first three
// pixels.
struct Longer {
    static constexpr int most = 1024;          // from here on it is not counted
    alignas(64) std::int16_t by[longest + 2];  // an even number, as they are read in pairs
    // From 64 on, those that may be more than nothing, at Alphabet::longer_form.
    alignas(64) std::int16_t from_64[32];
};

struct Step {
    const std::int16_t* cost;  // of each code at this place
    const Longer* longer;
    const std::uint8_t* source;  // this place in the stream
    std::int32_t shift;          // what the cheapest way's last step cost
    std::int32_t here;           // places of the row before this one
};

// Earlier places of like colours, and the cost that a copy of three pixels from there must beat.
struct Search {
    const Places* places;
    int blocks;  // of places, at most 4
    int newest;
    int count;                    // how many places, from the newest on
    const std::int16_t* cost[3];  // of each code at this place and the two behind it
    const std::int32_t* open;     // what distances of each symbol cost
    const std::uint8_t* source;   // this place in the stream
    std::int32_t most;
    std::int32_t first;  // what the first three pixels of a copy cost
    std::uint32_t here;  // this place, counted like the others
    std::int32_t stride;
    std::int32_t rows;      // so many are covered by the lanes above
    std::uint32_t window;   // farther places are out of reach
    std::uint32_t by_code;  // what a distance's code is above the distance
};

struct RateKernels {
    // The nearest code. `hint`: any code, best a near one.
    Least (*nearest)(const CodeTable& codes, const Point& target, int hint);

    // Fills the costs, and finds the cheapest literal: `bits` is what each takes. Returns the
    // nearest code.
    int (*fill)(const CodeTable& codes, const Point& target, int hint, const Weights& weights,
                const Limits& limits, const std::int16_t* bits, Column& column /* OUT */);

    // Takes the lanes above and the found ones one place on; the cheapest that may end here, or
    // `best` where none is cheaper. One for each alphabet, whose lengths cost more at other places.
    Least (*advance)(Lanes& lanes /* OUT */, const Step& step, Least best);
    Least (*advance_vp8l)(Lanes& lanes /* OUT */, const Step& step, Least best);

    // The dearest of the found lanes makes way for the oldest place that pays and has no other.
    void (*find)(const Search& search, Lanes& lanes /* OUT */);
};

// `portable`: only the plain ones.
const RateKernels& rate_kernels(bool portable);

}  // namespace huepress
