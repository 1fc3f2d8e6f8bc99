// Registers the kernels with Python, and nothing else. Arrays come in exact and contiguous (Python
// has coerced them once); no call copies one. The GIL is released while a kernel runs: it reads
// arrays that their owner keeps alive for the call and writes only arrays made here.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "colorspace.hpp"
#include "ssimulacra2.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace huepress {
namespace {

template <class T, auto... Extents>
using Array = nb::ndarray<const T, nb::numpy, nb::shape<Extents...>, nb::c_contig, nb::device::cpu>;
using Points = Array<std::int16_t, -1, 4>;

template <class T, auto... Extents>
std::span<const T> flat(const Array<T, Extents...>& array) {
    return {array.data(), array.size()};
}

std::span<const Point> as_points(const Points& a) {
    static_assert(sizeof(Point) == 4 * sizeof(std::int16_t));
    return {reinterpret_cast<const Point*>(a.data()), a.shape(0)};
}

// An array that owns its memory, to be filled by a kernel and handed to Python without a copy.
template <class T>
struct Owned {
    std::unique_ptr<T[]> memory;
    std::vector<std::size_t> shape;

    explicit Owned(std::vector<std::size_t> shape_) : shape(std::move(shape_)) {
        memory = std::make_unique_for_overwrite<T[]>(size());
    }
    std::size_t size() const {
        std::size_t n = 1;
        for (auto extent : shape) n *= extent;
        return n;
    }
    std::span<T> span() { return {memory.get(), size()}; }
    nb::ndarray<nb::numpy, T> release() {
        T* data = memory.get();
        nb::capsule owner(memory.release(), [](void* p) noexcept { delete[] static_cast<T*>(p); });
        return nb::ndarray<nb::numpy, T>(data, shape.size(), shape.data(), owner);
    }
};

Space space_named(const std::string& name) {
    if (name == "srgb") return Space::srgb;
    if (name == "linear") return Space::linear;
    if (name == "oklab") return Space::oklab;
    throw nb::value_error("space must be 'srgb', 'linear' or 'oklab'");
}

nb::ndarray<nb::numpy, std::int16_t> embed_colors(Array<std::uint8_t, -1, -1> colors, const std::string& space) {
    const Space s = space_named(space);
    Owned<std::int16_t> points({colors.shape(0), 4});
    const int channels = static_cast<int>(colors.shape(1));
    if (channels != 3 && channels != 4) throw nb::value_error("colors must have 3 or 4 columns");
    {
        nb::gil_scoped_release release;
        embed(s, flat(colors), channels, {reinterpret_cast<Point*>(points.memory.get()), colors.shape(0)});
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

Pixels as_pixels(const Array<std::uint8_t, -1, -1, -1>& a) {
    if (a.shape(2) != 3 && a.shape(2) != 4) throw nb::value_error("pixels must have 3 or 4 channels");
    if (a.size() == 0) throw nb::value_error("pixels must not be empty");
    return {flat(a), static_cast<int>(a.shape(0)), static_cast<int>(a.shape(1)), static_cast<int>(a.shape(2))};
}

void check_same_size(std::size_t height, std::size_t width, int wanted_height, int wanted_width) {
    if (height != static_cast<std::size_t>(wanted_height) || width != static_cast<std::size_t>(wanted_width))
        throw nb::value_error("both images must have the same height and width");
}

double ssimulacra2_score(Array<std::uint8_t, -1, -1, -1> a, Array<std::uint8_t, -1, -1, -1> b, unsigned threads) {
    const Pixels original = as_pixels(a), other = as_pixels(b);
    check_same_size(b.shape(0), b.shape(1), original.height, original.width);
    nb::gil_scoped_release release;
    return Ssimulacra2(original, threads, 0).score(other, threads);
}

// No Python code sees the object before its constructor is done, and no method changes it: any
// number of threads may score at once.
struct Scorer {
    unsigned threads;
    Ssimulacra2 kernel;

    Scorer(Array<std::uint8_t, -1, -1, -1> original, unsigned threads_)
        : threads(threads_), kernel([&] {
              const Pixels pixels = as_pixels(original);
              nb::gil_scoped_release release;
              return Ssimulacra2(pixels, threads_);
          }()) {}

    double score(Array<std::uint8_t, -1, -1, -1> other) const {
        const Pixels pixels = as_pixels(other);
        check_same_size(other.shape(0), other.shape(1), kernel.height(), kernel.width());
        nb::gil_scoped_release release;
        return kernel.score(pixels, threads);
    }

    template <class Label>
    double score_indexed(Array<std::uint8_t, -1, -1> codebook, Array<Label, -1, -1> labels) const {
        check_same_size(labels.shape(0), labels.shape(1), kernel.height(), kernel.width());
        const std::size_t channels = codebook.shape(1);
        if (channels != 3 && channels != 4) throw nb::value_error("codebook must have 3 or 4 columns");
        const auto span = flat(labels);
        if (*std::max_element(span.begin(), span.end()) >= codebook.shape(0))
            throw nb::value_error("every label must be below the number of codes");
        nb::gil_scoped_release release;
        return kernel.score(flat(codebook), static_cast<int>(channels), span, threads);
    }
};

}  // namespace

NB_MODULE(_core, m) {
    m.def("embed", &embed_colors, "colors"_a, "space"_a);
    m.def("unembed", &unembed_points, "points"_a, "space"_a);

    m.def("ssimulacra2", &ssimulacra2_score, "a"_a, "b"_a, nb::kw_only(), "threads"_a);
    nb::class_<Scorer>(m, "Ssimulacra2")
        .def(nb::init<Array<std::uint8_t, -1, -1, -1>, unsigned>(), "original"_a, nb::kw_only(), "threads"_a)
        .def("score", &Scorer::score, "other"_a)
        .def("score_indexed", &Scorer::score_indexed<std::uint8_t>, "codebook"_a, "labels"_a)
        .def("score_indexed", &Scorer::score_indexed<std::uint16_t>, "codebook"_a, "labels"_a);
}

}  // namespace huepress
