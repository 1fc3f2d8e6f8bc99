#include "color/colorspace.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>

namespace huepress {
namespace {

// IEC 61966-2-1's transfer function in half levels: entry h is the linear light of the sRGB value
// h / 510, times 2^20, rounded. Even entries are the 256 levels, odd ones the borders between them.
// tests/kernels/test_colorspace.py derives the table again in decimal arithmetic.
constexpr std::array<std::int32_t, 511> linear_light = {
    0,       159,     318,     477,     637,     796,     955,     1114,    1273,    1432,
    1591,    1750,    1910,    2069,    2228,    2387,    2546,    2705,    2864,    3024,
    3183,    3343,    3509,    3680,    3855,    4035,    4220,    4410,    4605,    4804,
    5009,    5219,    5433,    5653,    5878,    6108,    6343,    6583,    6828,    7079,
    7335,    7597,    7863,    8135,    8413,    8696,    8984,    9278,    9578,    9883,
    10193,   10510,   10832,   11159,   11492,   11832,   12176,   12527,   12883,   13246,
    13614,   13988,   14368,   14754,   15145,   15543,   15947,   16357,   16773,   17196,
    17624,   18058,   18499,   18946,   19399,   19858,   20324,   20796,   21274,   21759,
    22250,   22747,   23251,   23761,   24278,   24801,   25331,   25867,   26410,   26960,
    27516,   28079,   28648,   29224,   29807,   30396,   30993,   31596,   32205,   32822,
    33445,   34076,   34713,   35357,   36008,   36666,   37331,   38003,   38681,   39367,
    40060,   40760,   41467,   42181,   42903,   43631,   44367,   45110,   45860,   46617,
    47381,   48153,   48932,   49718,   50512,   51313,   52121,   52937,   53760,   54590,
    55428,   56274,   57127,   57987,   58855,   59730,   60613,   61504,   62402,   63308,
    64221,   65142,   66071,   67007,   67951,   68903,   69862,   70830,   71805,   72787,
    73778,   74776,   75783,   76797,   77819,   78848,   79886,   80932,   81985,   83047,
    84117,   85194,   86280,   87373,   88475,   89585,   90702,   91828,   92962,   94104,
    95254,   96413,   97579,   98754,   99937,   101128,  102328,  103535,  104751,  105976,
    107208,  108449,  109698,  110956,  112222,  113496,  114779,  116070,  117370,  118678,
    119994,  121319,  122653,  123995,  125345,  126704,  128072,  129448,  130833,  132226,
    133628,  135039,  136458,  137886,  139323,  140768,  142222,  143685,  145156,  146636,
    148125,  149623,  151130,  152645,  154169,  155702,  157244,  158795,  160355,  161923,
    163501,  165087,  166683,  168287,  169900,  171522,  173154,  174794,  176443,  178102,
    179769,  181446,  183131,  184826,  186530,  188242,  189964,  191696,  193436,  195186,
    196944,  198712,  200489,  202276,  204072,  205877,  207691,  209514,  211347,  213189,
    215041,  216901,  218772,  220651,  222540,  224438,  226346,  228263,  230190,  232126,
    234071,  236026,  237991,  239965,  241948,  243942,  245944,  247956,  249978,  252009,
    254050,  256101,  258161,  260231,  262310,  264399,  266498,  268606,  270724,  272852,
    274990,  277137,  279294,  281461,  283637,  285824,  288020,  290226,  292442,  294667,
    296903,  299148,  301404,  303669,  305944,  308229,  310523,  312828,  315143,  317468,
    319802,  322147,  324502,  326866,  329241,  331626,  334021,  336425,  338840,  341265,
    343700,  346145,  348601,  351066,  353542,  356027,  358523,  361029,  363546,  366072,
    368609,  371156,  373713,  376280,  378858,  381446,  384044,  386652,  389271,  391900,
    394539,  397189,  399849,  402520,  405201,  407892,  410594,  413306,  416028,  418761,
    421504,  424258,  427022,  429797,  432582,  435378,  438184,  441001,  443828,  446666,
    449515,  452374,  455243,  458123,  461014,  463915,  466827,  469750,  472683,  475627,
    478582,  481547,  484523,  487510,  490507,  493515,  496534,  499563,  502604,  505655,
    508717,  511789,  514873,  517967,  521072,  524188,  527315,  530452,  533601,  536760,
    539930,  543111,  546303,  549506,  552720,  555945,  559181,  562428,  565685,  568954,
    572234,  575524,  578826,  582139,  585462,  588797,  592143,  595500,  598868,  602247,
    605637,  609038,  612451,  615874,  619309,  622755,  626211,  629680,  633159,  636649,
    640151,  643664,  647188,  650723,  654270,  657828,  661397,  664977,  668569,  672172,
    675786,  679411,  683048,  686697,  690356,  694027,  697709,  701403,  705108,  708824,
    712552,  716291,  720042,  723804,  727577,  731362,  735159,  738966,  742786,  746617,
    750459,  754313,  758178,  762055,  765944,  769844,  773755,  777678,  781613,  785559,
    789517,  793487,  797468,  801460,  805465,  809481,  813509,  817548,  821599,  825662,
    829736,  833822,  837920,  842029,  846151,  850284,  854429,  858585,  862753,  866933,
    871125,  875329,  879545,  883772,  888011,  892262,  896525,  900799,  905086,  909384,
    913695,  918017,  922351,  926697,  931055,  935425,  939807,  944200,  948606,  953024,
    957453,  961895,  966349,  970814,  975292,  979782,  984283,  988797,  993323,  997861,
    1002411, 1006973, 1011547, 1016133, 1020731, 1025342, 1029964, 1034599, 1039246, 1043905,
    1048576,
};

constexpr std::int64_t one = light_unit;  // and 1.0 in cone response

// Björn Ottosson, "A perceptual color space for image processing" (2020), times 2^16; the rows of
// the first add up to 2^16 and the last two rows of the second to 0, so that greys have no chroma.
constexpr std::int64_t lms_from_linear[3][3] = {
    {27015, 35149, 3372}, {13887, 44610, 7039}, {5787, 18463, 41286}};
constexpr std::int64_t lab_from_cones[3][3] = {
    {13792, 52011, -267}, {129630, -159160, 29530}, {1698, 51300, -52998}};
constexpr std::int64_t cones_from_lab[3][3] = {
    {65536, 25974, 14143}, {65536, -6918, -4185}, {65536, -5864, -84639}};
constexpr std::int64_t linear_from_lms[3][3] = {
    {267173, -216774, 15137}, {-83128, 171033, -22369}, {-275, -46099, 111910}};

// Rounds to the nearest integer, halves up, for any sign of the numerator.
constexpr std::int64_t divide(std::int64_t numerator, std::int64_t denominator) {
    const std::int64_t shifted = 2 * numerator + denominator;
    const std::int64_t quotient = shifted / (2 * denominator);
    return quotient - (shifted % (2 * denominator) < 0);
}

// The same for a denominator of 2^bits.
constexpr std::int64_t divide_by_power(std::int64_t numerator, int bits) {
    return (numerator + (std::int64_t{1} << (bits - 1))) >> bits;
}

std::uint8_t level_of_linear(std::int64_t light) {
    // The number of odd entries (borders) at or below the value.
    int low = 0, high = 255;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (linear_light[static_cast<std::size_t>(2 * middle + 1)] <= light)
            low = middle + 1;
        else
            high = middle;
    }
    return static_cast<std::uint8_t>(low);
}

std::uint8_t clamp_level(std::int64_t level) {
    return static_cast<std::uint8_t>(std::clamp<std::int64_t>(level, 0, 255));
}

// sqrt(3)/2 * unit for three channels that all meet the background; 1/2 * unit where only lightness
// does (DESIGN.md: the compositing error over black and white).
constexpr std::int64_t alpha_weight(Space space) {
    return space == Space::oklab ? fit_unit / 2 : 14134;
}

// Alpha 0 and 255 are set apart from 1 and 254 by this many levels: an opaque area that turns
// slightly translucent shows seams between layers, and a soft edge that turns opaque looks hard,
// though either is a small error by distance.
constexpr std::int64_t opacity_gap = 8;

constexpr std::int64_t gap(Space space) { return divide(alpha_weight(space) * opacity_gap, 255); }

// Where the fourth coordinate of such an alpha stands.
constexpr std::int64_t alpha_place(Space space, std::int64_t alpha) {
    return divide(alpha_weight(space) * alpha, 255) + ((alpha > 0) + (alpha == 255)) * gap(space);
}

std::int64_t alpha_at(Space space, std::int64_t place) {
    if (2 * place < alpha_place(space, 1)) return 0;
    if (2 * place > alpha_place(space, 254) + alpha_place(space, 255)) return 255;
    return std::clamp<std::int64_t>(divide((place - gap(space)) * 255, alpha_weight(space)), 1,
                                    254);
}

constexpr auto light_of_level = [] {
    std::array<double, 256> light{};
    for (std::size_t level = 0; level < 256; ++level) light[level] = linear_light[2 * level];
    return light;
}();

constexpr std::size_t batch_size = 64;

}  // namespace
}  // namespace huepress

#define HUEPRESS_BODY "color/colorspace_body.hpp"
#include "core/each_isa.hpp"

namespace huepress {
namespace {

// At most batch_size colours.
void embed_batch(Space space, std::span<const Rgba> colors, std::span<Point> points /* OUT */) {
    static const auto body = HUEPRESS_BODY_OF(embed<batch_size>);
    body(space, colors, points);
}

void place_light(std::span<const Light> lights, std::span<Point> points /* OUT */) {
    static const auto body = HUEPRESS_BODY_OF(place_light);
    body(lights, points);
}

std::int64_t squared_distance(const Point& a, const Point& b) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 4; ++i) sum += std::int64_t{a[i] - b[i]} * (a[i] - b[i]);
    return sum;
}

// Whether only greys, or means of greys, stand here.
bool on_grey_axis(Space space, const Point& point) { return point == on_grey(space, point); }

// Descends over the colours one level away in a channel: rounding each channel alone is not always
// nearest in a space that mixes channels, and then a cluster of one colour would not give it back.
// A grey stays grey even where a tinted neighbour is nearer: a tint is more visible than half a
// level of lightness.
Rgba closest_neighbour(Space space, const Point& point, Rgba color) {
    const std::size_t together = on_grey_axis(space, point) ? 3 : 1;
    std::int64_t least = squared_distance(embed(space, color), point);
    for (bool moved = true; moved;) {
        moved = false;
        for (std::size_t channel = 0; channel < 3; channel += together)
            for (const int step : {-1, 1}) {
                Rgba other = color;
                const int level = other[channel] + step;
                if (level < 0 || level > 255) continue;
                std::fill_n(other.begin() + channel, together, static_cast<std::uint8_t>(level));
                const std::int64_t distance = squared_distance(embed(space, other), point);
                if (distance < least) {
                    least = distance;
                    color = other;
                    moved = true;
                }
            }
    }
    return color;
}

}  // namespace

Point embed(Space space, Rgba color) {
    Point point;
    plain::embed<1>(space, {&color, 1}, {&point, 1});
    return point;
}

void embed(Space space, std::span<const Rgba> colors, std::span<Point> points /* OUT */) {
    for (std::size_t start = 0; start < colors.size(); start += batch_size) {
        const std::size_t n = std::min(batch_size, colors.size() - start);
        embed_batch(space, colors.subspan(start, n), points.subspan(start, n));
    }
}

void close_gaps(Space space, std::span<Point> points /* IN, OUT */) {
    const auto once = static_cast<std::int16_t>(gap(space));
    const auto opaque = static_cast<std::int16_t>(alpha_place(space, 255));
    for (Point& point : points) {
        const int gaps = (point[3] > 0) + (point[3] == opaque);
        point[3] = static_cast<std::int16_t>(point[3] - gaps * once);
    }
}

Point on_grey(Space space, Point point) {
    if (space == Space::oklab) return {point[0], 0, 0, point[3]};
    const auto mean = static_cast<std::int16_t>(divide(point[0] + point[1] + point[2], 3));
    return {mean, mean, mean, point[3]};
}

std::int32_t light_of_half_level(int half_level) {
    if (half_level < 0) return -light_of_half_level(-half_level);
    if (half_level > 510) return 2 * light_unit - light_of_half_level(1020 - half_level);
    return linear_light[static_cast<std::size_t>(half_level)];
}

void oklab_of_light(std::span<const Light> lights, std::span<Point> points /* OUT */) {
    const std::int16_t opaque = embed(Space::oklab, Rgba{0, 0, 0, 255})[3];
    for (Point& point : points) point[3] = opaque;
    for (std::size_t start = 0; start < lights.size(); start += batch_size) {
        const std::size_t n = std::min(batch_size, lights.size() - start);
        place_light(lights.subspan(start, n), points.subspan(start, n));
    }
}

Rgba unembed(Space space, Point point) {
    const std::int64_t alpha = alpha_at(space, point[3]);
    if (alpha == 0) return {0, 0, 0, 0};
    // No colour is beyond half a unit. Positions that no mean of colours has are brought within a
    // unit, so that cubes do not overflow.
    const auto straight = [&](int i) {
        return std::clamp(divide(std::int64_t{point[static_cast<std::size_t>(i)]} * 255, alpha),
                          -fit_unit, fit_unit);
    };
    Rgba color{0, 0, 0, static_cast<std::uint8_t>(alpha)};
    if (space == Space::srgb) {
        for (int i = 0; i < 3; ++i)
            color[static_cast<std::size_t>(i)] = clamp_level(divide(straight(i) + 255 * 32, 64));
        return color;
    }
    std::int64_t light[3];
    if (space == Space::linear) {
        for (int i = 0; i < 3; ++i)
            light[i] = divide((2 * straight(i) + fit_unit) * one, 2 * fit_unit);
    } else {
        // times 2^16: lightness, then the two chroma coordinates
        const std::int64_t lab[3] = {divide((2 * straight(0) + fit_unit) << 16, 2 * fit_unit),
                                     divide(straight(1) << 16, fit_unit),
                                     divide(straight(2) << 16, fit_unit)};
        std::int64_t lms[3];
        for (int i = 0; i < 3; ++i) {
            const auto& row = cones_from_lab[i];
            const std::int64_t cone =
                divide(row[0] * lab[0] + row[1] * lab[1] + row[2] * lab[2], 1 << 16);
            lms[i] = divide(cone * cone * cone, std::int64_t{1} << 28);  // times 2^20
        }
        for (int i = 0; i < 3; ++i) {
            const auto& row = linear_from_lms[i];
            light[i] = divide(row[0] * lms[0] + row[1] * lms[1] + row[2] * lms[2], 1 << 16);
        }
    }
    for (int i = 0; i < 3; ++i) color[static_cast<std::size_t>(i)] = level_of_linear(light[i]);
    return closest_neighbour(space, point, color);
}

void embed(Space space, std::span<const std::uint8_t> colors, int channels,
           std::span<Point> points /* OUT */) {
    std::array<Rgba, batch_size> batch;
    for (std::size_t start = 0; start < points.size(); start += batch_size) {
        const std::size_t n = std::min(batch_size, points.size() - start);
        for (std::size_t i = 0; i < n; ++i) {
            const auto* c = colors.data() + (start + i) * static_cast<std::size_t>(channels);
            batch[i] = {c[0], c[1], c[2], channels == 4 ? c[3] : std::uint8_t{255}};
        }
        embed_batch(space, std::span(batch).first(n), points.subspan(start, n));
    }
}

void unembed(Space space, std::span<const Point> points,
             std::span<std::uint8_t> colors /* OUT, RGBA */) {
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Rgba color = unembed(space, points[i]);
        std::copy(color.begin(), color.end(), colors.begin() + static_cast<std::ptrdiff_t>(4 * i));
    }
}

}  // namespace huepress
