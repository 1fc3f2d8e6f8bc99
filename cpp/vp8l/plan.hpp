// Labels as the pixels of a picture: parsed into steps, with prefix codes for groups of tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vp8l/parse.hpp"
#include "vp8l/prefix.hpp"
#include "vp8l/symbols.hpp"

namespace huepress::vp8l {

// All that is to be written of labels.
struct Plane {
    std::span<const std::uint8_t> labels;
    std::size_t width;
    std::vector<Step> steps;
    Tiles tiles;

    std::vector<Counts> counts() const;
};

// A picture that tells something of the tiles of a picture, with one group of its own.
class TileMap {
public:
    TileMap(std::vector<std::uint8_t> tiles, std::size_t across);

    std::uint64_t bits() const;
    void write(BitWriter& out) const;

private:
    std::vector<std::uint8_t> tiles_;
    Plane plane_;
};

// Labels with one group at first.
class Plan {
public:
    Plan(std::vector<std::uint8_t> labels, std::size_t width);

    std::uint64_t bits() const { return bits_; }
    // Finds as many groups as pay: for the steps as they are, and again for those that groups
    // change.
    void group();
    void write(BitWriter& out) const;

private:
    void take(const Plane& plane);
    Tiles first_groups() const;

    std::vector<std::uint8_t> labels_;
    Parser parser_;
    Plane plane_;
    std::uint64_t bits_;
};

}  // namespace huepress::vp8l
