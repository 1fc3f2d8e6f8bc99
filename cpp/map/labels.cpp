#include "map/labels.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <thread>

#include "core/parallel.hpp"

namespace huepress {
namespace {

constexpr std::size_t tile = 512;

Rgba color_at(const std::uint8_t* rgba) { return {rgba[0], rgba[1], rgba[2], rgba[3]}; }

// Labels translucent pixels of a tile, several at once.
template <class Label>
class TranslucentPixels {
public:
    TranslucentPixels(NearestCode& nearest, const std::uint8_t* rgba, Label* labels /* OUT */)
        : nearest_(nearest), rgba_(rgba), labels_(labels) {}

    void add(std::size_t place) {
        places_[count_] = place;
        colors_[count_] = color_at(rgba_ + 4 * place);
        if (++count_ == NearestCode::batch) finish();
    }
    void finish() {
        std::array<std::uint32_t, NearestCode::batch> found;
        nearest_.translucent(std::span(colors_).first(count_), found.data());
        for (std::size_t i = 0; i < count_; ++i) labels_[places_[i]] = static_cast<Label>(found[i]);
        count_ = 0;
    }

private:
    NearestCode& nearest_;
    const std::uint8_t* rgba_;
    Label* labels_;
    std::array<std::size_t, NearestCode::batch> places_;
    std::array<Rgba, NearestCode::batch> colors_;
    std::size_t count_ = 0;
};

}  // namespace

// Threads that want the same block wait for the one that makes it: that takes less than to make it
// again.
std::uint16_t FilledLabels::make_block(std::size_t cell) {
    auto& known = block_of_cell_[cell];
    std::uint16_t known_block = none;
    while (!known.compare_exchange_weak(known_block, in_work, std::memory_order_acquire)) {
        if (made(known_block)) return known_block;
        if (known_block == in_work) std::this_thread::yield();
        known_block = none;
    }
    const auto block =
        static_cast<std::uint16_t>(blocks_.fetch_add(1, std::memory_order_relaxed) + 1);
    try {
        nearest_.opaque_block({cell >> 10 << 3, (cell >> 5 & 31) << 3, (cell & 31) << 3},
                              &table_[block * index_block]);
    } catch (...) {
        known.store(none);  // nobody shall wait for it
        throw;
    }
    known.store(block, std::memory_order_release);
    return block;
}

template <int channels, class Label>
void FilledLabels::map(const std::uint8_t* pixels, std::size_t n, Label* labels /* OUT */) {
    std::array<std::uint32_t, tile> indices;
    const std::atomic<std::uint16_t>* blocks = block_of_cell_.data();
    const std::uint8_t* table = &table_[0];
    for (std::size_t start = 0; start < n; start += tile) {
        const std::uint8_t* p = pixels + start * channels;
        Label* out = labels + start;
        const std::size_t end = std::min(tile, n - start);
        TranslucentPixels<Label> translucent(nearest_, p, out);
        color_indices<channels>(p, std::span(indices).first(end));
        for (std::size_t i = 0; i < end; ++i) {
            if (channels == 4 && p[4 * i + 3] != 255) {
                translucent.add(i);
                continue;
            }
            const std::uint32_t index = indices[i];
            std::uint16_t block = blocks[index / index_block].load(std::memory_order_acquire);
            if (!made(block)) block = make_block(index / index_block);
            out[i] = static_cast<Label>(table[block * index_block + index % index_block]);
        }
        translucent.finish();
    }
}

void LazyLabels::remember(std::uint32_t index, std::uint32_t label) {
    auto& known = block_of_cell_[index / index_block];
    std::size_t block = known.load(std::memory_order_acquire);
    if (block == 0) {
        const std::lock_guard lock(making_);
        block = known.load(std::memory_order_relaxed);
        if (block == 0) {
            block = ++blocks_;
            known.store(static_cast<std::uint16_t>(block), std::memory_order_release);
        }
    }
    table_[block * index_block + index % index_block].store(static_cast<std::uint16_t>(label + 1),
                                                            std::memory_order_relaxed);
}

template <int channels, class Label>
void LazyLabels::map(const std::uint8_t* pixels, std::size_t n, Label* labels /* OUT */) {
    constexpr std::size_t batch = NearestCode::batch;
    // Where colours seldom come again, remembering them costs more than finding their codes afresh:
    // after a tile that missed so often, that many tiles do without.
    constexpr std::size_t many = tile * 3 / 4, pause = 3;
    std::array<std::uint32_t, tile> indices;
    std::array<std::uint16_t, tile> entries, open;
    std::array<Rgba, batch> colors;
    std::array<std::uint32_t, batch> found;
    std::size_t pausing = 0;
    for (std::size_t start = 0; start < n; start += tile) {
        const std::uint8_t* p = pixels + start * channels;
        Label* out = labels + start;
        const std::size_t end = std::min(tile, n - start);
        const bool remembering = pausing == 0;
        color_indices<channels>(p, std::span(indices).first(end));
        if (channels == 4) {
            TranslucentPixels<Label> translucent(nearest_, p, out);
            for (std::size_t i = 0; i < end; ++i)
                if (p[4 * i + 3] != 255) translucent.add(i);
            translucent.finish();
        }
        std::size_t opened = 0;
        if (remembering) {
            unsigned any_open = channels == 4;
            for (std::size_t i = 0; i < end; ++i)
                entries[i] = static_cast<std::uint16_t>(lookup(indices[i]));
            if (channels == 3)
                for (std::size_t i = 0; i < end; ++i) {
                    out[i] = static_cast<Label>(entries[i] - 1);
                    any_open |= entries[i] == 0;
                }
            if (any_open)
                for (std::size_t i = 0; i < end; ++i) {
                    if (channels == 4) {
                        if (p[4 * i + 3] != 255) continue;
                        out[i] = static_cast<Label>(entries[i] - 1);
                    }
                    open[opened] = static_cast<std::uint16_t>(i);
                    opened += entries[i] == 0;
                }
            if (opened > many) pausing = pause;
        } else {
            --pausing;
            for (std::size_t i = 0; i < end; ++i) {
                open[opened] = static_cast<std::uint16_t>(i);
                opened += channels == 3 || p[4 * i + 3] == 255;
            }
        }
        for (std::size_t first = 0; first < opened; first += batch) {
            const std::size_t count = std::min(batch, opened - first);
            for (std::size_t i = 0; i < count; ++i) {
                const std::uint8_t* color = p + std::size_t{open[first + i]} * channels;
                colors[i] = {color[0], color[1], color[2], 255};
            }
            nearest_.opaque(std::span(colors).first(count), found.data());
            for (std::size_t i = 0; i < count; ++i) {
                out[open[first + i]] = static_cast<Label>(found[i]);
                if (remembering) remember(indices[open[first + i]], found[i]);
            }
        }
    }
}

namespace {

// Up to so many comparisons with groups of codes, each pixel is compared with all codes: the tables
// of the other kinds take as long to provide.
constexpr std::size_t few_comparisons = std::size_t{1} << 18;

// For so few pixels that nothing is worth remembering but the last colour.
template <int channels, class Label>
void map_few(NearestCode& nearest, std::span<const std::uint8_t> pixels,
             std::span<Label> labels /* OUT */) {
    constexpr std::size_t batch = NearestCode::batch;
    struct Kind {
        std::array<Rgba, batch> colors;
        std::array<std::size_t, batch> places;
        std::size_t count = 0;
    };
    Kind opaque, translucent;
    std::array<std::uint32_t, batch> found;
    const auto settle = [&](Kind& kind) {
        const auto colors = std::span(kind.colors).first(kind.count);
        if (&kind == &opaque)
            nearest.opaque(colors, found.data());
        else
            nearest.translucent(colors, found.data());
        for (std::size_t i = 0; i < kind.count; ++i)
            labels[kind.places[i]] = static_cast<Label>(found[i]);
        kind.count = 0;
    };
    const auto repeats = [&](std::size_t i) {
        return std::memcmp(&pixels[i * channels], &pixels[(i - 1) * channels], channels) == 0;
    };
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (i > 0 && repeats(i)) continue;
        const std::uint8_t* p = &pixels[i * channels];
        const Rgba color{p[0], p[1], p[2], channels == 4 ? p[3] : std::uint8_t{255}};
        Kind& kind = color[3] == 255 ? opaque : translucent;
        kind.colors[kind.count] = color;
        kind.places[kind.count] = i;
        if (++kind.count == batch) settle(kind);
    }
    settle(opaque);
    settle(translucent);
    for (std::size_t i = 1; i < labels.size(); ++i)
        if (repeats(i)) labels[i] = labels[i - 1];
}

}  // namespace

template <class Label>
void map_nearest(std::span<const std::uint8_t> pixels, int channels, std::span<const Rgba> codebook,
                 Space space, unsigned threads, std::span<Label> labels /* OUT */) {
    constexpr std::size_t block = std::size_t{1} << 15;
    if (labels.size() * groups_of(codebook.size()) <= few_comparisons) {
        NearestCode nearest(space, codebook, channels == 4, false);
        if (channels == 3)
            map_few<3>(nearest, pixels, labels);
        else
            map_few<4>(nearest, pixels, labels);
        return;
    }
    with_labels(space, codebook, channels == 4, [&](auto& nearest) {
        for_each_block(
            (labels.size() + block - 1) / block, threads, [&](std::size_t b, std::size_t) {
                const std::size_t start = b * block, n = std::min(block, labels.size() - start);
                if (channels == 3)
                    nearest.template map<3>(pixels.data() + 3 * start, n, labels.data() + start);
                else
                    nearest.template map<4>(pixels.data() + 4 * start, n, labels.data() + start);
            });
    });
}

template void map_nearest(std::span<const std::uint8_t>, int, std::span<const Rgba>, Space,
                          unsigned, std::span<std::uint8_t>);
template void map_nearest(std::span<const std::uint8_t>, int, std::span<const Rgba>, Space,
                          unsigned, std::span<std::uint16_t>);

}  // namespace huepress
