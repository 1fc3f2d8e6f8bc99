#include "vp8l/palette.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "vp8l/symbols.hpp"

namespace huepress::vp8l {

Palette::Palette(std::span<const Color> colors) {
    Color before{};
    for (const Color& color : colors) {
        Color difference;
        for (std::size_t c = 0; c < 4; ++c)
            difference[c] = static_cast<std::uint8_t>(color[c] - before[c]);
        differences_.push_back(difference);
        before = color;
    }
    for (const std::size_t c : channels) {
        std::array<std::uint32_t, green_symbols> counts{};
        for (const Color& difference : differences_) ++counts[difference[c]];
        codes_.emplace_back(std::span(counts).first(c == 1 ? green_symbols : literals));
    }
}

std::uint64_t Palette::bits() const {
    std::uint64_t bits = 0;
    for (const PrefixCode& code : codes_) bits += code.bits();
    return bits;
}

void Palette::write(BitWriter& out) const {
    out.put(0, 1);  // no colour cache
    for (const PrefixCode& code : codes_) code.write(out);
    out.put(1, 4);  // no distances
    for (const Color& difference : differences_)
        for (std::size_t i = 0; i < 4; ++i) codes_[i].put(out, difference[channels[i]]);
}

std::vector<std::size_t> cheapest_order(std::span<const Color> colors) {
    std::vector<std::size_t> best;
    std::uint64_t least = 0;
    const auto offer = [&](std::vector<std::size_t> order) {
        std::vector<Color> moved;
        for (const std::size_t i : order) moved.push_back(colors[i]);
        const std::uint64_t bits = Palette(moved).bits();
        if (best.empty() || bits < least) {
            least = bits;
            best = std::move(order);
        }
    };
    std::vector<std::size_t> order(colors.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (const std::size_t lead : {1, 0, 2}) {
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            const auto key = [&](std::size_t i) {
                const Color& c = colors[i];
                return std::tuple(c[3], c[lead], c[1], c[0], c[2], i);
            };
            return key(a) < key(b);
        });
        offer(order);
    }
    for (int way = 0; way < 2; ++way) {
        std::vector<std::size_t> left = order, path;
        Color last{};
        while (!left.empty()) {
            std::size_t nearest = 0;
            int smallest = 1 << 20;
            for (std::size_t i = 0; i < left.size(); ++i) {
                int far = 0;
                for (std::size_t c = 0; c < 4; ++c) {
                    const int d = colors[left[i]][c] - last[c];
                    far += way == 0 ? std::abs(d) : (d < 0 ? -3 * d : d);
                }
                if (far < smallest) {
                    smallest = far;
                    nearest = i;
                }
            }
            path.push_back(left[nearest]);
            last = colors[left[nearest]];
            left.erase(left.begin() + static_cast<std::ptrdiff_t>(nearest));
        }
        offer(path);
    }
    return best;
}

}  // namespace huepress::vp8l
