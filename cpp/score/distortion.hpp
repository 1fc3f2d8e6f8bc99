// Squared errors of decoded bytes, and how often each label occurs.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace huepress {

using ChannelSums = std::array<std::uint64_t, 4>;

// channels: 3 or 4. Two fully transparent pixels are equal whatever their rgb.
ChannelSums squared_error(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                          int channels, unsigned threads);

// The same against the picture that the labels decode to; every label must be a row of codebook.
template <class Label>
ChannelSums indexed_squared_error(std::span<const std::uint8_t> pixels,
                                  std::span<const std::uint8_t> codebook, int channels,
                                  std::span<const Label> labels, unsigned threads);

// Counts of the labels 0..counts.size() - 1; false, with counts unusable, if a label lies beyond.
template <class Label>
bool label_counts(std::span<const Label> labels, std::span<std::uint64_t> counts /* OUT */);

}  // namespace huepress
