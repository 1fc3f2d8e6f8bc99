// Zlib streams (RFC 1950) of as few bytes as can be found in the time that an effort allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "deflate/symbols.hpp"

namespace huepress::deflating {

enum class Effort : std::uint8_t { fast, normal, best };

// Whether the steps cover the bytes, and every copy is one.
bool fits(std::span<const Step> steps, std::span<const std::uint8_t> bytes);

// limit: nothing is returned for a stream of more bytes, and soon where it is far above; 0 for no
// limit. start: empty, or steps that
// fit: the search begins with their statistics, and they are a candidate themselves.
std::optional<std::vector<std::uint8_t>> deflate(std::span<const std::uint8_t> bytes, Effort effort,
                                                 std::size_t limit, std::span<const Step> start);

}  // namespace huepress::deflating
