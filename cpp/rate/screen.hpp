// What the screen shows already, where labels are those of a frame of a moving picture.
#pragma once

#include <cstdint>
#include <span>

namespace huepress {

struct Screen {
    // What becomes of a pixel: any code; what it shows, by being left or by the same code; what it
    // has to show, by that code.
    enum State : std::uint8_t { free, still, redrawn };

    // As many bytes as pixels have: what each shows if it is left, or has to show.
    std::span<const std::uint8_t> shown;
    std::span<const std::uint8_t> states;
    // The place in the codebook that leaves a pixel as it is, whatever its colour: there is another
    // code. -1 where none does.
    int leave = -1;
    // What leaving a pixel that keeps still is taken to save of the bits to come, in sixteenths of
    // one: no coder knows at first that it will be frequent.
    int prior = 0;

    bool any() const { return !states.empty(); }
};

}  // namespace huepress
