#include "map/labelgrid.hpp"

#include <cstddef>

namespace huepress {
namespace {
constexpr std::int32_t square(std::int32_t x) { return x * x; }
}  // namespace
}  // namespace huepress

#define HUEPRESS_BODY "map/labelgrid_body.hpp"
#include "core/each_isa.hpp"

namespace huepress {

void label_grid(const Axes& axes, std::int32_t last, std::span<const GridCode> codes,
                std::uint8_t* labels /* OUT, 512 */) {
    static const auto body = HUEPRESS_BODY_OF(label_grid);
    body(axes, last, codes, labels);
}

}  // namespace huepress
