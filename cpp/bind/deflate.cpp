// The zlib writer for Python.
#include "deflate/deflate.hpp"

#include <optional>

#include "bind/bindings.hpp"

namespace huepress {
namespace {

using deflating::Step;

deflating::Effort effort_named(const std::string& name) {
    if (name == "fast") return deflating::Effort::fast;
    if (name == "normal") return deflating::Effort::normal;
    if (name == "best") return deflating::Effort::best;
    throw nb::value_error("effort must be 'fast', 'normal' or 'best'");
}

nb::object deflated(Array<std::uint8_t, -1> data, const std::string& effort, std::size_t limit,
                    std::optional<Array<std::uint16_t, -1, 2>> start) {
    const deflating::Effort chosen = effort_named(effort);
    std::span<const Step> steps;
    static_assert(sizeof(Step) == 2 * sizeof(std::uint16_t));
    if (start) steps = {reinterpret_cast<const Step*>(start->data()), start->shape(0)};
    std::optional<std::vector<std::uint8_t>> stream;
    bool is_parse;
    {
        nb::gil_scoped_release release;
        is_parse = !start || deflating::fits(steps, flat(data));
        if (is_parse) stream = deflating::deflate(flat(data), chosen, limit, steps);
    }
    if (!is_parse) throw nb::value_error("start must be a parse of data");
    if (!stream) return nb::none();
    return nb::bytes(stream->data(), stream->size());
}

}  // namespace

void register_deflate(nb::module_& m) {
    m.def("deflate", &deflated, "data"_a, nb::kw_only(), "effort"_a, "limit"_a = 0,
          "start"_a = nb::none());
}

}  // namespace huepress
