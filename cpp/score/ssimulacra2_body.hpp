// Of ssimulacra2.cpp, compiled by each_isa.hpp: wider registers give the same bits, as nothing is
// fused.
namespace huepress::HUEPRESS_ISA {

// x^(1/3) for x in [2^-9, 2]: Newton on x^(-1/3), which needs no division, from a guess that
// divides the exponent by -3.
HUEPRESS_ALWAYS_INLINE float cube_root(float x) {
    const auto bits = static_cast<float>(std::bit_cast<std::int32_t>(x));
    float y = std::bit_cast<float>(0x54a21d2a - static_cast<std::int32_t>(bits * (1.0f / 3)));
    const float third = x * (1.0f / 3);
    for (int i = 0; i < 3; ++i) y = y * ((4.0f / 3) - third * (y * y * y));
    return x * (y * y);
}

// libjxl's opsin absorbance, then the offsets that bring all three near [0, 1].
HUEPRESS_ALWAYS_INLINE void xyb_of(float r, float g, float b, float& x, float& y, float& z) {
    constexpr float bias = 0.0037930732552754493f, root_of_bias = 0.15595420054924863f;
    const float l = cube_root(0.30f * r + (1 - 0.078f - 0.30f) * g + 0.078f * b + bias);
    const float m = cube_root(0.23f * r + (1 - 0.078f - 0.23f) * g + 0.078f * b + bias);
    const float s = cube_root(0.24342268924547819f * r + 0.20476744424496821f * g +
                              (1 - 0.24342268924547819f - 0.20476744424496821f) * b + bias);
    const float luma = 0.5f * (l + m) - root_of_bias;
    x = 7.0f * (l - m) + 0.42f;
    y = luma + 0.01f;
    z = (s - root_of_bias) - luma + 0.55f;
}

HUEPRESS_ALWAYS_INLINE void xyb_row(In r, In g, In b, Out x, Out y, Out z, int n) {
    for (int i = 0; i < n; ++i) xyb_of(r[i], g[i], b[i], x[i], y[i], z[i]);
}

// The Gaussian over 11 rows, or over one row read from 11 places.
HUEPRESS_ALWAYS_INLINE void blur(const float* const* rows, Out out, int n) {
    In r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5];
    In r6 = rows[6], r7 = rows[7], r8 = rows[8], r9 = rows[9], r10 = rows[10];
    for (int i = 0; i < n; ++i)
        out[i] = taps[0] * r5[i] + taps[1] * (r4[i] + r6[i]) + taps[2] * (r3[i] + r7[i]) +
                 taps[3] * (r2[i] + r8[i]) + taps[4] * (r1[i] + r9[i]) + taps[5] * (r0[i] + r10[i]);
}

HUEPRESS_ALWAYS_INLINE void blur_along(const float* row, Out out, int n) {
    const float* rows[window];
    for (int i = 0; i < window; ++i) rows[i] = row + i;
    blur(rows, out, n);
}

HUEPRESS_ALWAYS_INLINE void square(In in, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = in[i] * in[i];
}

HUEPRESS_ALWAYS_INLINE void subtract(In a, In b, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = a[i] - b[i];
}

HUEPRESS_ALWAYS_INLINE void variance(In squares, In mean, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = squares[i] - mean[i] * mean[i];
}

HUEPRESS_ALWAYS_INLINE void edge(In raw, In mean, Out out, int n) {
    for (int i = 0; i < n; ++i) out[i] = std::fabs(raw[i] - mean[i]);
}

// max(d, 0), exactly, in a form that every compiler vectorises.
HUEPRESS_ALWAYS_INLINE float above_zero(float d) { return 0.5f * (d + std::fabs(d)); }

// 1 - (1 - (mean a - mean b)^2) (2 covariance + c2) / (variance a + variance b + c2), rearranged
// around the blurred difference and its blurred square. Both are small where the images agree,
// instead of being left over from large numbers, so that float suffices and equal images give 0.
HUEPRESS_ALWAYS_INLINE void add_structure(In variance_a, In squares_b, In mean_b, In difference,
                                          In squared_difference, Out sum, Out sum_4, int n) {
    for (int i = 0; i < n; ++i) {
        const float q = difference[i] * difference[i];
        const float t = squared_difference[i] - q;
        const float v = variance_a[i] + (squares_b[i] - mean_b[i] * mean_b[i]) + c2;
        const float error = above_zero((t + q * (v - t)) / v);
        const float lifted_2 = (error * lift) * (error * lift);
        sum[i] += error;
        sum_4[i] += lifted_2 * lifted_2;
    }
}

HUEPRESS_ALWAYS_INLINE void add_edges(In edge_a, In edge_b, Out gained, Out gained_4, Out lost,
                                      Out lost_4, int n) {
    for (int i = 0; i < n; ++i) {
        const float d = (edge_b[i] - edge_a[i]) / (1.0f + edge_a[i]);
        const float more = above_zero(d);
        const float less = above_zero(-d);
        const float more_2 = (more * lift) * (more * lift);
        const float less_2 = (less * lift) * (less * lift);
        gained[i] += more;
        gained_4[i] += more_2 * more_2;
        lost[i] += less;
        lost_4[i] += less_2 * less_2;
    }
}

HUEPRESS_ALWAYS_INLINE void light_row(const Source& source, int y, int x0, int n,
                                      float* const* out) {
    const std::uint8_t* rgb = source.rgb + 3 * source.at(y, x0);
    const auto& table = linear_table();
    for (int i = 0; i < n; ++i)
        for (int c = 0; c < 3; ++c) out[c][i] = table[rgb[3 * i + c]];
}

HUEPRESS_ALWAYS_INLINE void read_xyb(const Source& source, int y, int x0, int n,
                                     float* const* light, float* const* xyb) {
    const std::size_t at = source.at(y, x0);
    if (source.codes) {
        for (int i = 0; i < n; ++i) {
            const Code& code = source.code(at + static_cast<std::size_t>(i));
            for (int c = 0; c < 3; ++c) xyb[c][i] = code.xyb[c];
        }
    } else if (source.light) {
        const float* r = source.light + at;
        xyb_row(r, r + source.pixels(), r + 2 * source.pixels(), xyb[0], xyb[1], xyb[2], n);
    } else {
        light_row(source, y, x0, n, light);
        xyb_row(light[0], light[1], light[2], xyb[0], xyb[1], xyb[2], n);
    }
}

// Fills what a row of a tile lacks on its left and right with what the mosaic shows there.
// row: from column `tile.x0 - radius` on, of which those inside the image are known.
inline void mirror_ends(const Tile& tile, int width, float* row) {
    const int first = tile.x0 - radius, end = tile.x1 + radius;
    for (int x = first; x < 0; ++x) row[x - first] = row[reflect(x, width) - first];
    for (int x = width; x < end; ++x) row[x - first] = row[reflect(x, width) - first];
}

// Blurs the ring of rows whose oldest is in `slot`.
HUEPRESS_ALWAYS_INLINE void blur_ring(const float (&ring)[window][Scratch::pitch], int slot,
                                      int offset, float* out, int n) {
    const float* rows[window];
    for (int i = 0; i < window; ++i) rows[i] = ring[(slot + i) % window] + offset;
    blur(rows, out, n);
}

// The part of the definition that runs along rows: from raw values to rows that are blurred once.
// The image is reflected at top and bottom; it is 0 beyond its left and right, unless mirrored.
// tile: or columns of one, which begin so far from its left.
HUEPRESS_ALWAYS_INLINE void enter_row(const Job& job, const Layout& layout, const Tile& tile,
                                      int offset, int y, int slot, Scratch& s) {
    const Source& shape = job.shape();
    const auto ring = [&](Ring of, int c) { return s.ring_rows[of][c][slot] + offset; };
    const int n = tile.x1 - tile.x0, padded = n + 2 * radius;
    const int left = std::min(radius, tile.x0), right = std::min(radius, shape.width - tile.x1);
    const int shift = radius - left, wide = n + left + right;
    float* const light[3] = {s.light[0], s.light[1], s.light[2]};
    if (!job.features) {
        float* const raw[3] = {ring(raw_a, 0) + shift, ring(raw_a, 1) + shift,
                               ring(raw_a, 2) + shift};
        read_xyb(job.a, y, tile.x0 - left, wide, light, raw);
        for (int c = 0; c < 3; ++c) {
            float* row = ring(raw_a, c);
            if (shape.mirrored) mirror_ends(tile, shape.width, row);
            if (job.needs.any(c)) blur_along(row, ring(mean_a, c), n);
            if (!job.needs.structure[c]) continue;
            square(row, s.product, padded);
            blur_along(s.product, ring(squares_a, c), n);
        }
    }
    if (job.write) return;
    float* const raw[3] = {ring(raw_b, 0) + shift, ring(raw_b, 1) + shift, ring(raw_b, 2) + shift};
    read_xyb(job.b, y, tile.x0 - left, wide, light, raw);
    for (int c = 0; c < 3; ++c) {
        float* row = ring(raw_b, c);
        if (shape.mirrored) mirror_ends(tile, shape.width, row);
        if (job.needs.structure[c]) {
            square(row, s.product, padded);
            blur_along(s.product, ring(squares_b, c), n);
            if (job.features) {
                const auto plane = static_cast<std::size_t>(layout.first[c] + 2);
                const float* a =
                    job.features + plane * shape.pixels() + shape.at(y, tile.x0 - left);
                std::fill(s.difference, s.difference + shift, 0.0f);
                subtract(a, row + shift, s.difference + shift, wide);
                std::fill(s.difference + shift + wide, s.difference + padded, 0.0f);
                if (shape.mirrored) mirror_ends(tile, shape.width, s.difference);
            } else {
                subtract(ring(raw_a, c), row, s.difference, padded);
            }
            blur_along(s.difference, ring(difference, c), n);
            square(s.difference, s.product, padded);
            blur_along(s.product, ring(squared_difference, c), n);
        } else if (job.needs.edges[c]) {
            blur_along(row, ring(mean_b, c), n);
        }
    }
}

// The rest: blurs across rows, and adds up the errors of one row (or writes its features).
HUEPRESS_ALWAYS_INLINE void leave_row(const Job& job, const Layout& layout, const Tile& tile,
                                      int offset, int y, int oldest, Scratch& s) {
    const Source& shape = job.shape();
    const int n = tile.x1 - tile.x0;
    const int centre = (oldest + radius) % window;
    for (int c = 0; c < 3; ++c) {
        if (!job.needs.any(c)) continue;
        const std::size_t plane = shape.pixels();
        const std::size_t at =
            static_cast<std::size_t>(layout.first[c]) * plane + shape.at(y, tile.x0);
        const bool structure = job.needs.structure[c];
        const float* own_variance = s.variance_a;
        const float* own_mean = s.mean_a;
        const float* own_edge = s.edge_a;
        if (job.features && structure) {
            own_variance = job.features + at;
            own_mean = own_variance + plane;
            edge(own_mean + plane, own_mean, s.edge_a, n);
        } else if (job.features) {
            own_edge = job.features + at;
        } else {
            const float* raw = s.ring_rows[raw_a][c][centre] + radius + offset;
            blur_ring(s.ring_rows[mean_a][c], oldest, offset, s.mean_a, n);
            edge(raw, s.mean_a, s.edge_a, n);
            if (structure) {
                blur_ring(s.ring_rows[squares_a][c], oldest, offset, s.product, n);
                variance(s.product, s.mean_a, s.variance_a, n);
            }
            if (job.write && structure) {
                std::copy(s.variance_a, s.variance_a + n, job.write + at);
                std::copy(s.mean_a, s.mean_a + n, job.write + at + plane);
                std::copy(raw, raw + n, job.write + at + 2 * plane);
            } else if (job.write) {
                std::copy(s.edge_a, s.edge_a + n, job.write + at);
            }
        }
        if (job.write) continue;
        if (structure) {
            blur_ring(s.ring_rows[squares_b][c], oldest, offset, s.squares_b, n);
            blur_ring(s.ring_rows[difference][c], oldest, offset, s.difference, n);
            blur_ring(s.ring_rows[squared_difference][c], oldest, offset, s.squared_difference, n);
            subtract(own_mean, s.difference, s.mean_b, n);
            add_structure(own_variance, s.squares_b, s.mean_b, s.difference, s.squared_difference,
                          s.sum_rows[c][structure_mean] + offset,
                          s.sum_rows[c][structure_4] + offset, n);
        } else {
            blur_ring(s.ring_rows[mean_b][c], oldest, offset, s.mean_b, n);
        }
        if (job.needs.edges[c]) {
            edge(s.ring_rows[raw_b][c][centre] + radius + offset, s.mean_b, s.edge_b, n);
            add_edges(own_edge, s.edge_b, s.sum_rows[c][gained_mean] + offset,
                      s.sum_rows[c][gained_4] + offset, s.sum_rows[c][lost_mean] + offset,
                      s.sum_rows[c][lost_4] + offset, n);
        }
    }
}

// Calls part(columns, offset) for each stretch of blocks of a tile's columns.
template <class Part>
HUEPRESS_ALWAYS_INLINE void each_stretch(const Tile& tile, std::uint32_t blocks, Part part) {
    while (blocks) {
        const int first = std::countr_zero(blocks);
        const int last = first + std::countr_one(blocks >> first);
        Tile columns = tile;
        columns.x0 = tile.x0 + first * block_width;
        columns.x1 = std::min(tile.x0 + last * block_width, tile.x1);
        part(columns, first * block_width);
        blocks &= ~((1u << last) - 1);
    }
}

inline void process(const Job& job, const Tile& tile, Scratch& s, Sums& sums) {
    const Layout layout(job.needs);
    const int height = job.shape().height;
    const int n = tile.x1 - tile.x0;
    // No more than is used: of a small picture's levels that is little of it.
    for (int c = 0; c < 3; ++c) {
        for (int slot = 0; slot < window; ++slot) {
            std::fill_n(s.ring_rows[raw_a][c][slot], n + 2 * radius, 0.0f);
            std::fill_n(s.ring_rows[raw_b][c][slot], n + 2 * radius, 0.0f);
        }
        for (auto& row : s.sum_rows[c]) std::fill_n(row, n, 0.0f);
    }
    const Work work(job, tile);
    for (int y = tile.y0 - radius; y < tile.y1 + radius; ++y) {
        const int entered = y - tile.y0 + radius;
        each_stretch(tile, work.enter[entered], [&](const Tile& columns, int offset) {
            enter_row(job, layout, columns, offset, reflect(y, height), entered % window, s);
        });
        if (entered < 2 * radius) continue;
        each_stretch(tile, work.leave[entered - 2 * radius], [&](const Tile& columns, int offset) {
            leave_row(job, layout, columns, offset, y - radius, (entered + 1) % window, s);
        });
    }
    for (int c = 0; c < 3; ++c)
        for (int norm = 0; norm < 6; ++norm) {
            double sum = 0;
            for (int i = 0; i < n; ++i) sum += s.sum_rows[c][norm][i];
            sums[static_cast<std::size_t>(c)][static_cast<std::size_t>(norm)] = sum;
        }
}

}  // namespace huepress::HUEPRESS_ISA
