#include "nearest.hpp"

#include <cstddef>
#include <limits>

namespace huepress {

NearestCode::NearestCode(Space space, std::span<const Rgba> codebook)
    : space_(space), codes_(codebook.size()), cache_(std::size_t{1} << 16) {
    for (std::size_t i = 0; i < codebook.size(); ++i) codes_[i] = embed(space, codebook[i]);
}

std::uint32_t NearestCode::operator()(Rgba color) {
    const std::uint32_t key = color[0] | std::uint32_t{color[1]} << 8 | std::uint32_t{color[2]} << 16 |
                              std::uint32_t{color[3]} << 24;
    Entry& entry = cache_[key * 0x9E3779B1u >> 16];
    if (entry.label_plus_one != 0 && entry.color == key) return entry.label_plus_one - 1;
    const Point point = embed(space_, color);
    std::int32_t least = std::numeric_limits<std::int32_t>::max();
    std::uint32_t label = 0;
    for (std::size_t i = 0; i < codes_.size(); ++i) {
        std::int32_t distance = 0;
        for (std::size_t axis = 0; axis < 4; ++axis) {
            const std::int32_t difference = point[axis] - codes_[i][axis];
            distance += difference * difference;
        }
        if (distance < least) {
            least = distance;
            label = static_cast<std::uint32_t>(i);
        }
    }
    entry = {key, label + 1};
    return label;
}

template <class Label>
void map_nearest(std::span<const std::uint8_t> pixels, int channels, std::span<const Rgba> codebook,
                 Space space, unsigned, std::span<Label> labels /* OUT */) {
    NearestCode nearest(space, codebook);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::uint8_t* p = pixels.data() + i * static_cast<std::size_t>(channels);
        labels[i] = static_cast<Label>(nearest({p[0], p[1], p[2], channels == 4 ? p[3] : std::uint8_t{255}}));
    }
}

template void map_nearest(std::span<const std::uint8_t>, int, std::span<const Rgba>, Space, unsigned,
                          std::span<std::uint8_t>);
template void map_nearest(std::span<const std::uint8_t>, int, std::span<const Rgba>, Space, unsigned,
                          std::span<std::uint16_t>);

}  // namespace huepress
