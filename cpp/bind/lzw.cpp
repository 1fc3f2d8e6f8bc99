// GIF's LZW for Python.
#include "lzw/lzw.hpp"

#include "bind/bindings.hpp"

namespace huepress {
namespace {

lzw::Effort effort_named(const std::string& name) {
    if (name == "quick") return lzw::Effort::quick;
    if (name == "normal") return lzw::Effort::normal;
    throw nb::value_error("effort must be 'quick' or 'normal'");
}

nb::bytes coded(Array<std::uint8_t, -1, -1> labels, const std::string& effort) {
    const lzw::Effort chosen = effort_named(effort);
    std::vector<std::uint8_t> data;
    {
        nb::gil_scoped_release release;
        data = lzw::code(flat(labels), labels.shape(1), chosen);
    }
    return nb::bytes(data.data(), data.size());
}

}  // namespace

void register_lzw(nb::module_& m) { m.def("lzw", &coded, "labels"_a, nb::kw_only(), "effort"_a); }

}  // namespace huepress
