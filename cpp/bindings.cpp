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
#include "distance.hpp"
#include "kmeans.hpp"

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

Seeding seeding_named(const std::string& name) {
    if (name == "principal-axis") return Seeding::principal_axis;
    if (name == "k-means++") return Seeding::plus_plus;
    if (name == "random") return Seeding::random;
    throw nb::value_error("seeding must be 'principal-axis', 'k-means++' or 'random'");
}

template <class T>
nb::ndarray<nb::numpy, T> copied(const std::vector<T>& values) {
    Owned<T> array({values.size()});
    std::copy(values.begin(), values.end(), array.memory.get());
    return array.release();
}

nb::ndarray<nb::numpy, std::int16_t> copied(const std::vector<Point>& points, std::vector<std::size_t> shape) {
    Owned<std::int16_t> array(std::move(shape));
    std::copy(points.begin(), points.end(), reinterpret_cast<Point*>(array.memory.get()));
    return array.release();
}

nb::tuple fit_points(Points points, Array<std::uint32_t, -1> weights, Points pinned, std::size_t k,
                     const std::string& seeding, int n_init, int max_iter, double tol, std::uint64_t seed,
                     int relaxation, int coarse_starts, int swap_trials, std::uint64_t sample,
                     std::uint64_t batch_size, unsigned threads) {
    const FitOptions options{seeding_named(seeding), n_init, max_iter, tol, seed, relaxation, coarse_starts,
                             swap_trials, sample, batch_size, threads};
    Fit result;
    {
        nb::gil_scoped_release release;
        result = fit(as_points(points), flat(weights), as_points(pinned), k, options);
    }
    const std::size_t count = result.centroids.size();
    return nb::make_tuple(copied(result.centroids, {count, 4}),
                          copied(result.trace_centroids, {result.trace_inertia.size(), count, 4}),
                          copied(result.trace_inertia), copied(result.trace_moved),
                          copied(result.trace_reseeded), result.converged);
}

nb::tuple label_points(Points points, Points centroids, unsigned threads) {
    const std::size_t n = points.shape(0), k = centroids.shape(0);
    if (k < 1 || k > 65536) throw nb::value_error("there must be from 1 to 65536 centroids");
    Owned<std::uint16_t> labels({n});
    Owned<std::int32_t> distances({n});
    {
        nb::gil_scoped_release release;
        nearest_points(as_points(points), as_points(centroids), threads, labels.span(), distances.span());
    }
    return nb::make_tuple(labels.release(), distances.release());
}

}  // namespace

NB_MODULE(_core, m) {
    m.def("embed", &embed_colors, "colors"_a, "space"_a);
    m.def("unembed", &unembed_points, "points"_a, "space"_a);

    m.def("fit", &fit_points, "points"_a, "weights"_a, "pinned"_a, "k"_a, nb::kw_only(), "seeding"_a, "n_init"_a,
          "max_iter"_a, "tol"_a, "seed"_a, "relaxation"_a, "coarse_starts"_a, "swap_trials"_a, "sample"_a,
          "batch_size"_a, "threads"_a);
    m.def("nearest_points", &label_points, "points"_a, "centroids"_a, nb::kw_only(), "threads"_a);
    m.def("instruction_set", &instruction_set);
}

}  // namespace huepress
