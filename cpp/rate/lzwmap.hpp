// Labels that are chosen together with the phrases a GIF's LZW will find in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "color/colorspace.hpp"
#include "rate/ratemap.hpp"

namespace huepress {

// As rate_aware(), but a bit is one of LZW's: to go on with a phrase that the dictionary has takes
// none, to begin one takes a code. beam: how many phrases are followed side by side. The chain of
// the options does not matter; lambda is at least 1.
std::uint64_t rate_aware_lzw(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                             std::span<const std::uint8_t> codebook, Space space,
                             std::span<const std::uint16_t> mask, const RateOptions& options,
                             int beam, std::span<std::uint8_t> labels /* OUT */);

}  // namespace huepress
