// PNG's row filters for Python.
#include "rate/filters.hpp"

#include "bind/bindings.hpp"

namespace huepress {
namespace {

RowFilter filter_named(const std::string& name) {
    constexpr const char* names[] = {"none",  "sub",     "up",      "average",
                                     "paeth", "min-sum", "bigrams", "entropy"};
    for (int i = 0; i < 8; ++i)
        if (name == names[i]) return static_cast<RowFilter>(i);
    throw nb::value_error(
        "filtering must be 'none', 'sub', 'up', 'average', 'paeth', 'min-sum', "
        "'bigrams' or 'entropy'");
}

nb::ndarray<nb::numpy, std::uint8_t> filtered_rows(Array<std::uint8_t, -1, -1> rows,
                                                   std::size_t step, const std::string& filtering) {
    const RowFilter chosen = filter_named(filtering);
    if (step < 1 || step > 8)
        throw nb::value_error(("step must be 1 to 8, not " + std::to_string(step)).c_str());
    if (rows.shape(1) < step)
        throw nb::value_error(
            ("rows must have " + std::to_string(step) + " bytes at least").c_str());
    Owned<std::uint8_t> filtered({rows.shape(0), rows.shape(1) + 1});
    {
        nb::gil_scoped_release release;
        filter_rows(flat(rows), rows.shape(1), step, chosen, filtered.span());
    }
    return filtered.release();
}

}  // namespace

void register_filters(nb::module_& m) {
    m.def("filter_rows", &filtered_rows, "rows"_a, "step"_a, "filtering"_a);
}

}  // namespace huepress
