#include "rate/ratekernels.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>
#include <vector>

#include "core/isa.hpp"
#include "rate/ratekernels_shared.hpp"

namespace huepress {
namespace {

// Splits the codes across their longest extent until a block holds them; whole blocks come first.
void sort_into_blocks(std::span<int> names, const Point* points) {
    if (names.size() <= block) return;
    std::size_t longest = 0;
    int extent = -1;
    for (std::size_t c = 0; c < 4; ++c) {
        int low = int32_max, high = -int32_max;
        for (const int name : names) {
            low = std::min<int>(low, points[name][c]);
            high = std::max<int>(high, points[name][c]);
        }
        if (high - low > extent) {
            extent = high - low;
            longest = c;
        }
    }
    std::sort(names.begin(), names.end(), [&](int a, int b) {
        return points[a][longest] != points[b][longest] ? points[a][longest] < points[b][longest]
                                                        : a < b;
    });
    const std::size_t half = std::max<std::size_t>(names.size() / block / 2, 1) * block;
    sort_into_blocks(names.first(half), points);
    sort_into_blocks(names.subspan(half), points);
}

// Whether a place pays, and is not next to those above.
bool pays(const Search& search, std::uint32_t distance) {
    if (distance >= search.window) return false;
    const std::uint8_t* label = search.source - distance;
    const std::int32_t three =
        search.cost[0][label[0]] + search.cost[1][label[1]] + search.cost[2][label[2]];
    if (three >= search.most ||
        three + search.open[symbol_of_distance(distance + search.by_code)] >= search.most)
        return false;
    const auto d = static_cast<std::int32_t>(distance);
    const std::int32_t row = std::max((d + search.stride - 5) / search.stride, 1);
    return row > search.rows || row * search.stride + 4 - d >= Lanes::group;
}

void find(const Search& search, Lanes& lanes /* OUT */) {
    const std::int16_t* costs = lanes.cost + Lanes::above;
    const auto dearest =
        static_cast<int>(std::max_element(costs, costs + Lanes::found) - lanes.cost);
    const std::uint32_t old = lanes.distance[dearest];
    std::uint32_t oldest = 0;
    for (int i = search.count - 1; i >= 0; --i) {
        const int slot = (search.newest + i) % (16 * search.blocks);
        const std::uint32_t distance = search.here - search.places[slot / 16].place[slot % 16];
        if (!pays(search, distance) || (distance != old && lanes.holds(distance))) continue;
        if (oldest == 0) oldest = distance;
        // Its own place does not change a lane, unless another would have taken it before.
        if (distance == old) continue;
        lanes.swap_held(old, oldest);
        lanes.distance[dearest] = static_cast<std::uint16_t>(oldest);
        lanes.again[dearest] = static_cast<std::int16_t>(
            search.open[symbol_of_distance(oldest + search.by_code)] + search.first);
        lanes.cost[dearest] = never;
        lanes.length[dearest] = 0;
        return;
    }
}

}  // namespace
}  // namespace huepress

#define HUEPRESS_BODY "rate/ratekernels_body.hpp"
#include "core/each_isa.hpp"

namespace huepress {

CodeTable::CodeTable(std::span<const Point> codebook) : k(static_cast<int>(codebook.size())) {
    std::vector<int> names(codebook.size());
    std::iota(names.begin(), names.end(), 0);
    sort_into_blocks(names, codebook.data());
    for (int i = 0; i < padded(); ++i) {
        const auto name =
            static_cast<std::size_t>(names[static_cast<std::size_t>(std::min(i, k - 1))]);
        const Point& p = points[i] = codebook[name];
        outer[i] = static_cast<std::uint8_t>(name);
        lightness_alpha[2 * i] = p[0];
        lightness_alpha[2 * i + 1] = p[3];
        chroma[2 * i] = p[1];
        chroma[2 * i + 1] = p[2];
    }
    for (int i = 0; i < k; ++i) inner[outer[i]] = static_cast<std::uint8_t>(i);
    find_boxes();
}

CodeTable::CodeTable(const CodeTable& all, std::span<const bool> kept) : CodeTable(all) {
    const auto is_kept = [&](int i) { return kept[outer[i]]; };
    int stand_in = 0;
    while (!is_kept(stand_in)) ++stand_in;
    for (int i = 0; i < padded(); ++i) {
        if (is_kept(i)) continue;
        points[i] = points[stand_in];
        std::copy_n(lightness_alpha + 2 * stand_in, 2, lightness_alpha + 2 * i);
        std::copy_n(chroma + 2 * stand_in, 2, chroma + 2 * i);
    }
    find_boxes();
}

void CodeTable::find_boxes() {
    for (int j = 0; j < 2 * blocks_max; ++j) {
        // Of a block that there is not, anything: it is left out.
        const int from = std::min(j / 2 * block, padded() - block);
        const auto corners = [&](const std::int16_t* pairs, std::int16_t& low, std::int16_t& high) {
            low = high = pairs[2 * from + j % 2];
            for (int i = from; i < from + block; ++i) {
                low = std::min(low, pairs[2 * i + j % 2]);
                high = std::max(high, pairs[2 * i + j % 2]);
            }
        };
        corners(lightness_alpha, lightness_alpha_low[j], lightness_alpha_high[j]);
        corners(chroma, chroma_low[j], chroma_high[j]);
    }
}

const RateKernels& rate_kernels(bool portable) {
    static const RateKernels& chosen = HUEPRESS_BODY_OF(rate_kernels);
#ifdef HUEPRESS_X86
    static const RateKernels& fast = isa() == Isa::avx512 ? avx512_rate_kernels() : chosen;
#else
    static const RateKernels& fast = chosen;
#endif
    return portable ? plain::rate_kernels : fast;
}

}  // namespace huepress
