#include "color/colorindex.hpp"

#define HUEPRESS_BODY "color/colorindex_body.hpp"
#include "core/each_isa.hpp"

namespace huepress {

template <int channels>
void color_indices(const std::uint8_t* pixels, std::span<std::uint32_t> indices /* OUT */) {
    static const auto body = HUEPRESS_BODY_OF(color_indices<channels>);
    body(pixels, indices);
}

template void color_indices<3>(const std::uint8_t*, std::span<std::uint32_t>);
template void color_indices<4>(const std::uint8_t*, std::span<std::uint32_t>);

}  // namespace huepress
