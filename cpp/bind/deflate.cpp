// The zlib writer for Python.
#include "deflate/deflate.hpp"

#include <cstdint>
#include <optional>

#include "bind/bindings.hpp"

namespace huepress {
namespace {

deflating::Effort effort_named(const std::string& name) {
    if (name == "normal") return deflating::Effort::normal;
    if (name == "best") return deflating::Effort::best;
    throw nb::value_error("effort must be 'normal' or 'best'");
}

nb::object deflated(Array<std::uint8_t, -1> data, const std::string& effort,
                    std::optional<std::size_t> limit) {
    const deflating::Effort chosen = effort_named(effort);
    std::vector<std::uint8_t> stream;
    {
        nb::gil_scoped_release release;
        stream = deflating::deflate(flat(data), chosen, limit.value_or(SIZE_MAX / 8));
    }
    if (stream.empty()) return nb::none();
    return nb::bytes(stream.data(), stream.size());
}

}  // namespace

void register_deflate(nb::module_& m) {
    m.def("deflate", &deflated, "data"_a, nb::kw_only(), "effort"_a, "limit"_a = nb::none());
}

}  // namespace huepress
