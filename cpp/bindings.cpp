// Registers the kernels with Python, and nothing else.
#include "bindings.hpp"

NB_MODULE(_core, m) {
    huepress::register_color_kernels(m);
    huepress::register_pixel_kernels(m);
    huepress::register_kmeans(m);
    huepress::register_score(m);
    huepress::register_rate_kernels(m);
    huepress::register_orders(m);
}
