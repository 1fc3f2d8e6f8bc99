#include "color/histogram.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <utility>

#include "color/colorindex.hpp"
#include "core/parallel.hpp"
#include "core/scratch.hpp"

namespace huepress {
namespace {

// A number that orders colours as their bytes do.
std::uint32_t key_of(const std::uint8_t* rgba) {
    return std::uint32_t{rgba[0]} << 24 | std::uint32_t{rgba[1]} << 16 |
           std::uint32_t{rgba[2]} << 8 | rgba[3];
}

template <int channels>
void put_color(std::uint8_t* color /* OUT */, std::uint32_t key) {
    for (int c = 0; c < channels; ++c) color[c] = static_cast<std::uint8_t>(key >> (24 - 8 * c));
}

// Makes room for sums(parts) colours and lets write(part, colors, counts) put those of each part
// into its place.
template <int channels, class Write>
ColorCounts collect(std::span<const std::size_t> sizes, unsigned threads, Write write) {
    std::vector<std::size_t> starts(sizes.size() + 1);
    std::partial_sum(sizes.begin(), sizes.end(), starts.begin() + 1);
    ColorCounts result;
    result.colors.resize(starts.back() * channels);
    result.counts.resize(starts.back());
    for_each_block(sizes.size(), threads, [&](std::size_t part, std::size_t) {
        write(part, result.colors.data() + starts[part] * channels,
              result.counts.data() + starts[part]);
    });
    return result;
}

// A colour's key above how often it was counted. Where 32 bits do not hold that, it has more than
// one entry.
using Entry = std::uint64_t;
constexpr Entry entry_of(std::uint32_t key, std::uint32_t count) {
    return Entry{key} << 32 | count;
}
constexpr std::uint32_t key_of(Entry entry) { return static_cast<std::uint32_t>(entry >> 32); }
constexpr std::uint32_t count_of(Entry entry) { return static_cast<std::uint32_t>(entry); }

// Calls use(entry, place) for entries sorted by their byte at `shift`, equal ones in the order they
// are in.
template <class Use>
void each_by_byte(std::span<const Entry> entries, int shift,
                  std::array<std::size_t, 257>& starts /* OUT */, Use use) {
    const auto byte = [shift](Entry entry) {
        return static_cast<std::size_t>(entry >> shift & 255);
    };
    starts.fill(0);
    for (const Entry entry : entries) ++starts[byte(entry) + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    auto next = starts;
    for (const Entry entry : entries) use(entry, next[byte(entry)]++);
}

// By key. Comparing takes several times as long where there are millions.
void sort_by_key(std::vector<Entry>& entries, unsigned threads) {
    const auto by_comparing = [](std::span<Entry> some) {
        std::sort(some.begin(), some.end(), [](Entry a, Entry b) { return key_of(a) < key_of(b); });
    };
    constexpr std::size_t few = 1024;
    if (entries.size() < few) return by_comparing(entries);
    std::vector<Entry> others(entries.size());
    std::array<std::size_t, 257> reds;
    each_by_byte(entries, 56, reds, [&](Entry entry, std::size_t place) { others[place] = entry; });
    const bool small = entries.size() < 64 * few;
    for_each_block(256, small ? 1 : threads, [&](std::size_t red, std::size_t) {
        std::span<Entry> from = std::span(others).subspan(reds[red], reds[red + 1] - reds[red]);
        std::span<Entry> to = std::span(entries).subspan(reds[red], from.size());
        if (from.size() < few) {
            std::copy(from.begin(), from.end(), to.begin());
            return by_comparing(to);
        }
        // Three times, so that they end where they shall.
        for (const int shift : {32, 40, 48}) {
            std::array<std::size_t, 257> starts;
            each_by_byte(from, shift, starts,
                         [&](Entry entry, std::size_t place) { to[place] = entry; });
            std::swap(from, to);
        }
    });
}

// Colours that are not opaque: a picture has few kinds of them, but not few enough for tables.
class Translucent {
public:
    void add(const std::uint8_t* rgba) {
        if (rgba[3] == 0) {
            ++transparent_;
            return;
        }
        constexpr int bits = 12;
        if (recent_.empty()) recent_.resize(std::size_t{1} << bits);
        const std::uint32_t key = key_of(rgba);
        Entry& entry = recent_[key * 0x9E3779B1u >> (32 - bits)];
        if (key_of(entry) != key || count_of(entry) == UINT32_MAX) {
            if (count_of(entry) != 0) entries_.push_back(entry);
            entry = entry_of(key, 0);
            if (entries_.size() >= combine_at_) {
                combine(1);
                combine_at_ = std::max(combine_at_, 2 * entries_.size());
            }
        }
        ++entry;
    }

    void add(Translucent& other) {
        other.flush();
        transparent_ += std::exchange(other.transparent_, 0);
        if (entries_.empty())
            entries_ = std::move(other.entries_);
        else
            entries_.insert(entries_.end(), other.entries_.begin(), other.entries_.end());
        other.entries_.clear();
    }

    ColorCounts sorted(unsigned threads) {
        flush();
        combine(threads);
        ColorCounts result;
        result.colors.resize(4 * (entries_.size() + 1));
        result.counts.resize(entries_.size() + 1);
        std::size_t n = 0;
        if (transparent_ != 0) result.counts[n++] = transparent_;
        std::uint32_t last = 0;
        for (const Entry entry : entries_) {
            if (n == 0 || key_of(entry) != last) {
                last = key_of(entry);
                put_color<4>(result.colors.data() + 4 * n++, last);
            }
            result.counts[n - 1] += count_of(entry);
        }
        result.colors.resize(4 * n);
        result.counts.resize(n);
        return result;
    }

private:
    void flush() {
        for (const Entry entry : recent_)
            if (count_of(entry) != 0) entries_.push_back(entry);
        recent_.clear();
    }

    void combine(unsigned threads) {
        sort_by_key(entries_, threads);
        std::size_t n = 0;
        for (const Entry entry : entries_) {
            if (n != 0 && key_of(entries_[n - 1]) == key_of(entry) &&
                count_of(entry) <= UINT32_MAX - count_of(entries_[n - 1]))
                entries_[n - 1] += count_of(entry);
            else
                entries_[n++] = entry;
        }
        entries_.resize(n);
    }

    std::vector<Entry> recent_, entries_;
    std::size_t combine_at_ = std::size_t{1} << 18;
    std::uint64_t transparent_ = 0;
};

// ---- Small pictures: sort by the upper 12 bits, count by the lower 12 ----

constexpr std::size_t small = std::size_t{1} << 21;
constexpr std::size_t buckets = 4096;

std::uint32_t bucket_of(const std::uint8_t* rgb) {
    return std::uint32_t{rgb[0]} << 4 | rgb[1] >> 4;
}
std::uint16_t rest_of(const std::uint8_t* rgb) {
    return static_cast<std::uint16_t>((rgb[1] & 15) << 8 | rgb[2]);
}

template <int channels>
ColorCounts sorted_histogram(std::span<const std::uint8_t> pixels, unsigned threads,
                             Translucent& translucent) {
    const std::size_t n = pixels.size() / channels;
    const std::size_t parts =
        std::clamp<std::size_t>(n >> 15, 1, std::min<std::size_t>(worker_count(threads), 8));
    const auto each_opaque = [&](std::size_t part, auto visit) {
        for (std::size_t i = part * n / parts, end = (part + 1) * n / parts; i < end; ++i) {
            const std::uint8_t* p = pixels.data() + i * channels;
            if (channels == 3 || p[3] == 255) visit(p);
        }
    };
    // places[part][bucket]: how many pixels, then where the next one goes.
    std::vector<std::array<std::uint32_t, buckets>> places(parts);
    std::vector<Translucent> others(parts);
    for_each_block(parts, threads, [&](std::size_t part, std::size_t) {
        each_opaque(part, [&](const std::uint8_t* p) { ++places[part][bucket_of(p)]; });
        if (channels == 4)
            for (std::size_t i = part * n / parts, end = (part + 1) * n / parts; i < end; ++i)
                if (pixels[4 * i + 3] != 255) others[part].add(pixels.data() + 4 * i);
    });
    for (Translucent& other : others) translucent.add(other);
    std::array<std::uint32_t, buckets + 1> starts;
    std::uint32_t sum = 0;
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        starts[bucket] = sum;
        for (auto& place : places) sum += std::exchange(place[bucket], sum);
    }
    starts[buckets] = sum;

    std::vector<std::uint16_t> rests(sum);
    for_each_block(parts, threads, [&](std::size_t part, std::size_t) {
        auto& place = places[part];
        each_opaque(part,
                    [&](const std::uint8_t* p) { rests[place[bucket_of(p)]++] = rest_of(p); });
    });

    // In each bucket, the distinct rests move to its front in order, and counts beside them.
    constexpr std::size_t group = buckets / 32;
    std::vector<std::uint32_t> counts(sum);
    std::array<std::uint32_t, buckets> distinct;
    std::array<std::size_t, buckets / group> sizes;
    for_each_block(buckets / group, threads, [&](std::size_t part, std::size_t) {
        std::array<std::uint32_t, 4096> count{};
        std::array<std::uint64_t, 64> present{};
        sizes[part] = 0;
        for (std::size_t bucket = part * group; bucket < (part + 1) * group; ++bucket) {
            std::uint64_t words = 0;
            for (std::size_t i = starts[bucket]; i < starts[bucket + 1]; ++i) {
                const std::uint16_t rest = rests[i];
                ++count[rest];
                present[rest / 64] |= std::uint64_t{1} << rest % 64;
                words |= std::uint64_t{1} << rest / 64;
            }
            std::size_t out = starts[bucket];
            for (; words != 0; words &= words - 1) {
                const auto word = static_cast<std::size_t>(std::countr_zero(words));
                for (std::uint64_t bits = present[word]; bits != 0; bits &= bits - 1) {
                    const std::size_t rest =
                        64 * word + static_cast<std::size_t>(std::countr_zero(bits));
                    rests[out] = static_cast<std::uint16_t>(rest);
                    counts[out++] = std::exchange(count[rest], 0);
                }
                present[word] = 0;
            }
            distinct[bucket] = static_cast<std::uint32_t>(out - starts[bucket]);
            sizes[part] += distinct[bucket];
        }
    });
    return collect<channels>(
        sizes, threads, [&](std::size_t part, std::uint8_t* out_colors, std::uint64_t* out_counts) {
            for (std::size_t bucket = part * group; bucket < (part + 1) * group; ++bucket)
                for (std::size_t i = starts[bucket]; i < starts[bucket] + distinct[bucket]; ++i) {
                    put_color<channels>(
                        out_colors, static_cast<std::uint32_t>(bucket << 20 |
                                                               std::size_t{rests[i]} << 8 | 255));
                    out_colors += channels;
                    *out_counts++ = counts[i];
                }
        });
}

// ---- Large pictures: a counter of one byte for every colour of a block of 8x8x8 that is met ----

constexpr std::size_t most_tables = 4;  // of at most 16 MiB
constexpr unsigned full = 255;

bool all_opaque(const std::uint8_t* rgba, std::size_t n) {
    unsigned all = full;
    for (std::size_t i = 0; i < n; ++i) all &= rgba[4 * i + 3];
    return all == full;
}

// What one thread has counted.
class Table {
public:
    template <int channels>
    void add(const std::uint8_t* pixels, std::size_t n) {
        if (block_of_cell_.empty()) {
            block_of_cell_.resize(index_cells);
            counts_ = Scratch<std::uint8_t>((index_cells + 1) * index_block);
        }
        // In a tile of fewer than 256 pixels a counter passes 0 once at most. Loops are kept apart
        // so that loads need not wait for stores that might overlap.
        constexpr std::size_t tile = 240;
        std::array<std::uint32_t, tile> places, passed;
        std::uint8_t* counts = &counts_[0];
        const std::uint16_t* blocks = block_of_cell_.data();
        for (std::size_t start = 0; start < n; start += tile) {
            const std::uint8_t* p = pixels + start * channels;
            const std::size_t size = std::min(tile, n - start);
            std::size_t opaque = size;
            if (channels == 3 || all_opaque(p, size))
                color_indices<channels>(p, std::span(places).first(size));
            else
                opaque = take_translucent(p, size, places.data());
            for (std::size_t i = 0; i < opaque; ++i) {
                std::uint32_t block = blocks[places[i] / index_block];
                if (block == 0) block = make_block(places[i] / index_block);
                places[i] = block * std::uint32_t{index_block} + places[i] % index_block;
            }
            std::size_t passes = 0;
            for (std::size_t i = 0; i < opaque; ++i) {
                const std::uint8_t count = ++counts[places[i]];
                passed[passes] = places[i];
                passes += count == 0;
            }
            for (std::size_t i = 0; i < passes; ++i) {
                ++counts[passed[i]];  // 256 = full + 1: a colour that was met never counts 0
                const std::uint32_t cell = cell_of_block_[passed[i] / index_block];
                full_.push_back(cell * std::uint32_t{index_block} + passed[i] % index_block);
            }
        }
    }

    bool has(std::size_t cell) const {
        return !block_of_cell_.empty() && block_of_cell_[cell] != 0;
    }

    // The counters of a cell; all zero where there are none.
    const std::uint8_t* block(std::size_t cell) const {
        static constexpr std::array<std::uint8_t, index_block> none{};
        return has(cell) ? &counts_[block_of_cell_[cell] * index_block] : none.data();
    }

    // Colours that were counted up to `full`, as often as they were.
    std::span<const std::uint32_t> full_counters() const { return full_; }

    Translucent translucent;

private:
    // Leaves the indices of the opaque pixels, and returns how many they are.
    std::size_t take_translucent(const std::uint8_t* rgba, std::size_t n,
                                 std::uint32_t* indices /* OUT */) {
        std::size_t opaque = 0;
        for (std::size_t i = 0; i < n; ++i, rgba += 4) {
            if (rgba[3] == 255)
                indices[opaque++] = color_index(rgba);
            else
                translucent.add(rgba);
        }
        return opaque;
    }

    std::uint32_t make_block(std::uint32_t cell) {
        const std::size_t block = cell_of_block_.size();
        cell_of_block_.push_back(cell);
        block_of_cell_[cell] = static_cast<std::uint16_t>(block);
        return static_cast<std::uint32_t>(block);
    }

    std::vector<std::uint16_t> block_of_cell_;  // 0: none yet
    std::vector<std::uint32_t> cell_of_block_{0};
    Scratch<std::uint8_t> counts_;
    std::vector<std::uint32_t> full_;
};

constexpr std::size_t levels = 32;  // of the upper five bits of a channel

// The counters of a cell in each table.
struct Counters {
    std::size_t tables = 0;
    std::array<const std::uint8_t*, most_tables> blocks;

    Counters() = default;
    Counters(std::span<const Table> all, std::size_t cell) {
        const auto has = [&](const Table& table) { return table.has(cell); };
        if (std::none_of(all.begin(), all.end(), has)) return;
        for (const Table& table : all) blocks[tables++] = table.block(cell);
    }

    bool any() const { return tables != 0; }

    // Which of eight blues in a row were met, as bits.
    std::uint8_t met(std::size_t place) const {
        static_assert(std::endian::native ==
                      std::endian::little);  // the first of eight bytes is the lowest
        std::uint64_t any = 0;
        for (std::size_t t = 0; t < tables; ++t) {
            std::uint64_t eight;
            std::memcpy(&eight, blocks[t] + place, sizeof eight);
            any |= eight;
        }
        // The high bit of each byte that is not 0; then all of them side by side, on top.
        constexpr std::uint64_t lower = 0x7F7F7F7F7F7F7F7F;
        const std::uint64_t high = (((any & lower) + lower) | any) & ~lower;
        return static_cast<std::uint8_t>((high >> 7) * 0x0102040810204080 >> 56);
    }

    std::uint64_t sum(std::size_t place) const {
        std::uint64_t sum = 0;
        for (std::size_t t = 0; t < tables; ++t) sum += blocks[t][place];
        return sum;
    }
};

// How many colours there are with these upper five bits of red and green, for each lower three of
// red.
std::array<std::size_t, 8> distinct_colors(std::span<const Table> tables, std::size_t red_green) {
    std::array<std::size_t, 8> distinct{};
    for (std::size_t blue = 0; blue < levels; ++blue) {
        const Counters counters(tables, red_green * levels + blue);
        if (!counters.any()) continue;
        for (std::size_t red = 0; red < 8; ++red) {
            std::array<std::uint8_t, 64> any{};
            for (std::size_t t = 0; t < counters.tables; ++t)
                for (std::size_t i = 0; i < any.size(); ++i)
                    any[i] |= counters.blocks[t][64 * red + i];
            std::uint8_t met = 0;
            for (const std::uint8_t count : any)
                met = static_cast<std::uint8_t>(met + (count != 0));
            distinct[red] += met;
        }
    }
    return distinct;
}

// Each set of bits: their places in ascending order, and how many they are.
struct Bits {
    std::array<std::uint8_t, 8> places;
    std::size_t count;
};
constexpr auto bits_of = [] {
    std::array<Bits, 256> sets{};
    for (std::size_t set = 0; set < 256; ++set)
        for (std::size_t bit = 0; bit < 8; ++bit)
            if (set >> bit & 1)
                sets[set].places[sets[set].count++] = static_cast<std::uint8_t>(bit);
    return sets;
}();

// Writes them, those of each red to starts[red].
template <int channels>
void write_colors(std::span<const Table> tables, std::size_t red_green,
                  std::array<std::size_t, 8> starts, ColorCounts& result /* OUT */) {
    std::array<Counters, levels> cells;
    std::array<std::uint8_t, levels> present;
    std::size_t cell_count = 0;
    for (std::size_t blue = 0; blue < levels; ++blue) {
        cells[blue] = Counters(tables, red_green * levels + blue);
        present[cell_count] = static_cast<std::uint8_t>(blue);
        cell_count += cells[blue].any();
    }
    const std::size_t high_red = red_green / levels << 3, high_green = red_green % levels << 3;
    for (std::size_t red = 0; red < 8; ++red) {
        std::uint8_t* colors = result.colors.data() + starts[red] * channels;
        std::uint64_t* counts = result.counts.data() + starts[red];
        for (std::size_t green = 0; green < 8; ++green) {
            const std::size_t place = red << 6 | green << 3;
            // Eight at a time, of which those beyond the met ones are overwritten: a branch that
            // depends on what was met would cost more.
            std::array<std::uint8_t, 256 + 8> blues;
            std::size_t n = 0;
            for (std::size_t i = 0; i < cell_count; ++i) {
                const Bits& met = bits_of[cells[present[i]].met(place)];
                for (std::size_t at = 0; at < 8; ++at)
                    blues[n + at] = static_cast<std::uint8_t>(present[i] << 3 | met.places[at]);
                n += met.count;
            }
            const auto key = static_cast<std::uint32_t>((high_red | red) << 24 |
                                                        (high_green | green) << 16 | 255);
            for (std::size_t i = 0; i < n; ++i) {
                put_color<channels>(colors + i * channels, key | std::uint32_t{blues[i]} << 8);
                counts[i] = cells[blues[i] >> 3].sum(place | (blues[i] & 7));
            }
            colors += n * channels;
            counts += n;
        }
    }
}

// Adds what the counters of one byte could not hold.
template <int channels>
void add_full_counters(std::vector<std::uint32_t> indices, ColorCounts& result) {
    std::sort(indices.begin(), indices.end());
    for (std::size_t i = 0; i < indices.size();) {
        std::size_t end = i + 1;
        while (end < indices.size() && indices[end] == indices[i]) ++end;
        const std::uint32_t cell = indices[i] / index_block, place = indices[i] % index_block;
        std::array<std::uint8_t, 4> color{0, 0, 0, 255};
        for (std::size_t c = 0; c < 3; ++c)
            color[c] = static_cast<std::uint8_t>((cell >> (5 * (2 - c)) & 31) << 3 |
                                                 (place >> (3 * (2 - c)) & 7));
        std::size_t low = 0, high = result.counts.size();
        while (high - low > 1) {
            const std::size_t middle = (low + high) / 2;
            const bool beyond =
                std::memcmp(result.colors.data() + middle * channels, color.data(), channels) > 0;
            (beyond ? high : low) = middle;
        }
        result.counts[low] += std::uint64_t{full} * (end - i);
        i = end;
    }
}

template <int channels>
ColorCounts table_histogram(std::span<const std::uint8_t> pixels, unsigned threads,
                            Translucent& translucent) {
    constexpr std::size_t block = std::size_t{1} << 16;
    const std::size_t n = pixels.size() / channels;
    std::vector<Table> tables(std::min(worker_count(threads), most_tables));
    const auto workers = static_cast<unsigned>(tables.size());
    for_each_block((n + block - 1) / block, workers, [&](std::size_t b, std::size_t worker) {
        tables[worker].template add<channels>(pixels.data() + b * block * channels,
                                              std::min(block, n - b * block));
    });
    std::vector<std::uint32_t> full_counters;
    for (Table& table : tables) {
        translucent.add(table.translucent);
        full_counters.insert(full_counters.end(), table.full_counters().begin(),
                             table.full_counters().end());
    }
    // Of each pair of upper bits, by red, green, and lower bits of red; then where each begins.
    std::vector<std::array<std::size_t, 8>> starts(levels * levels);
    for_each_block(levels, threads, [&](std::size_t red, std::size_t) {
        for (std::size_t i = red * levels; i < (red + 1) * levels; ++i)
            starts[i] = distinct_colors(tables, i);
    });
    std::size_t sum = 0;
    for (std::size_t red = 0; red < 8 * levels; ++red)
        for (std::size_t green = 0; green < levels; ++green)
            sum += std::exchange(starts[red / 8 * levels + green][red % 8], sum);
    ColorCounts result;
    result.colors.resize(sum * channels);
    result.counts.resize(sum);
    for_each_block(levels, threads, [&](std::size_t red, std::size_t) {
        for (std::size_t i = red * levels; i < (red + 1) * levels; ++i)
            write_colors<channels>(tables, i, starts[i], result);
    });
    add_full_counters<channels>(std::move(full_counters), result);
    return result;
}

template <int channels>
ColorCounts merged(std::span<const std::uint8_t> colors_a, std::span<const std::uint64_t> counts_a,
                   std::span<const std::uint8_t> colors_b,
                   std::span<const std::uint64_t> counts_b) {
    ColorCounts both;
    both.colors.resize((counts_a.size() + counts_b.size()) * channels);
    both.counts.resize(counts_a.size() + counts_b.size());
    // Beyond all keys where none is left.
    const auto key_at = [](std::span<const std::uint8_t> colors, std::size_t i) {
        const std::uint8_t* color = colors.data() + i * channels;
        if (i * channels == colors.size()) return UINT64_MAX;
        if (channels == 4) return std::uint64_t{key_of(color)};
        return std::uint64_t{color[0]} << 24 | std::uint64_t{color[1]} << 16 |
               std::uint64_t{color[2]} << 8;
    };
    std::size_t a = 0, b = 0, n = 0;
    std::uint64_t key_a = key_at(colors_a, 0), key_b = key_at(colors_b, 0);
    for (; a < counts_a.size() || b < counts_b.size(); ++n) {
        const std::uint64_t key = std::min(key_a, key_b);
        put_color<channels>(both.colors.data() + n * channels, static_cast<std::uint32_t>(key));
        std::uint64_t count = 0;
        if (key_a == key) {
            count += counts_a[a];
            key_a = key_at(colors_a, ++a);
        }
        if (key_b == key) {
            count += counts_b[b];
            key_b = key_at(colors_b, ++b);
        }
        both.counts[n] = count;
    }
    both.colors.resize(n * channels);
    both.counts.resize(n);
    return both;
}

}  // namespace

ColorCounts histogram(std::span<const std::uint8_t> pixels, int channels, unsigned threads) {
    Translucent translucent;
    if (channels == 3)
        return pixels.size() / 3 < small ? sorted_histogram<3>(pixels, threads, translucent)
                                         : table_histogram<3>(pixels, threads, translucent);
    ColorCounts opaque = pixels.size() / 4 < small
                             ? sorted_histogram<4>(pixels, threads, translucent)
                             : table_histogram<4>(pixels, threads, translucent);
    ColorCounts others = translucent.sorted(threads);
    if (others.counts.empty()) return opaque;
    if (opaque.counts.empty()) return others;
    return merge_histograms(opaque.colors, opaque.counts, others.colors, others.counts, 4);
}

ColorCounts merge_histograms(std::span<const std::uint8_t> colors_a,
                             std::span<const std::uint64_t> counts_a,
                             std::span<const std::uint8_t> colors_b,
                             std::span<const std::uint64_t> counts_b, int channels) {
    return channels == 3 ? merged<3>(colors_a, counts_a, colors_b, counts_b)
                         : merged<4>(colors_a, counts_a, colors_b, counts_b);
}

void sum_by_color(std::span<const std::uint8_t> pixels, int channels,
                  std::span<const std::uint8_t> colors, std::span<const std::uint16_t> values,
                  std::span<std::uint64_t> sums /* OUT */) {
    const auto row = static_cast<std::size_t>(channels);
    const auto key_at = [&](const std::uint8_t* p) {
        if (channels == 4) return p[3] == 0 ? 0u : key_of(p);
        return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 |
               255u;
    };
    // Where each colour is, by a hash of its key: at most half the slots are taken.
    struct Slot {
        std::uint32_t key, index_plus_1;
    };
    const int bits = std::bit_width(2 * sums.size());
    std::vector<Slot> slots(std::size_t{1} << bits);
    const std::size_t mask = slots.size() - 1;
    const auto first_slot = [&](std::uint32_t key) {
        return std::size_t{key * 0x9E3779B1u} >> (32 - bits) & mask;
    };
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const std::uint32_t key = key_at(colors.data() + i * row);
        std::size_t at = first_slot(key);
        while (slots[at].index_plus_1 != 0) at = (at + 1) & mask;
        slots[at] = {key, static_cast<std::uint32_t>(i + 1)};
    }
    std::fill(sums.begin(), sums.end(), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint32_t key = key_at(pixels.data() + i * row);
        std::size_t at = first_slot(key);
        while (slots[at].key != key && slots[at].index_plus_1 != 0) at = (at + 1) & mask;
        if (slots[at].index_plus_1 != 0) sums[slots[at].index_plus_1 - 1] += values[i];
    }
}

}  // namespace huepress
