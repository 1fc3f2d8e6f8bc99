// Of banding.cpp, compiled by each_isa.hpp: wider registers give the same bits, as nothing is
// fused.
namespace huepress::HUEPRESS_ISA {

inline void mirror_ends(std::int32_t* row, int width) {
    for (int i = 1; i <= halo; ++i) {
        row[-i] = row[reflect(-i, width)];
        row[width - 1 + i] = row[reflect(width - 1 + i, width)];
    }
}

// Sums of three neighbours in a row, for all columns that have two.
inline void sum3(const std::int32_t* in, std::int32_t* out, int width) {
    for (int x = -halo + 1; x < width + halo - 1; ++x) out[x] = in[x - 1] + in[x] + in[x + 1];
}

// The root of sums of squares, times `scale`.
inline void root(const float* squares, float scale, std::int32_t* out, int n) {
    for (int i = 0; i < n; ++i) out[i] = static_cast<std::int32_t>(std::sqrt(squares[i]) * scale);
}

// Means over 7 by 7 of `values`, whose rows and columns reach 3 beyond; for one row.
inline void mean7(const std::int32_t* column7, std::int32_t* out, int width) {
    for (int x = 0; x < width; ++x) {
        std::int32_t sum = 0;
        for (int d = -3; d <= 3; ++d) sum += column7[x + d];
        out[x] = sum / 49;
    }
}

// What the original hides at each pixel: its second differences along both axes.
inline void activity(const Planes& planes, int y0, int y1, Scratch& s,
                     std::uint16_t* hidden /* OUT */) {
    const int width = planes.width, rows = y1 - y0;
    s.noise.shape(rows, width);
    s.version.shape(rows, width);
    const auto pitch = static_cast<std::size_t>(s.noise.pitch);
    s.deviation.assign(pitch * static_cast<std::size_t>(rows + 2 * halo), 0.0f);
    for (int c = 0; c < 3; ++c) {
        for (int y = -halo; y < rows + halo; ++y) {
            const std::int16_t* in = planes.row(c, reflect(y0 + y, planes.height));
            std::int32_t* out = s.version.row(y);
            std::copy(in, in + width, out);
            mirror_ends(out, width);
        }
        for (int y = -3; y < rows + 3; ++y) {
            const std::int32_t* above = s.version.row(y - 1);
            const std::int32_t* here = s.version.row(y);
            const std::int32_t* below = s.version.row(y + 1);
            float* sums = s.deviation.data() + static_cast<std::size_t>(y + halo) * pitch + halo;
            for (int x = -3; x < width + 3; ++x) {
                const std::int32_t along = std::abs(2 * here[x] - here[x - 1] - here[x + 1]);
                const std::int32_t across = std::abs(2 * here[x] - above[x] - below[x]);
                const auto both = static_cast<float>(along + across);
                sums[x] += both * both;
            }
        }
    }
    for (int y = -3; y < rows + 3; ++y)
        root(s.deviation.data() + static_cast<std::size_t>(y + halo) * pitch + halo - 3, 1.0f,
             s.noise.row(y) - 3, width + 6);
    s.column7.assign(pitch, 0);
    std::int32_t* column = s.column7.data() + halo;
    for (int y = -3; y < 3; ++y)
        for (int x = -3; x < width + 3; ++x) column[x] += s.noise.row(y)[x];
    std::int32_t* means = s.version.row(0);
    for (int y = 0; y < rows; ++y) {
        for (int x = -3; x < width + 3; ++x) column[x] += s.noise.row(y + 3)[x];
        mean7(column, means, width);
        for (int x = 0; x < width; ++x)
            hidden[planes.at(y0 + y, x)] =
                static_cast<std::uint16_t>(least_step + std::max(0, means[x] - hidden_activity));
        for (int x = -3; x < width + 3; ++x) column[x] -= s.noise.row(y - 3)[x];
    }
}

// Adds one channel's squared steps of every kind; sum3 holds the sums of three neighbours in a row.
inline void add_steps(Rows& values, Rows& sum3, bool fine, int rows, int width, std::size_t area,
                      Scratch& s, std::size_t first = 0) {
    std::int32_t* column = s.column9.data() + halo;
    std::fill(s.column9.begin(), s.column9.end(), 0);
    if (fine)
        for (int y = -4; y < 4; ++y)
            for (int x = -1; x < width; ++x) column[x] += values.row(y)[x];
    for (int y = 0; y < rows; ++y) {
        const std::int32_t* r[6];
        for (int d = -3; d <= 2; ++d) r[d + 3] = sum3.row(y + d);
        float* square = s.squares.data() + first * area +
                        static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
        for (int x = 0; x < width; ++x) {
            const auto across = static_cast<float>((r[2][x + 1] + r[3][x + 1] + r[4][x + 1]) -
                                                   (r[2][x - 2] + r[3][x - 2] + r[4][x - 2]));
            const auto down =
                static_cast<float>((r[3][x] + r[4][x] + r[5][x]) - (r[0][x] + r[1][x] + r[2][x]));
            square[x] += across * across + down * down;
        }
        if (!fine) continue;
        const std::int32_t* entering = values.row(y + 4);
        for (int x = -1; x < width; ++x) column[x] += entering[x];
        float* upright = square + area;
        float* level = upright + area;
        for (int x = 0; x < width; ++x) {
            const auto across = static_cast<float>(column[x] - column[x - 1]);
            const auto down = static_cast<float>((r[3][x - 3] + r[3][x] + r[3][x + 3]) -
                                                 (r[2][x - 3] + r[2][x] + r[2][x + 3]));
            upright[x] += across * across;
            level[x] += down * down;
        }
        const std::int32_t* leaving = values.row(y - 4);
        for (int x = -1; x < width; ++x) column[x] -= leaving[x];
    }
}

// The visible steps of the version at one scale. fine: with those between lines of 9 pixels.
inline void steps(const Planes& original, const std::uint16_t* hidden, const Planes& version,
                  bool fine, int y0, int y1, Scratch& s, std::uint16_t* out /* OUT */) {
    const int width = original.width, rows = y1 - y0;
    for (Rows* r : {&s.error, &s.error3, &s.version, &s.version3, &s.noise}) r->shape(rows, width);
    const auto pitch = static_cast<std::size_t>(s.error.pitch);
    const std::size_t area = static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
    s.squares.assign(2 * kinds * area, 0.0f);
    s.deviation.assign(pitch * static_cast<std::size_t>(rows + 2 * halo), 0.0f);
    s.column9.resize(pitch);
    const auto at = [&](std::vector<float>& plane, int y) {
        return plane.data() + static_cast<std::size_t>(y + halo) * pitch + halo;
    };
    for (int c = 0; c < 3; ++c) {
        for (int y = -halo; y < rows + halo; ++y) {
            const int from = reflect(y0 + y, original.height);
            const std::int16_t* a = original.row(c, from);
            const std::int16_t* b = version.row(c, from);
            std::int32_t* error = s.error.row(y);
            std::int32_t* copy = s.version.row(y);
            for (int x = 0; x < width; ++x) {
                error[x] = b[x] - a[x];
                copy[x] = b[x];
            }
            mirror_ends(error, width);
            mirror_ends(copy, width);
            sum3(error, s.error3.row(y), width);
            sum3(copy, s.version3.row(y), width);
        }
        for (int y = -3; y < rows + 3; ++y) {
            const std::int32_t* above = s.version3.row(y - 1);
            const std::int32_t* here = s.version3.row(y);
            const std::int32_t* below = s.version3.row(y + 1);
            const std::int32_t* raw = s.version.row(y);
            float* deviation = at(s.deviation, y);
            for (int x = -3; x < width + 3; ++x) {
                const auto d = static_cast<float>(9 * raw[x] - above[x] - here[x] - below[x]);
                deviation[x] += d * d;
            }
        }
        add_steps(s.error, s.error3, fine, rows, width, area, s);
        add_steps(s.version, s.version3, fine, rows, width, area, s, kinds);
    }
    constexpr float ninth = 1.0f / 9;
    for (int y = -3; y < rows + 3; ++y)
        root(at(s.deviation, y) - 3, ninth, s.noise.row(y) - 3, width + 6);
    s.column7.assign(pitch, 0);
    std::int32_t* column = s.column7.data() + halo;
    for (int y = -3; y < 3; ++y)
        for (int x = -3; x < width + 3; ++x) column[x] += s.noise.row(y)[x];
    std::int32_t* noise = s.version.row(0);
    std::int32_t* step = s.version.row(1);
    for (int y = 0; y < rows; ++y) {
        for (int x = -3; x < width + 3; ++x) column[x] += s.noise.row(y + 3)[x];
        mean7(column, noise, width);
        // A step of the error shows as far as the version has one there.
        float* square =
            s.squares.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
        for (std::size_t kind = 0; kind < (fine ? kinds : 1); ++kind) {
            const float* error = square + kind * area;
            const float* own = error + kinds * area;
            for (int x = 0; x < width; ++x) {
                const float shown = std::min(error[x], own[x]);
                square[x] = kind == 0 ? shown : std::max(square[x], shown);
            }
        }
        root(square, ninth, step, width);
        const std::size_t first = original.at(y0 + y, 0);
        const std::uint16_t* own = hidden + first;
        std::uint16_t* found = out + first;
        for (int x = 0; x < width; ++x)
            found[x] = static_cast<std::uint16_t>(
                std::min(std::max(step[x] - own[x] - noise[x], 0), most_step));
        for (int x = -3; x < width + 3; ++x) column[x] -= s.noise.row(y - 3)[x];
    }
}

}  // namespace huepress::HUEPRESS_ISA
