// Of labelgrid.cpp, compiled by each_isa.hpp.
namespace huepress::HUEPRESS_ISA {

inline I32 squares(const std::int16_t* eight, std::int16_t from) {
    const I32 difference = widened(eight) - all<I32>(from);
    return difference * difference;
}

// One code's distances to the colours of one red, a row of blues for each green.
HUEPRESS_ALWAYS_INLINE void distances_to(const Axes& axes, std::int32_t last, std::size_t red,
                                         const Point& code, I32 (&distances)[8] /* OUT */) {
    std::int32_t greens[8];
    store(greens, squares(axes[1], code[1]));
    const std::int32_t rest = square(last - code[3]) + square(axes[0][red] - code[0]);
    const I32 blues = squares(axes[2], code[2]) + all<I32>(rest);
    for (std::size_t green = 0; green < 8; ++green)
        distances[green] = blues + all<I32>(greens[green]);
}

inline void label_grid(const Axes& axes, std::int32_t last, std::span<const GridCode> codes,
                       std::uint8_t* labels /* OUT, 512 */) {
    for (std::size_t red = 0; red < 8; ++red) {
        I32 least[8], label[8], distance[8];
        distances_to(axes, last, red, codes[0].point, least);
        for (I32& row : label) row = all<I32>(codes[0].label);
        for (const GridCode& code : codes.subspan(1)) {
            distances_to(axes, last, red, code.point, distance);
            for (std::size_t row = 0; row < 8; ++row) {
                label[row] = choose(distance[row] < least[row], all<I32>(code.label), label[row]);
                least[row] = min(least[row], distance[row]);
            }
        }
        store_8(labels + 64 * red, {label[0], label[1], label[2], label[3]});
        store_8(labels + 64 * red + 32, {label[4], label[5], label[6], label[7]});
    }
}

}  // namespace huepress::HUEPRESS_ISA
