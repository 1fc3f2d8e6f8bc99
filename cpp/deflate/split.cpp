#include "deflate/split.hpp"

#include <algorithm>
#include <limits>

#include "deflate/tables.hpp"

namespace huepress::deflating {
namespace {

// A place between two steps, and the symbols of all steps before it.
struct Cut {
    std::size_t step = 0, byte = 0;
    Counts before{};

    void advance(std::span<const Step> steps, const std::uint8_t* bytes) {
        count(before, steps, bytes + byte);
        for (const Step one : steps) byte += one.length;
        step += steps.size();
    }
    void retreat(std::span<const Step> steps, const std::uint8_t* bytes) {
        for (const Step one : steps) byte -= one.length;
        step -= steps.size();
        Counts between{};
        count(between, steps, bytes + byte);
        for (std::size_t i = 0; i < symbols_max; ++i) before[i] -= between[i];
    }
};

// The symbols that occur, and the end of a block.
using Used = std::vector<std::uint16_t>;

Used used_of(const Counts& counts) {
    Used used;
    for (std::size_t i = 0; i < symbols_max; ++i)
        if (counts[i] || i == end_of_block) used.push_back(static_cast<std::uint16_t>(i));
    return used;
}

std::uint64_t bits_between(const Cut& a, const Cut& b, const Used& used) {
    return estimated_bits(a.before, b.before, used);
}

// Takes out the cuts that matter least, until so many pieces are left. cuts: the ends included.
void thin_out(std::vector<Cut>& cuts /* IN, OUT */, std::size_t pieces, const Used& used) {
    if (cuts.size() <= pieces + 1) return;
    std::vector<std::uint64_t> of_piece;  // from this cut to the next one
    std::vector<std::int64_t> gain;       // of taking out this cut
    const auto gain_at = [&](std::size_t i) {
        return static_cast<std::int64_t>(of_piece[i - 1] + of_piece[i]) -
               static_cast<std::int64_t>(bits_between(cuts[i - 1], cuts[i + 1], used));
    };
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i)
        of_piece.push_back(bits_between(cuts[i], cuts[i + 1], used));
    gain.push_back(0);
    for (std::size_t i = 1; i + 1 < cuts.size(); ++i) gain.push_back(gain_at(i));
    while (cuts.size() > pieces + 1) {
        const auto found = std::max_element(gain.begin() + 1, gain.end());
        const auto i = found - gain.begin();
        const auto at = static_cast<std::size_t>(i);
        cuts.erase(cuts.begin() + i);
        of_piece.erase(of_piece.begin() + i);
        gain.erase(found);
        of_piece[at - 1] = bits_between(cuts[at - 1], cuts[at], used);
        if (at > 1) gain[at - 1] = gain_at(at - 1);
        if (at + 1 < cuts.size()) gain[at] = gain_at(at);
    }
}

// Keeps those of the cuts that take the least together, by dynamic programming.
void choose(std::vector<Cut>& cuts /* IN, OUT */, const Used& used) {
    std::vector<std::uint64_t> least(cuts.size(), std::numeric_limits<std::uint64_t>::max());
    std::vector<std::size_t> from(cuts.size(), 0);
    least[0] = 0;
    for (std::size_t to = 1; to < cuts.size(); ++to)
        for (std::size_t i = 0; i < to; ++i) {
            const std::uint64_t bits = least[i] + bits_between(cuts[i], cuts[to], used);
            if (bits < least[to]) {
                least[to] = bits;
                from[to] = i;
            }
        }
    std::vector<Cut> chosen;
    for (std::size_t to = cuts.size() - 1; to > 0; to = from[to]) chosen.push_back(cuts[to]);
    chosen.push_back(cuts[0]);
    std::reverse(chosen.begin(), chosen.end());
    cuts = std::move(chosen);
}

// Moves each cut but the ends by so many steps where that saves bits.
void move(std::vector<Cut>& cuts /* IN, OUT */, std::size_t reach, std::span<const Step> steps,
          const std::uint8_t* bytes, const Used& used) {
    for (std::size_t i = 1; i + 1 < cuts.size(); ++i) {
        const Cut here = cuts[i];
        const Cut &left = cuts[i - 1], &right = cuts[i + 1];
        std::uint64_t best = bits_between(left, here, used) + bits_between(here, right, used);
        const auto consider = [&](const Cut& moved) {
            const std::uint64_t bits =
                bits_between(left, moved, used) + bits_between(moved, right, used);
            if (bits >= best) return;
            best = bits;
            cuts[i] = moved;
        };
        if (here.step > left.step + reach) {
            Cut back = here;
            back.retreat(steps.subspan(here.step - reach, reach), bytes);
            consider(back);
        }
        if (here.step + reach < right.step) {
            Cut on = here;
            on.advance(steps.subspan(here.step, reach), bytes);
            consider(on);
        }
    }
}

}  // namespace

std::vector<std::size_t> split(std::span<const Step> steps, const std::uint8_t* bytes,
                               const Grid& grid) {
    const std::size_t n = steps.size();
    const std::size_t stride = std::max<std::size_t>((n + grid.pieces - 1) / grid.pieces, 4);
    std::vector<Cut> cuts(1);
    while (cuts.back().step < n) {
        Cut next = cuts.back();
        next.advance(steps.subspan(next.step, std::min(stride, n - next.step)), bytes);
        cuts.push_back(next);
    }
    const Used used = used_of(cuts.back().before);
    thin_out(cuts, grid.kept, used);
    choose(cuts, used);
    for (std::size_t reach = stride; reach >= 2; reach /= 2) move(cuts, reach, steps, bytes, used);
    std::vector<std::size_t> ends;
    for (std::size_t i = 1; i < cuts.size(); ++i) ends.push_back(cuts[i].step);
    return ends;
}

}  // namespace huepress::deflating
