// Orders of a codebook for Python.
#include "rate/ordering.hpp"

#include <algorithm>

#include "bind/bindings.hpp"

namespace huepress {
namespace {

using Order = void (*)(std::span<const std::int64_t>, std::span<std::int64_t>);

template <Order order_codes>
nb::ndarray<nb::numpy, std::int64_t> order_of(Array<std::uint8_t, -1, -1> labels, std::size_t k) {
    if (k < 1 || k > 256) throw nb::value_error("k must be 1 to 256");
    Owned<std::int64_t> order({k});
    bool within;
    {
        nb::gil_scoped_release release;
        const auto all = flat(labels);
        within = all.empty() || *std::max_element(all.begin(), all.end()) < k;
        if (within) order_codes(touching(all, labels.shape(1), k), order.span());
    }
    if (!within) throw nb::value_error("labels must be below k");
    return order.release();
}

}  // namespace

void register_orders(nb::module_& m) {
    m.def("chain_codes", &order_of<chain_codes>, "labels"_a.noconvert(), "k"_a);
    m.def("link_codes", &order_of<link_codes>, "labels"_a.noconvert(), "k"_a);
    m.def("settle_codes", &order_of<settle_codes>, "labels"_a.noconvert(), "k"_a);
}

}  // namespace huepress
