// The fit and the distance kernel for Python.
#include "fit/kmeans.hpp"

#include <nanobind/stl/tuple.h>

#include <algorithm>

#include "bind/bindings.hpp"
#include "core/distance.hpp"
#include "core/isa.hpp"

namespace huepress {
namespace {

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

nb::ndarray<nb::numpy, std::int16_t> copied(const std::vector<Point>& points,
                                            std::vector<std::size_t> shape) {
    Owned<std::int16_t> array(std::move(shape));
    std::copy(points.begin(), points.end(), reinterpret_cast<Point*>(array.memory.get()));
    return array.release();
}

nb::tuple fit_points(Points points, Array<std::uint32_t, -1> weights, Points pinned, std::size_t k,
                     const std::string& seeding, int n_init, int max_iter, double tol,
                     std::uint64_t seed, int relaxation, bool coarse_only, int coarse_detail,
                     int coarse_starts, int swap_trials, int fine_detail, std::uint64_t sample,
                     std::uint64_t batch_size, std::int16_t opaque, int trades, unsigned threads) {
    const FitOptions options{
        .seeding = seeding_named(seeding),
        .n_init = n_init,
        .max_iter = max_iter,
        .tol = tol,
        .seed = seed,
        .relaxation = relaxation,
        .sample = sample,
        .batch_size = batch_size,
        .opaque = opaque,
        .trades = trades,
        .threads = threads,
        .coarse_only = coarse_only,
        .coarse_detail = coarse_detail,
        .coarse_starts = coarse_starts,
        .swap_trials = swap_trials,
        .fine_detail = fine_detail,
    };
    Fit result;
    {
        nb::gil_scoped_release release;
        result = fit(as_points(points), flat(weights), as_points(pinned), k, options);
    }
    const std::size_t count = result.centroids.size();
    return nb::make_tuple(copied(result.centroids, {count, 4}),
                          copied(result.trace_centroids, {result.trace_inertia.size(), count, 4}),
                          copied(result.trace_inertia), copied(result.trace_moved),
                          copied(result.trace_reseeded), copied(result.weights), result.converged);
}

nb::tuple label_points(Points points, Points centroids, unsigned threads) {
    const std::size_t n = points.shape(0), k = centroids.shape(0);
    if (k < 1 || k > 65536) throw nb::value_error("there must be from 1 to 65536 centroids");
    Owned<std::uint16_t> labels({n});
    Owned<std::int32_t> distances({n});
    {
        nb::gil_scoped_release release;
        nearest_points(as_points(points), as_points(centroids), threads, labels.span(),
                       distances.span());
    }
    return nb::make_tuple(labels.release(), distances.release());
}

}  // namespace

void register_kmeans(nb::module_& m) {
    m.def("fit", &fit_points, "points"_a, "weights"_a, "pinned"_a, "k"_a, nb::kw_only(),
          "seeding"_a, "n_init"_a, "max_iter"_a, "tol"_a, "seed"_a, "relaxation"_a, "coarse_only"_a,
          "coarse_detail"_a, "coarse_starts"_a, "swap_trials"_a, "fine_detail"_a, "sample"_a,
          "batch_size"_a, "opaque"_a = 0, "trades"_a = 0, "threads"_a);
    m.def("nearest_points", &label_points, "points"_a, "centroids"_a, nb::kw_only(), "threads"_a);
    m.def("instruction_set", &instruction_set);
}

}  // namespace huepress
