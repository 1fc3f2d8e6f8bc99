// The perceptual score and the index of contours for Python.
#include <algorithm>

#include "bind/bindings.hpp"
#include "score/banding.hpp"
#include "score/ssimulacra2.hpp"

namespace huepress {
namespace {

using PixelArray = Array<std::uint8_t, -1, -1, -1>;

Pixels as_pixels(const PixelArray& a) {
    if (a.shape(2) != 3 && a.shape(2) != 4)
        throw nb::value_error("pixels must have 3 or 4 channels");
    if (a.size() == 0) throw nb::value_error("pixels must not be empty");
    return {flat(a), static_cast<int>(a.shape(0)), static_cast<int>(a.shape(1)),
            static_cast<int>(a.shape(2))};
}

void check_same_size(std::size_t height, std::size_t width, int wanted_height, int wanted_width) {
    if (height != static_cast<std::size_t>(wanted_height) ||
        width != static_cast<std::size_t>(wanted_width))
        throw nb::value_error("both images must have the same height and width");
}

double ssimulacra2_score(PixelArray a, PixelArray b, unsigned threads) {
    const Pixels original = as_pixels(a), other = as_pixels(b);
    check_same_size(b.shape(0), b.shape(1), original.height, original.width);
    nb::gil_scoped_release release;
    return Ssimulacra2(original, threads, 0).score(other, threads);
}

double judge(const Ssimulacra2& kernel, Pixels other, unsigned threads) {
    return kernel.score(other, threads);
}
double judge(const Banding& kernel, Pixels other, unsigned threads) {
    return kernel.of(other, threads);
}

template <class Label>
double judge(const Ssimulacra2& kernel, std::span<const std::uint8_t> codebook, int channels,
             std::span<const Label> labels, unsigned threads) {
    return kernel.score(codebook, channels, labels, threads);
}
template <class Label>
double judge(const Banding& kernel, std::span<const std::uint8_t> codebook, int channels,
             std::span<const Label> labels, unsigned threads) {
    return kernel.of(codebook, channels, labels, threads);
}

// A kernel that keeps an original. No Python code sees the object before its constructor is done,
// and no method changes it: any number of threads may judge at once.
template <class Kernel>
struct Judge {
    unsigned threads;
    Kernel kernel;

    Judge(PixelArray original, unsigned threads_)
        : threads(threads_), kernel([&] {
              const Pixels pixels = as_pixels(original);
              nb::gil_scoped_release release;
              return Kernel(pixels, threads_);
          }()) {}

    double of(PixelArray other) const {
        const Pixels pixels = as_pixels(other);
        check_same_size(other.shape(0), other.shape(1), kernel.height(), kernel.width());
        nb::gil_scoped_release release;
        return judge(kernel, pixels, threads);
    }

    template <class Label>
    double of_indexed(Array<std::uint8_t, -1, -1> codebook, Array<Label, -1, -1> labels) const {
        check_same_size(labels.shape(0), labels.shape(1), kernel.height(), kernel.width());
        const std::size_t channels = codebook.shape(1);
        if (channels != 3 && channels != 4)
            throw nb::value_error("codebook must have 3 or 4 columns");
        const auto span = flat(labels);
        if (*std::max_element(span.begin(), span.end()) >= codebook.shape(0))
            throw nb::value_error("every label must be below the number of codes");
        nb::gil_scoped_release release;
        return judge(kernel, flat(codebook), static_cast<int>(channels), span, threads);
    }
};

}  // namespace

void register_score(nb::module_& m) {
    m.def("ssimulacra2", &ssimulacra2_score, "a"_a, "b"_a, nb::kw_only(), "threads"_a = 0);
    using Scorer = Judge<Ssimulacra2>;
    nb::class_<Scorer>(m, "Ssimulacra2")
        .def(nb::init<PixelArray, unsigned>(), "original"_a, nb::kw_only(), "threads"_a = 0)
        .def("score", &Scorer::of, "other"_a)
        .def("score_indexed", &Scorer::of_indexed<std::uint8_t>, "codebook"_a, "labels"_a)
        .def("score_indexed", &Scorer::of_indexed<std::uint16_t>, "codebook"_a, "labels"_a);
    using ContourFinder = Judge<Banding>;
    nb::class_<ContourFinder>(m, "Banding")
        .def(nb::init<PixelArray, unsigned>(), "original"_a, nb::kw_only(), "threads"_a = 0)
        .def("of", &ContourFinder::of, "other"_a)
        .def("of_indexed", &ContourFinder::of_indexed<std::uint8_t>, "codebook"_a, "labels"_a)
        .def("of_indexed", &ContourFinder::of_indexed<std::uint16_t>, "codebook"_a, "labels"_a);
}

}  // namespace huepress
