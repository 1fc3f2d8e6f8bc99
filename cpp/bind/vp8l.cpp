// The writer of lossless WebP's image data for Python.
#include "vp8l/vp8l.hpp"

#include <algorithm>

#include "bind/bindings.hpp"

namespace huepress {
namespace {

nb::bytes encoded(Array<std::uint8_t, -1, -1> labels, Array<std::uint8_t, -1, 4> palette) {
    const std::size_t height = labels.shape(0), width = labels.shape(1), k = palette.shape(0);
    if (height < 1 || width < 1 || height > 16384 || width > 16384)
        throw nb::value_error("labels must be 1 to 16384 high and wide");
    if (height * width > vp8l::labels_max) throw nb::value_error("labels must be at most 2^25");
    if (k < 1 || k > 256) throw nb::value_error("palette must have 1 to 256 colours");
    std::vector<std::uint8_t> stream;
    bool within;
    {
        nb::gil_scoped_release release;
        const auto all = flat(labels);
        within = *std::max_element(all.begin(), all.end()) < k;
        if (within) stream = vp8l::encode(all, width, flat(palette));
    }
    if (!within) throw nb::value_error("labels must be below the number of colours");
    return nb::bytes(stream.data(), stream.size());
}

}  // namespace

void register_vp8l(nb::module_& m) {
    m.def("vp8l", &encoded, "labels"_a.noconvert(), "palette"_a.noconvert());
}

}  // namespace huepress
