// Masking and rate-aware mapping for Python.
#include <nanobind/stl/optional.h>

#include <algorithm>
#include <optional>

#include "bind/bindings.hpp"
#include "rate/lzwmap.hpp"
#include "rate/ratemap.hpp"
#include "rate/refit.hpp"
#include "score/masking.hpp"

namespace huepress {
namespace {

nb::ndarray<nb::numpy, std::uint16_t> masking_map(Array<std::uint8_t, -1, -1, -1> pixels,
                                                  int slopes, unsigned threads) {
    const int channels = static_cast<int>(pixels.shape(2));
    if (channels != 3 && channels != 4) throw nb::value_error("pixels must have 3 or 4 channels");
    if (slopes < 0 || slopes > 256) throw nb::value_error("slopes must be 0 to 256");
    Owned<std::uint16_t> mask({pixels.shape(0), pixels.shape(1), 2});
    {
        nb::gil_scoped_release release;
        masking(flat(pixels), pixels.shape(1), channels, slopes, threads, mask.span());
    }
    return mask.release();
}

// What both kernels take of a moving picture.
struct ScreenGiven {
    std::optional<Array<std::uint8_t, -1, -1, -1>> shown;
    std::optional<Array<std::uint8_t, -1, -1>> states;
    int leave, prior;

    Screen checked(const Array<std::uint8_t, -1, -1, -1>& pixels, std::size_t k,
                   std::int64_t lambda) const {
        if (shown.has_value() != states.has_value())
            throw nb::value_error("shown and states go together");
        if (!shown && leave < 0) return {};
        if (!shown) throw nb::value_error("leave goes with shown and states");
        if (lambda < 1) throw nb::value_error("lam must be at least 1 where a screen is given");
        for (std::size_t axis = 0; axis < 3; ++axis)
            if (shown->shape(axis) != pixels.shape(axis))
                throw nb::value_error("shown must have the shape of pixels");
        if (states->shape(0) != pixels.shape(0) || states->shape(1) != pixels.shape(1))
            throw nb::value_error("states must be as wide and high as pixels");
        const auto all = flat(*states);
        if (!all.empty() && *std::max_element(all.begin(), all.end()) > Screen::redrawn)
            throw nb::value_error("states must be 0 to 2");
        if (leave < -1 || leave >= static_cast<int>(k))
            throw nb::value_error("leave must be the place of a code, or -1");
        if (leave == 0 && k == 1) throw nb::value_error("leave needs another code beside it");
        if (prior < 0 || prior > 256) throw nb::value_error("prior must be 0 to 256");
        return {flat(*shown), all, leave, prior};
    }
};

// Checks what both kernels take, and runs one.
template <class Map>
nb::tuple mapped(const Array<std::uint8_t, -1, -1, -1>& pixels,
                 const Array<std::uint8_t, -1, -1>& codebook,
                 const Array<std::uint16_t, -1, -1, 2>& mask, const RateOptions& options,
                 const Map& map) {
    const int channels = static_cast<int>(pixels.shape(2));
    if (channels != 3 && channels != 4) throw nb::value_error("pixels must have 3 or 4 channels");
    if (codebook.shape(1) != pixels.shape(2))
        throw nb::value_error("pixels and codebook must have the same channels");
    if (codebook.shape(0) < 1 || codebook.shape(0) > 256)
        throw nb::value_error("codebook must have 1 to 256 colours");
    if (mask.shape(0) != pixels.shape(0) || mask.shape(1) != pixels.shape(1))
        throw nb::value_error("mask must be as wide and high as pixels");
    if (options.lambda < 0 || options.lambda > rate_lambda_max)
        throw nb::value_error("lam must be 0 to 131072");
    for (const int share : {options.feedback, options.dither})
        if (share < 0 || share > 256) throw nb::value_error("feedback and dither must be 0 to 256");
    if (options.chroma < 0 || options.chroma > 512)
        throw nb::value_error("chroma must be 0 to 512");
    if (options.chain < 0 || options.chain > 64) throw nb::value_error("chain must be 0 to 64");
    if (options.cap < 0 || options.chroma_cap < 0 || options.most_cap < 0)
        throw nb::value_error("caps must not be negative");
    if (options.most_cap > RateOptions{}.most_cap)
        throw nb::value_error("most_cap must be at most 2^30");
    Owned<std::uint8_t> labels({pixels.shape(0), pixels.shape(1)});
    std::uint64_t bits = 0;
    {
        nb::gil_scoped_release release;
        bits = map(channels, labels.span());
    }
    return nb::make_tuple(labels.release(), (bits + 127) / 128);
}

nb::tuple map_rate_aware(Array<std::uint8_t, -1, -1, -1> pixels,
                         Array<std::uint8_t, -1, -1> codebook, const std::string& space,
                         Array<std::uint16_t, -1, -1, 2> mask, std::int64_t lam, int feedback,
                         int dither, int chroma, int chain, std::int64_t cap,
                         std::int64_t chroma_cap, std::int64_t most_cap, bool portable, bool vp8l,
                         int pack, std::optional<Array<std::uint8_t, -1, -1, -1>> shown,
                         std::optional<Array<std::uint8_t, -1, -1>> states, int leave, int prior) {
    const Space s = space_named(space);
    if (pack != 1 && pack != 2 && pack != 4) throw nb::value_error("pack must be 1, 2 or 4");
    if (pack > 1 && codebook.shape(0) > (pack == 2 ? 16 : 4))
        throw nb::value_error("codebook must have at most 16 colours to pack 2, 4 to pack 4");
    const ScreenGiven screen{shown, states, leave, prior};
    const RateOptions options{lam,        feedback, dither,
                              chroma,     chain,    cap,
                              chroma_cap, most_cap, portable,
                              vp8l,       pack,     screen.checked(pixels, codebook.shape(0), lam)};
    return mapped(pixels, codebook, mask, options, [&](int channels, std::span<std::uint8_t> out) {
        return rate_aware(flat(pixels), pixels.shape(1), channels, flat(codebook), s, flat(mask),
                          options, out);
    });
}

nb::tuple map_rate_aware_lzw(Array<std::uint8_t, -1, -1, -1> pixels,
                             Array<std::uint8_t, -1, -1> codebook, const std::string& space,
                             Array<std::uint16_t, -1, -1, 2> mask, std::int64_t lam, int feedback,
                             int dither, int chroma, int beam, std::int64_t cap,
                             std::int64_t chroma_cap, std::int64_t most_cap, bool portable,
                             std::optional<Array<std::uint8_t, -1, -1, -1>> shown,
                             std::optional<Array<std::uint8_t, -1, -1>> states, int leave,
                             int prior) {
    const Space s = space_named(space);
    if (lam < 1) throw nb::value_error("lam must be at least 1");
    if (pixels.shape(1) > 1 << 20) throw nb::value_error("pixels must be at most 2^20 wide");
    if (beam < 1 || beam > 4096) throw nb::value_error("beam must be 1 to 4096");
    const ScreenGiven screen{shown, states, leave, prior};
    const RateOptions options{
        lam,        feedback, dither,   chroma, 0, cap,
        chroma_cap, most_cap, portable, false,  1, screen.checked(pixels, codebook.shape(0), lam)};
    return mapped(pixels, codebook, mask, options, [&](int channels, std::span<std::uint8_t> out) {
        return rate_aware_lzw(flat(pixels), pixels.shape(1), channels, flat(codebook), s,
                              flat(mask), options, beam, out);
    });
}

nb::ndarray<nb::numpy, std::uint8_t> refitted_codebook(Array<std::uint8_t, -1, -1, -1> pixels,
                                                       Array<std::uint8_t, -1, -1> codebook,
                                                       const std::string& space,
                                                       Array<std::uint8_t, -1, -1> labels,
                                                       int step) {
    const Space s = space_named(space);
    const int channels = static_cast<int>(pixels.shape(2));
    if (step < 0 || step > 16) throw nb::value_error("step must be from 0 to 16 sixteenths");
    if (channels != 3 && channels != 4) throw nb::value_error("pixels must have 3 or 4 channels");
    if (codebook.shape(1) != pixels.shape(2))
        throw nb::value_error("pixels and codebook must have the same channels");
    if (labels.shape(0) != pixels.shape(0) || labels.shape(1) != pixels.shape(1))
        throw nb::value_error("labels must be as wide and high as pixels");
    Owned<std::uint8_t> out({codebook.shape(0), codebook.shape(1)});
    bool within;
    {
        nb::gil_scoped_release release;
        const auto all = flat(labels);
        within = all.empty() || *std::max_element(all.begin(), all.end()) < codebook.shape(0);
        if (within) refit(flat(pixels), channels, flat(codebook), s, all, step, out.span());
    }
    if (!within) throw nb::value_error("labels must be below the number of codes");
    return out.release();
}

}  // namespace

void register_rate_kernels(nb::module_& m) {
    m.def("masking", &masking_map, "pixels"_a, nb::kw_only(), "slopes"_a = 0, "threads"_a);
    m.def("rate_aware", &map_rate_aware, "pixels"_a, "codebook"_a, "space"_a, "mask"_a, "lam"_a,
          nb::kw_only(), "feedback"_a = 0, "dither"_a = 0, "chroma"_a = 256, "chain"_a = 16,
          "cap"_a = RateOptions{}.cap, "chroma_cap"_a = RateOptions{}.chroma_cap,
          "most_cap"_a = RateOptions{}.most_cap, "portable"_a = false, "vp8l"_a = false,
          "pack"_a = 1, "shown"_a = nb::none(), "states"_a = nb::none(), "leave"_a = -1,
          "prior"_a = 0);
    m.def("rate_aware_lzw", &map_rate_aware_lzw, "pixels"_a, "codebook"_a, "space"_a, "mask"_a,
          "lam"_a, nb::kw_only(), "feedback"_a = 0, "dither"_a = 0, "chroma"_a = 256, "beam"_a = 64,
          "cap"_a = RateOptions{}.cap, "chroma_cap"_a = RateOptions{}.chroma_cap,
          "most_cap"_a = RateOptions{}.most_cap, "portable"_a = false, "shown"_a = nb::none(),
          "states"_a = nb::none(), "leave"_a = -1, "prior"_a = 0);
    m.def("refit", &refitted_codebook, "pixels"_a.noconvert(), "codebook"_a.noconvert(), "space"_a,
          "labels"_a.noconvert(), nb::kw_only(), "step"_a = 16);
}

}  // namespace huepress
