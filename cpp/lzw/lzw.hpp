// The image data of a GIF in as few bytes as can be found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace huepress::lzw {

// quick: one greedy pass, to tell a size. normal: clears where they pay, and phrases that are
// shorter than they might be where the next one gains by it.
enum class Effort : std::uint8_t { quick, normal };

// The byte of the code size, and the codes in blocks of at most 255 bytes, with the empty one at
// the end. Memory: 4 MB beside the bytes.
std::vector<std::uint8_t> code(std::span<const std::uint8_t> labels, std::size_t width,
                               Effort effort);

}  // namespace huepress::lzw
