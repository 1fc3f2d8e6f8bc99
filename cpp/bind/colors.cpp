// Fit spaces for Python.

#include "bind/bindings.hpp"

namespace huepress {
namespace {

nb::ndarray<nb::numpy, std::int16_t> embed_colors(Array<std::uint8_t, -1, -1> colors,
                                                  const std::string& space, bool gaps) {
    const Space s = space_named(space);
    Owned<std::int16_t> points({colors.shape(0), 4});
    const int channels = static_cast<int>(colors.shape(1));
    if (channels != 3 && channels != 4) throw nb::value_error("colors must have 3 or 4 columns");
    {
        nb::gil_scoped_release release;
        const std::span<Point> places(reinterpret_cast<Point*>(points.memory.get()),
                                      colors.shape(0));
        embed(s, flat(colors), channels, places);
        if (!gaps) close_gaps(s, places);
    }
    return points.release();
}

nb::ndarray<nb::numpy, std::uint8_t> unembed_points(Points points, const std::string& space) {
    const Space s = space_named(space);
    Owned<std::uint8_t> colors({points.shape(0), 4});
    {
        nb::gil_scoped_release release;
        unembed(s, as_points(points), colors.span());
    }
    return colors.release();
}

}  // namespace

void register_color_kernels(nb::module_& m) {
    m.def("embed", &embed_colors, "colors"_a, "space"_a, "gaps"_a = true);
    m.def("unembed", &unembed_points, "points"_a, "space"_a);
}

}  // namespace huepress
