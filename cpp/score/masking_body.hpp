// Of masking.cpp, compiled by each_isa.hpp: wider registers give the same bits, as nothing is
// fused.
namespace huepress::HUEPRESS_ISA {

inline std::int32_t coordinate(const Point& p, View view, std::size_t axis) {
    switch (view) {
        case View::lightness: return p[0];
        // On black a colour's lightness is p[0] + p[3], on white p[0] - p[3], but for a constant.
        case View::on_black: return p[0] + p[3] - static_cast<std::int32_t>(unit / 2);
        case View::on_white: return p[0] - p[3] + static_cast<std::int32_t>(unit / 2);
        case View::chroma: break;
    }
    return p[1 + axis];
}

// Sums of four neighbours, and of seven: `pairs` has room for as many as `from`.
inline void sum_4(const std::int32_t* from, std::size_t n, std::int32_t* pairs,
                  std::int32_t* to /* OUT, n - 3 */) {
    for (std::size_t x = 0; x + 1 < n; ++x) pairs[x] = from[x] + from[x + 1];
    for (std::size_t x = 0; x + 3 < n; ++x) to[x] = pairs[x] + pairs[x + 2];
}
inline void sum_7(const std::int32_t* from, std::size_t n, std::int32_t* pairs,
                  std::int32_t* to /* OUT, n - 6 */) {
    for (std::size_t x = 0; x + 1 < n; ++x) pairs[x] = from[x] + from[x + 1];
    for (std::size_t x = 0; x + 6 < n; ++x)
        to[x] = pairs[x] + pairs[x + 2] + pairs[x + 4] + from[x + 6];
}

// The same weighted by the place from the middle, by -3, -1, 1, 3 of half a pixel, and by -3 ... 3
// of a pixel.
inline void lean_4(const std::int32_t* from, std::size_t n, std::int32_t* to /* OUT, n - 3 */) {
    for (std::size_t x = 0; x + 3 < n; ++x)
        to[x] = 3 * (from[x + 3] - from[x]) + from[x + 2] - from[x + 1];
}
inline void lean_7(const std::int32_t* from, std::size_t step, std::size_t n,
                   std::int32_t* to /* OUT, n */) {
    for (std::size_t x = 0; x < n; ++x)
        to[x] = 3 * (from[x + 6 * step] - from[x]) + 2 * (from[x + 5 * step] - from[x + step]) +
                from[x + 4 * step] - from[x + 2 * step];
}

// Sums of seven rows, each from the one above.
template <class T, class Sum>
inline void slide_7(const T* rows, std::size_t r, std::size_t width, const Sum* above,
                    Sum* to /* OUT */) {
    if (r == 0) {
        std::fill_n(to, width, Sum{0});
        for (std::size_t i = 0; i < box; ++i)
            for (std::size_t x = 0; x < width; ++x) to[x] += static_cast<Sum>(rows[i * width + x]);
        return;
    }
    const T *enters = rows + (r + box - 1) * width, *leaves = rows + (r - 1) * width;
    for (std::size_t x = 0; x < width; ++x)
        to[x] = above[x] + static_cast<Sum>(enters[x] - leaves[x]);
}

// explained: how much of what a plane explains is not to count.
inline void add_variances(Scratch& s, std::size_t rows, std::size_t width, View view,
                          std::size_t axis, double explained) {
    const std::size_t padded = width + 2 * reach;
    std::int32_t* const pairs = s.pairs.data();
    for (std::size_t r = 0; r < rows; ++r) {
        std::int32_t *value = s.value.data(), *square = s.square.data();
        const Point* points = &s.points[r * width];
        for (std::size_t x = 0; x < width; ++x)
            value[reach + x] = coordinate(points[x], view, axis);
        std::fill_n(value, reach, value[reach]);
        std::fill_n(value + reach + width, reach, value[reach + width - 1]);
        for (std::size_t x = 0; x < padded; ++x) square[x] = value[x] * value[x];
        sum_4(value, padded, pairs, &s.side_value[r * padded]);
        lean_4(value, padded, &s.side_slope[r * padded]);
        sum_4(square, padded, pairs, &s.side_square[r * padded]);
        lean_7(value, 1, padded - 6, s.lean.data());
        sum_7(s.lean.data(), padded - 6, pairs, &s.wide_slope[r * width]);
        sum_7(value, padded, pairs, value);
        sum_7(value, padded - 6, pairs, &s.wide_value[r * width]);
        sum_7(square, padded, pairs, square);
        sum_7(square, padded - 6, pairs, &s.wide_square[r * width]);
    }
    for (std::size_t r = 0; r + box <= rows; ++r) {
        const std::size_t above = r == 0 ? 0 : r - 1;
        slide_7(s.wide_value.data(), r, width, &s.box_value[above * width],
                &s.box_value[r * width]);
        slide_7(s.wide_slope.data(), r, width, &s.box_slope[above * width],
                &s.box_slope[r * width]);
        slide_7(s.wide_square.data(), r, width, &s.box_square[above * width],
                &s.box_square[r * width]);
        lean_7(&s.wide_value[r * width], width, width, &s.fall[r * width]);
    }
    for (std::size_t r = 0; r + 2 * reach < rows; ++r) {
        slide_7(s.box_value.data(), r, width, s.sum.data(), s.sum.data());
        slide_7(s.box_slope.data(), r, width, s.across.data(), s.across.data());
        slide_7(s.fall.data(), r, width, s.down.data(), s.down.data());
        slide_7(s.box_square.data(), r, width, s.squares.data(), s.squares.data());
        double* wide = &s.wide[r * width];
        for (std::size_t x = 0; x < width; ++x) {
            const double sum = s.sum[x], across = s.across[x], down = s.down[x];
            const double slope = explained * wide_slope_scale * (across * across + down * down);
            wide[x] += tent_sum * tent_sum * s.squares[x] - sum * sum - slope;
        }
    }
    for (std::size_t r = 0; r + side <= rows; ++r) {
        const std::int32_t *values = &s.side_value[r * padded], *slopes = &s.side_slope[r * padded],
                           *squares = &s.side_square[r * padded];
        std::int32_t* corner = &s.corner[r * padded];
        for (std::size_t x = 0; x + side <= padded; ++x) {
            const auto four_rows = [&](const std::int32_t* v) {
                return v[x] + v[x + padded] + v[x + 2 * padded] + v[x + 3 * padded];
            };
            const std::int32_t sum = four_rows(values);
            const double across = four_rows(slopes);
            const double down = 3 * (values[x + 3 * padded] - values[x]) + values[x + 2 * padded] -
                                values[x + padded];
            const double slope = explained * corner_slope_scale * (across * across + down * down);
            corner[x] += static_cast<std::int32_t>(side * side) * four_rows(squares) - sum * sum -
                         static_cast<std::int32_t>(slope);
        }
    }
}

inline void mask_rows(const Picture& picture, std::size_t top, std::size_t bottom, Scratch& s,
                      std::span<std::uint16_t> mask /* OUT */) {
    const std::size_t width = picture.width, padded = width + 2 * reach;
    const std::size_t rows = bottom - top + 2 * reach;
    s.fit(rows, width);
    for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t y = std::min(std::max(top + r, reach) - reach, picture.height - 1);
        const std::size_t row = width * static_cast<std::size_t>(picture.channels);
        embed(Space::oklab, picture.pixels.subspan(y * row, row), picture.channels,
              std::span(s.points).subspan(r * width, width));
    }
    close_gaps(Space::oklab, s.points);
    for (Point& p : s.points)
        for (auto& c : p) c = static_cast<std::int16_t>(c / 4);
    const auto view = [&](View which, std::size_t axes, double c, std::size_t channel, bool first) {
        s.wide.assign((bottom - top) * width, 0);
        s.corner.assign(rows * padded, 0);
        const double explained = which == View::chroma ? 0 : picture.explained;
        for (std::size_t axis = 0; axis < axes; ++axis)
            add_variances(s, rows, width, which, axis, explained);
        for (std::size_t r = 0; r < bottom - top; ++r) {
            const std::int32_t* lower = s.corner.data() + (r + reach) * padded + reach;
            const std::int32_t* upper = lower - (side - 1) * padded;
            const double* wide = &s.wide[r * width];
            std::uint16_t* out = &mask[2 * (top + r) * width + channel];
            for (std::size_t x = 0; x < width; ++x) {
                const std::int32_t calm = std::min(std::min(*(upper + x - (side - 1)), upper[x]),
                                                   std::min(*(lower + x - (side - 1)), lower[x]));
                const double product = (wide[x] * wide_scale + c) * (calm * corner_scale + c);
                const auto m = static_cast<std::int32_t>(
                    std::max(mask_unit * c / std::sqrt(product) + 0.5, 1.0));
                out[2 * x] =
                    static_cast<std::uint16_t>(first ? m : std::max<std::int32_t>(out[2 * x], m));
            }
        }
    };
    if (picture.channels == 3) {
        view(View::lightness, 1, lightness_constant, 0, true);
    } else {
        view(View::on_black, 1, lightness_constant, 0, true);
        view(View::on_white, 1, lightness_constant, 0, false);
    }
    view(View::chroma, 2, chroma_constant, 1, true);
}

}  // namespace huepress::HUEPRESS_ISA
