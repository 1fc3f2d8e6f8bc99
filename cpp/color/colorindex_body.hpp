// Of colorindex.cpp, compiled by each_isa.hpp.
namespace huepress::HUEPRESS_ISA {

// color_index() of eight pixels.
HUEPRESS_ALWAYS_INLINE I32 index_of(I32 rgb) {
    const auto part = [](I32 word, int mask) { return word & all<I32>(mask); };
    const I32 cell = part(rgb, 0xF8) << 16 | part(rgb, 0xF800) << 3 | part(rgb >> 10, 0x3E00);
    return cell | part(rgb, 7) << 6 | part(rgb >> 5, 0x38) | part(rgb >> 16, 7);
}

template <int channels>
void color_indices(const std::uint8_t* pixels, std::span<std::uint32_t> indices /* OUT */) {
    std::size_t i = 0;
    // Of three channels, eight pixels are read with four bytes behind them.
    for (; i + (channels == 3 ? 10 : 8) <= indices.size(); i += 8) {
        const std::uint8_t* p = pixels + i * channels;
        // Callers work a while on each tile, and the processor forgets that it was reading on.
        prefetch(p + 4096);
        store(reinterpret_cast<std::int32_t*>(&indices[i]), index_of(load_pixels<channels>(p)));
    }
    for (; i < indices.size(); ++i) indices[i] = color_index(pixels + i * channels);
}

}  // namespace huepress::HUEPRESS_ISA
