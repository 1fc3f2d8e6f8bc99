// Zlib streams (RFC 1950) of as few bytes as can be found in the time that an effort allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress::deflating {

enum class Effort : std::uint8_t { normal, best };

// Memory: at most 180 MB beside the bytes, for the matches of 2^20 of them at a time; a tenth of it
// on pictures.
// Nothing is returned where a first draft shows that the stream would take `limit` bytes or more.
std::vector<std::uint8_t> deflate(std::span<const std::uint8_t> bytes, Effort effort,
                                  std::size_t limit);

}  // namespace huepress::deflating
