// Which codes a pixel may take by its alpha.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "color/colorspace.hpp"
#include "rate/ratekernels.hpp"

namespace huepress {

// Another weight for the two chroma coordinates, in 256ths.
inline Point stretch_chroma(Point point, int weight) {
    for (std::size_t c : {1, 2})
        point[c] =
            static_cast<std::int16_t>(std::clamp(point[c] * weight / 256, -far_out, far_out));
    return point;
}

inline std::vector<Point> stretched(std::span<const std::uint8_t> codebook, int channels,
                                    Space space, int chroma_weight) {
    std::vector<Point> points(codebook.size() / static_cast<std::size_t>(channels));
    embed(space, codebook, channels, points);
    for (Point& point : points) point = stretch_chroma(point, chroma_weight);
    return points;
}

// What a pixel's alpha allows: an opaque one stays opaque and a clear one clear, where there are
// such codes.
enum class Kind : std::uint8_t { translucent, opaque, clear };

inline Kind kind_of(std::uint8_t alpha) {
    return alpha == 255 ? Kind::opaque : alpha == 0 ? Kind::clear : Kind::translucent;
}

// The codes that pixels of one kind may take.
class Allowed {
public:
    // allowed: by place in the codebook; not all false.
    Allowed(const CodeTable& codes, std::span<const bool> allowed) : table_(codes, allowed) {
        for (int i = 0; i < codes_max; ++i)
            barred_[i] = i < codes.padded() && allowed[codes.outer[i]] ? free : never;
        for (std::size_t i = 0; i < allowed.size(); ++i)
            if (allowed[i]) names_.push_back(static_cast<std::uint16_t>(i));
    }

    // Where a code that is allowed stands in for the others.
    const CodeTable& table() const { return table_; }
    std::span<const std::uint16_t> names() const { return names_; }
    bool allows(int code) const { return barred_[code] == free; }

    // Takes the other codes out of a column. bits: what each literal takes.
    void bar(const std::int16_t* bits, Column& column /* IN, OUT */) const {
        for (int i = 0; i < table_.padded(); ++i)
            column.cost[i] = std::max(column.cost[i], barred_[i]);
        if (barred_[column.literal] == free) return;
        Least cheapest{std::numeric_limits<std::int32_t>::max(), 0};
        for (int i = 0; i < table_.padded(); ++i)
            if (barred_[i] == free && column.cost[i] + bits[i] < cheapest.cost)
                cheapest = {column.cost[i] + bits[i], i};
        column.literal = static_cast<std::uint8_t>(cheapest.at);
        column.literal_cost = static_cast<std::int16_t>(cheapest.cost);
    }

private:
    static constexpr std::int16_t free = std::numeric_limits<std::int16_t>::min();

    CodeTable table_;
    std::int16_t barred_[codes_max];
    std::vector<std::uint16_t> names_;
};

// None where the codebook has no code of that alpha, or no other.
inline std::unique_ptr<const Allowed> only(Kind kind, const CodeTable& codes,
                                           std::span<const std::uint8_t> codebook,
                                           std::size_t channels) {
    bool allowed[codes_max] = {};
    int count = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(codes.k); ++i)
        count += allowed[i] = kind_of(channels == 4 ? codebook[4 * i + 3] : 255) == kind;
    if (count == 0 || count == codes.k) return nullptr;
    return std::make_unique<const Allowed>(
        codes, std::span(allowed).first(static_cast<std::size_t>(codes.k)));
}

// A codebook in the fit space, as a whole and for each kind of pixel.
class Codes {
public:
    // leave: the code that leaves a pixel as it is, which has no colour: that of another stands in,
    // so that it is nobody's nearest; -1 where there is none.
    Codes(std::span<const std::uint8_t> given, std::size_t channels, Space space, int chroma,
          int leave = -1)
        : Codes(with_stand_in(given, channels, leave), channels, space, chroma, leave, Made{}) {}

    const std::vector<Point>& book() const { return book_; }  // in the order of the codebook
    const CodeTable& all() const { return all_; }

    // Null where any code will do.
    const Allowed* allowed(Kind kind) const {
        return kind == Kind::opaque ? opaque_.get() : kind == Kind::clear ? clear_.get() : nullptr;
    }
    const CodeTable& table_of(Kind kind) const {
        return allowed(kind) ? allowed(kind)->table() : all_;
    }
    // Those that a translucent pixel takes if the nearest is one of them; null where there are
    // none.
    const Allowed* translucent() const { return translucent_.get(); }

    // The first code of exactly this colour, by its place in all(); -1 where there is none.
    int of_color(const std::uint8_t* color, std::size_t channels) const {
        const std::uint32_t key = packed(color, channels);
        const auto at = std::lower_bound(
            colors_.begin(), colors_.end(), key,
            [](const auto& one, std::uint32_t wanted) { return one.first < wanted; });
        return at != colors_.end() && at->first == key ? at->second : -1;
    }

private:
    struct Made {};

    Codes(const std::vector<std::uint8_t>& codebook, std::size_t channels, Space space, int chroma,
          int leave, Made)
        : book_(stretched(codebook, static_cast<int>(channels), space, chroma)), all_(book_),
          opaque_(only(Kind::opaque, all_, codebook, channels)),
          clear_(only(Kind::clear, all_, codebook, channels)),
          translucent_(only(Kind::translucent, all_, codebook, channels)) {
        const std::size_t k = codebook.size() / channels;
        for (std::size_t i = 0; i < k; ++i)
            if (static_cast<int>(i) != leave)
                colors_.emplace_back(packed(&codebook[i * channels], channels), all_.inner[i]);
        std::stable_sort(colors_.begin(), colors_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
    }

    static std::vector<std::uint8_t> with_stand_in(std::span<const std::uint8_t> codebook,
                                                   std::size_t channels, int leave) {
        std::vector<std::uint8_t> out(codebook.begin(), codebook.end());
        if (leave < 0) return out;
        const auto at = static_cast<std::size_t>(leave) * channels;
        std::copy_n(
            codebook.begin() + static_cast<std::ptrdiff_t>(leave ? at - channels : channels),
            channels, out.begin() + static_cast<std::ptrdiff_t>(at));
        return out;
    }

    static std::uint32_t packed(const std::uint8_t* color, std::size_t channels) {
        return color[0] | color[1] << 8 | std::uint32_t{color[2]} << 16 |
               (channels == 4 ? std::uint32_t{color[3]} : 255u) << 24;
    }

    std::vector<Point> book_;
    CodeTable all_;
    std::unique_ptr<const Allowed> opaque_, clear_, translucent_;
    std::vector<std::pair<std::uint32_t, std::uint8_t>> colors_;  // in order
};

}  // namespace huepress
