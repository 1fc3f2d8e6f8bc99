// What the binding files share. Arrays come in exact and contiguous (Python has coerced them once);
// no call copies one. The GIL is released while a kernel runs: it reads arrays that their owner
// keeps alive for the call and writes only arrays made here.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "color/colorspace.hpp"
#include "core/types.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace huepress {

template <class T, auto... Extents>
using Array = nb::ndarray<const T, nb::numpy, nb::shape<Extents...>, nb::c_contig, nb::device::cpu>;
using Points = Array<std::int16_t, -1, 4>;

template <class T, auto... Extents>
std::span<const T> flat(const Array<T, Extents...>& array) {
    return {array.data(), array.size()};
}

inline std::span<const Point> as_points(const Points& a) {
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

inline Space space_named(const std::string& name) {
    if (name == "srgb") return Space::srgb;
    if (name == "linear") return Space::linear;
    if (name == "oklab") return Space::oklab;
    throw nb::value_error("space must be 'srgb', 'linear' or 'oklab'");
}

// Hands a vector's memory to Python without a copy.
template <class T>
nb::ndarray<nb::numpy, T> release(std::vector<T>&& values,
                                  std::initializer_list<std::size_t> shape) {
    auto* moved = new std::vector<T>(std::move(values));
    nb::capsule owner(moved, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return nb::ndarray<nb::numpy, T>(moved->data(), shape, owner);
}

void register_color_kernels(nb::module_& m);
void register_pixel_kernels(nb::module_& m);
void register_kmeans(nb::module_& m);
void register_score(nb::module_& m);
void register_rate_kernels(nb::module_& m);
void register_orders(nb::module_& m);
void register_filters(nb::module_& m);
void register_deflate(nb::module_& m);
void register_lzw(nb::module_& m);
void register_vp8l(nb::module_& m);

}  // namespace huepress
