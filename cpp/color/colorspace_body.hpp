// Of colorspace.cpp, compiled by each_isa.hpp: wider registers give the same bits, as nothing is
// fused.
namespace huepress::HUEPRESS_ISA {

// The largest r with r^3 <= response 2^40, for a response from 0 to 2^20, given a guess that is at
// most one off.
inline std::int32_t exact_root(std::int32_t response, std::int32_t guess) {
    // In halves, so that all products are of 32 bits, of which processors multiply more at once
    // than of 64.
    constexpr std::uint32_t half = (1 << 20) - 1;
    const auto g = static_cast<std::uint32_t>(guess);
    const std::uint64_t square = std::uint64_t{g} * g;
    const auto high = static_cast<std::uint32_t>(square >> 20),
               low = static_cast<std::uint32_t>(square) & half;
    const std::uint64_t cube = (std::uint64_t{high} * g << 20) + std::uint64_t{low} * g;
    const auto rest =
        static_cast<std::int64_t>((static_cast<std::uint64_t>(response) << 40) - cube);
    const auto next = static_cast<std::int64_t>(std::uint64_t{3 * g} * (g + 1));
    return static_cast<std::int32_t>(guess + (rest > next) - (rest < 0));
}

// That guess, from Halley's method on a first one that divides the exponent by three. Each
// operation is IEEE's and rounds to 24 bits, so what is left is below a unit at 2^20.
inline std::int32_t guessed_root(std::int32_t response) {
    const float x = 2 * static_cast<float>(response) + 0x1p-60f;  // not quite 0, so that no cube is
    const auto exponent = static_cast<float>(std::bit_cast<std::int32_t>(x));
    float root = std::bit_cast<float>(static_cast<std::int32_t>(exponent * (1.0f / 3)) + 709921077);
    for (int i = 0; i < 2; ++i) {
        const float cube = root * root * root;
        root = root * (cube + x + x) / (cube + cube + x);
    }
    return static_cast<std::int32_t>(root * 8192);  // cbrt(2^39) = 2^13
}

// The positions of opaque colours relative to mid grey, times fit_unit, axis by axis. Loops are
// kept short and apart so that compilers overlap or vectorise them.
template <std::size_t batch>
struct Positions {
    std::int32_t x[3][batch];

    void fill(Space space, const Rgba* colors, std::size_t n) {
        if (space == Space::srgb) {
            for (std::size_t axis = 0; axis < 3; ++axis)
                for (std::size_t i = 0; i < n; ++i)
                    x[axis][i] = (2 * colors[i][axis] - 255) * 32;  // fit_unit / 510: exact
        } else if (space == Space::linear) {
            for (std::size_t axis = 0; axis < 3; ++axis)
                for (std::size_t i = 0; i < n; ++i) {
                    const std::int64_t light = linear_light[std::size_t{2} * colors[i][axis]];
                    x[axis][i] = static_cast<std::int32_t>(
                        divide_by_power((2 * light - one) * fit_unit, 21));
                }
        } else {
            fill_oklab(colors, n);
        }
    }

private:
    // Doubles hold these sums of products exactly (below 2^53), and multiply faster than int64
    // does.
    void fill_oklab(const Rgba* colors, std::size_t n) {
        std::array<double, batch> light[3];
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t c = 0; c < 3; ++c) light[c][i] = light_of_level[colors[i][c]];
        fill_oklab(light, n);
    }

public:
    void fill_oklab(const std::array<double, batch> (&light)[3], std::size_t n) {
        constexpr std::size_t lanes = batch == 1 ? 4 : 3;  // four fill a vector
        std::int32_t response[lanes * batch]{}, root[lanes * batch];
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t cone = 0; cone < 3; ++cone) {
                const auto& row = lms_from_linear[cone];
                const double sum = double(row[0]) * light[0][i] + double(row[1]) * light[1][i] +
                                   double(row[2]) * light[2][i];
                // Raised above 0, where conversion rounds down as division by a power of two does.
                response[lanes * i + cone] =
                    static_cast<std::int32_t>((sum + 0x1p15 + 0x1p40) * 0x1p-16) - (1 << 24);
            }
        for (std::size_t i = 0; i < lanes * n; ++i) root[i] = guessed_root(std::abs(response[i]));
        for (std::size_t i = 0; i < lanes * n; ++i)
            root[i] = exact_root(std::abs(response[i]), root[i]);
        for (std::size_t i = 0; i < lanes * n; ++i) root[i] = response[i] < 0 ? -root[i] : root[i];
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t axis = 0; axis < 3; ++axis) {
                const auto& row = lab_from_cones[axis];
                const double coordinate = double(row[0]) * root[lanes * i] +
                                          double(row[1]) * root[lanes * i + 1] +
                                          double(row[2]) * root[lanes * i + 2];  // times 2^36
                const double centred =
                    (axis == 0 ? coordinate - 0x1p35 : coordinate) * double(fit_unit);
                x[axis][i] =
                    static_cast<std::int32_t>((centred + 0x1p35 + 0x1p52) * 0x1p-36) - (1 << 16);
            }
    }
};

// batch: at least colors.size().
template <std::size_t batch>
void embed(Space space, std::span<const Rgba> colors, std::span<Point> points /* OUT */) {
    Positions<batch> positions;
    positions.fill(space, colors.data(), colors.size());
    const auto opaque = static_cast<std::int16_t>(alpha_place(space, 255));
    for (std::size_t i = 0; i < colors.size(); ++i) {
        const std::int64_t alpha = colors[i][3];
        if (alpha == 255) {
            for (std::size_t axis = 0; axis < 3; ++axis)
                points[i][axis] = static_cast<std::int16_t>(positions.x[axis][i]);
            points[i][3] = opaque;
        } else {
            for (std::size_t axis = 0; axis < 3; ++axis)
                points[i][axis] =
                    static_cast<std::int16_t>(divide(positions.x[axis][i] * alpha, 255));
            points[i][3] = static_cast<std::int16_t>(alpha_place(space, alpha));
        }
    }
}

// At most batch_size of them; the last coordinate stays.
inline void place_light(std::span<const Light> lights, std::span<Point> points /* OUT */) {
    std::array<double, batch_size> channels[3];
    for (std::size_t i = 0; i < lights.size(); ++i)
        for (std::size_t c = 0; c < 3; ++c) channels[c][i] = lights[i][c];
    Positions<batch_size> positions;
    positions.fill_oklab(channels, lights.size());
    for (std::size_t i = 0; i < lights.size(); ++i)
        for (std::size_t axis = 0; axis < 3; ++axis)
            points[i][axis] =
                static_cast<std::int16_t>(std::clamp(positions.x[axis][i], -(1 << 14), 1 << 14));
}

}  // namespace huepress::HUEPRESS_ISA
