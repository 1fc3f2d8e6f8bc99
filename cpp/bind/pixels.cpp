// Histograms, mapping and distortion for Python.
#include <nanobind/stl/tuple.h>

#include <algorithm>

#include "bind/bindings.hpp"
#include "color/histogram.hpp"
#include "map/dither.hpp"
#include "map/labels.hpp"
#include "map/nearest.hpp"
#include "score/distortion.hpp"

namespace huepress {
namespace {

using Pixels = Array<std::uint8_t, -1, -1, -1>;
using Colors = Array<std::uint8_t, -1, -1>;
using Counts = Array<std::uint64_t, -1>;
using ByteLabels = Array<std::uint8_t, -1, -1>;
using WideLabels = Array<std::uint16_t, -1, -1>;

int channels_of(std::size_t extent, const char* name) {
    if (extent != 3 && extent != 4)
        throw nb::value_error(
            (std::string(name) + " must have 3 or 4 channels, not " + std::to_string(extent))
                .c_str());
    return static_cast<int>(extent);
}

int channels_of(const Pixels& pixels) { return channels_of(pixels.shape(2), "pixels"); }

nb::tuple as_tuple(ColorCounts&& result, int channels) {
    const std::size_t n = result.counts.size();
    return nb::make_tuple(
        release(std::move(result.colors), {n, static_cast<std::size_t>(channels)}),
        release(std::move(result.counts), {n}));
}

nb::tuple histogram_of(Pixels pixels, unsigned threads) {
    const int channels = channels_of(pixels);
    ColorCounts result;
    {
        nb::gil_scoped_release release;
        result = histogram(flat(pixels), channels, threads);
    }
    return as_tuple(std::move(result), channels);
}

nb::tuple merged_histograms(Colors colors_a, Counts counts_a, Colors colors_b, Counts counts_b) {
    const int channels = channels_of(colors_a.shape(1), "colors_a");
    if (colors_b.shape(1) != colors_a.shape(1))
        throw nb::value_error("colors_a and colors_b differ in channels");
    if (counts_a.size() != colors_a.shape(0) || counts_b.size() != colors_b.shape(0))
        throw nb::value_error("counts must have one entry a colour");
    ColorCounts result;
    {
        nb::gil_scoped_release release;
        result = merge_histograms(flat(colors_a), flat(counts_a), flat(colors_b), flat(counts_b),
                                  channels);
    }
    return as_tuple(std::move(result), channels);
}

nb::ndarray<nb::numpy, std::uint64_t> sums_by_color(Pixels pixels, Colors colors,
                                                    Array<std::uint16_t, -1, -1> values) {
    const int channels = channels_of(pixels);
    if (colors.shape(1) != pixels.shape(2))
        throw nb::value_error("colors and pixels differ in channels");
    if (values.shape(0) != pixels.shape(0) || values.shape(1) != pixels.shape(1))
        throw nb::value_error("values and pixels differ in shape");
    if (colors.shape(0) >= std::size_t{1} << 30)
        throw nb::value_error("colors must be fewer than 2^30");
    Owned<std::uint64_t> sums({colors.shape(0)});
    {
        nb::gil_scoped_release release;
        sum_by_color(flat(pixels), channels, flat(colors), flat(values), sums.span());
    }
    return sums.release();
}

std::vector<Rgba> codes_of(const Colors& codebook) {
    const int channels = channels_of(codebook.shape(1), "codebook");
    const std::size_t k = codebook.shape(0);
    if (k < 1 || k > 65536)
        throw nb::value_error(
            ("codebook must have 1 to 65536 codes, not " + std::to_string(k)).c_str());
    std::vector<Rgba> codes(k);
    for (std::size_t i = 0; i < k; ++i) {
        const std::uint8_t* c = codebook.data() + i * static_cast<std::size_t>(channels);
        codes[i] = {c[0], c[1], c[2], channels == 4 ? c[3] : std::uint8_t{255}};
    }
    return codes;
}

// Labels for the pixels, as narrow as k allows; kernel(span) fills them without the GIL.
template <class Kernel>
nb::object labels_of(const Pixels& pixels, std::size_t k, Kernel kernel) {
    const auto filled = [&]<class Label>(Owned<Label> labels) {
        {
            nb::gil_scoped_release release;
            kernel(labels.span());
        }
        return nb::cast(labels.release());
    };
    const std::vector<std::size_t> shape{pixels.shape(0), pixels.shape(1)};
    if (k > 256) return filled(Owned<std::uint16_t>(shape));
    return filled(Owned<std::uint8_t>(shape));
}

nb::object nearest_labels(Pixels pixels, Colors codebook, const std::string& space,
                          unsigned threads) {
    const int channels = channels_of(pixels);
    const Space s = space_named(space);
    const auto codes = codes_of(codebook);
    return labels_of(pixels, codes.size(), [&](auto labels) {
        map_nearest(flat(pixels), channels, codes, s, threads, labels);
    });
}

nb::object diffused_labels(Pixels pixels, Colors codebook, const std::string& space, int strength,
                           unsigned threads) {
    const int channels = channels_of(pixels);
    const Space s = space_named(space);
    const auto codes = codes_of(codebook);
    if (strength < 0 || strength > 256)
        throw nb::value_error(
            ("strength must be 0 to 256, not " + std::to_string(strength)).c_str());
    return labels_of(pixels, codes.size(), [&](auto labels) {
        error_diffusion(flat(pixels), pixels.shape(1), channels, codes, s, strength, threads,
                        labels);
    });
}

nb::object ordered_labels(Pixels pixels, Colors codebook, const std::string& space,
                          unsigned threads) {
    const int channels = channels_of(pixels);
    const Space s = space_named(space);
    const auto codes = codes_of(codebook);
    return labels_of(pixels, codes.size(), [&](auto labels) {
        ordered(flat(pixels), pixels.shape(1), channels, codes, s, threads, labels);
    });
}

nb::ndarray<nb::numpy, std::uint64_t> release(const ChannelSums& sums, int channels) {
    Owned<std::uint64_t> out({static_cast<std::size_t>(channels)});
    std::copy_n(sums.begin(), channels, out.span().begin());
    return out.release();
}

nb::ndarray<nb::numpy, std::uint64_t> squared_error_of(Pixels a, Pixels b, unsigned threads) {
    const int channels = channels_of(a);
    for (int axis = 0; axis < 3; ++axis)
        if (a.shape(axis) != b.shape(axis)) throw nb::value_error("a and b differ in shape");
    ChannelSums sums;
    {
        nb::gil_scoped_release release;
        sums = squared_error(flat(a), flat(b), channels, threads);
    }
    return release(sums, channels);
}

template <class Label>
nb::ndarray<nb::numpy, std::uint64_t> counts_of(Array<Label, -1, -1> labels, std::size_t k) {
    Owned<std::uint64_t> counts({k});
    bool within;
    {
        nb::gil_scoped_release release;
        within = label_counts(flat(labels), counts.span());
    }
    if (!within) throw nb::value_error(("labels must be below k=" + std::to_string(k)).c_str());
    return counts.release();
}

template <class Label>
nb::ndarray<nb::numpy, std::uint64_t> indexed_error_of(Pixels pixels, Colors codebook,
                                                       Array<Label, -1, -1> labels,
                                                       unsigned threads) {
    const int channels = channels_of(pixels);
    if (codebook.shape(1) != pixels.shape(2))
        throw nb::value_error("codebook and pixels differ in channels");
    if (labels.shape(0) != pixels.shape(0) || labels.shape(1) != pixels.shape(1))
        throw nb::value_error("labels and pixels differ in shape");
    ChannelSums sums;
    bool within;
    {
        nb::gil_scoped_release release;
        std::vector<std::uint64_t> counts(codebook.shape(0));
        within = label_counts(flat(labels), counts);
        if (within)
            sums = indexed_squared_error(flat(pixels), flat(codebook), channels, flat(labels),
                                         threads);
    }
    if (!within)
        throw nb::value_error(
            ("labels must be below k=" + std::to_string(codebook.shape(0))).c_str());
    return release(sums, channels);
}

nb::ndarray<nb::numpy, std::uint8_t> blue_noise_mask() {
    Owned<std::uint8_t> mask({64, 64});
    std::copy(blue_noise().begin(), blue_noise().end(), mask.span().begin());
    return mask.release();
}

}  // namespace

void register_pixel_kernels(nb::module_& m) {
    m.def("histogram", &histogram_of, "pixels"_a.noconvert(), nb::kw_only(), "threads"_a = 0);
    m.def("merge_histograms", &merged_histograms, "colors_a"_a.noconvert(),
          "counts_a"_a.noconvert(), "colors_b"_a.noconvert(), "counts_b"_a.noconvert());
    m.def("sum_by_color", &sums_by_color, "pixels"_a.noconvert(), "colors"_a.noconvert(),
          "values"_a.noconvert());
    m.def("map_nearest", &nearest_labels, "pixels"_a.noconvert(), "codebook"_a.noconvert(),
          "space"_a, nb::kw_only(), "threads"_a = 0);
    m.def("error_diffusion", &diffused_labels, "pixels"_a.noconvert(), "codebook"_a.noconvert(),
          "space"_a, "strength"_a, nb::kw_only(), "threads"_a = 0);
    m.def("ordered", &ordered_labels, "pixels"_a.noconvert(), "codebook"_a.noconvert(), "space"_a,
          nb::kw_only(), "threads"_a = 0);
    m.def("squared_error", &squared_error_of, "a"_a.noconvert(), "b"_a.noconvert(), nb::kw_only(),
          "threads"_a = 0);
    m.def("indexed_squared_error", &indexed_error_of<std::uint8_t>, "pixels"_a.noconvert(),
          "codebook"_a.noconvert(), "labels"_a.noconvert(), nb::kw_only(), "threads"_a = 0);
    m.def("indexed_squared_error", &indexed_error_of<std::uint16_t>, "pixels"_a.noconvert(),
          "codebook"_a.noconvert(), "labels"_a.noconvert(), nb::kw_only(), "threads"_a = 0);
    m.def("label_counts", &counts_of<std::uint8_t>, "labels"_a.noconvert(), "k"_a);
    m.def("label_counts", &counts_of<std::uint16_t>, "labels"_a.noconvert(), "k"_a);
    m.def("blue_noise", &blue_noise_mask);
}

}  // namespace huepress
