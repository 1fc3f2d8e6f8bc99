// Registers the kernels with Python, and nothing else.
#include "bind/bindings.hpp"
#include "core/isa.hpp"

NB_MODULE(_core, m) {
    nb::register_exception_translator([](const std::exception_ptr& error, void*) {
        try {
            std::rethrow_exception(error);
        } catch (const huepress::UnknownIsa& unknown) {
            const nb::object type = nb::module_::import_("huepress.errors").attr("OptionError");
            PyErr_SetString(type.ptr(), unknown.what());
        }
    });
    huepress::register_color_kernels(m);
    huepress::register_pixel_kernels(m);
    huepress::register_kmeans(m);
    huepress::register_score(m);
    huepress::register_rate_kernels(m);
    huepress::register_orders(m);
    huepress::register_filters(m);
    huepress::register_deflate(m);
    huepress::register_lzw(m);
    huepress::register_vp8l(m);
}
