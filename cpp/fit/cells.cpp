#include "fit/cells.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace huepress {
namespace {

// A grid of cubes over the data's bounds: up to 2^bits cells along the widest axis.
class Grid {
public:
    explicit Grid(const Bounds& bounds) : low_(bounds.low) {
        int widest = 0, axes = 0;
        for (std::size_t c = 0; c < 4; ++c) {
            const int extent = bounds.high[c] - bounds.low[c];
            widest = std::max(widest, extent);
            axes += extent > 0;
        }
        bits_ = axes == 4 ? 4 : 5;
        shift_ =
            std::max(0, static_cast<int>(std::bit_width(static_cast<unsigned>(widest))) - bits_);
        // The last axis has the lowest bits: it varies fastest in sorted colours, and steps of a
        // power of two in memory would all fall on the same lines of the cache.
        axes_ = 0;
        for (std::size_t c = 4; c-- > 0;) {
            places_[c] = bits_ * axes_;
            axes_ += bounds.high[c] > bounds.low[c];
        }
    }
    std::size_t cells() const { return std::size_t{1} << (bits_ * axes_); }
    int shift() const { return shift_; }
    const Point& low() const { return low_; }

    // Calls use(i, cell of points[i]) for all points; a cell is its coordinates one behind the
    // other.
    template <class Use>
    void each_cell(std::span<const Point> points, Use use) const {
        if (places_[2] == 0)  // a constant last coordinate, as in all opaque images
            each_cell<3>(points, use);
        else
            each_cell<4>(points, use);
    }

    // Calls use(cell) for all cells in Morton order.
    template <class Use>
    void each_in_order(Use use) const {
        // A rank's low and high half each take bits from every axis.
        constexpr std::size_t half = 256;
        std::array<std::uint32_t, half> low{}, high{};
        for (std::size_t rank = 0; rank < half; ++rank) {
            low[rank] = morton(rank);
            high[rank] = morton(rank * half);
        }
        for (std::size_t rank = 0; rank < cells(); ++rank)
            use(low[rank % half] | high[rank / half]);
    }

    // Where a cell comes in Morton order.
    std::uint32_t rank(std::uint32_t cell) const {
        std::uint32_t rank = 0;
        for (int axis = 0; axis < axes_; ++axis)
            for (int bit = 0; bit < bits_; ++bit)
                rank |= (cell >> (axis * bits_ + bit) & 1) << (bit * axes_ + axis);
        return rank;
    }

private:
    template <std::size_t Axes, class Use>
    void each_cell(std::span<const Point> points, Use use) const {
        const Grid grid = *this;  // a copy that no store can change
        for (std::size_t i = 0; i < points.size(); ++i) {
            std::uint32_t cell = 0;
            for (std::size_t c = 0; c < Axes; ++c)
                cell |= static_cast<std::uint32_t>((points[i][c] - grid.low_[c]) >> grid.shift_)
                        << grid.places_[c];
            use(i, cell);
        }
    }

    std::uint32_t morton(std::size_t rank) const {
        std::uint32_t cell = 0;
        for (int axis = 0; axis < axes_; ++axis)
            for (int bit = 0; bit < bits_; ++bit)
                cell |= static_cast<std::uint32_t>(rank >> (bit * axes_ + axis) & 1)
                        << (axis * bits_ + bit);
        return cell;
    }

    Point low_;
    int bits_, shift_, axes_;
    std::array<int, 4> places_;  // where each axis' bits start
};

std::uint64_t packed(const Point& p) { return std::bit_cast<std::uint64_t>(p); }

// Without branches, as the answer is nearly always yes.
bool is_canonical(std::span<const Point> points, std::span<const std::uint32_t> weights) {
    int fault = weights[0] == 0;
    for (std::size_t i = 1; i < points.size(); ++i)
        fault |= int{weights[i] == 0} | int{packed(points[i]) == packed(points[i - 1])};
    return fault == 0;
}

// Without zero weights and equal neighbours.
Weighted canonical(std::span<const Point> points, std::span<const std::uint32_t> weights) {
    Weighted data;
    data.points.reserve(points.size());
    data.weights.reserve(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (weights[i] == 0) continue;
        if (data.size() && data.points.back() == points[i]) {
            data.weights.back() += weights[i];
        } else {
            data.points.push_back(points[i]);
            data.weights.push_back(weights[i]);
        }
    }
    return data;
}

// Gathers cells of points into coarse points.
class Gatherer {
public:
    Gatherer(const Point& low, std::uint64_t limit) : low_(low), limit_(limit) {}

    // All points of a cell of 2^shift units a side.
    void gather(std::span<const Point> points, std::span<const std::uint32_t> weights, int shift) {
        Sum sum;
        std::uint64_t norms = 0;
        for (std::size_t i = 0; i < points.size(); ++i) {
            sum.add(points[i], weights[i]);
            norms += weights[i] * norm(points[i]);
        }
        if (static_cast<std::uint64_t>(sum.weight) > limit_ && points.size() > 1 && shift > 0) {
            divide(points, weights, shift - 1);
            return;
        }
        const Point mean = sum.mean();
        coarse.points.points.push_back(mean);
        coarse.points.weights.push_back(static_cast<std::uint32_t>(sum.weight));
        coarse.scatter += norms + sum.excess(mean);
    }

    Cells::Coarse coarse{};

private:
    void divide(std::span<const Point> points, std::span<const std::uint32_t> weights, int shift) {
        const auto part = [&](const Point& p) {
            std::size_t part = 0;
            for (std::size_t c = 0; c < 4; ++c)
                part |= static_cast<std::size_t>((p[c] - low_[c]) >> shift & 1) << c;
            return part;
        };
        std::array<std::size_t, 17> next{};
        for (const Point& p : points) ++next[part(p) + 1];
        for (std::size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
        const auto begins = next;
        Weighted sorted{std::vector<Point>(points.size()),
                        std::vector<std::uint32_t>(points.size())};
        for (std::size_t i = 0; i < points.size(); ++i) {
            const std::size_t at = next[part(points[i])]++;
            sorted.points[at] = points[i];
            sorted.weights[at] = weights[i];
        }
        for (std::size_t i = 0; i < 16; ++i) {
            const std::size_t count = begins[i + 1] - begins[i];
            if (count > 0)
                gather(std::span(sorted.points).subspan(begins[i], count),
                       std::span(sorted.weights).subspan(begins[i], count), shift);
        }
    }

    Point low_;
    std::uint64_t limit_;
};

}  // namespace

Bounds bounds_of(std::span<const Point> points) {
    // Several lanes of four, so that compilers vectorise.
    constexpr std::size_t width = 4;
    Point low[width], high[width];
    for (std::size_t lane = 0; lane < width; ++lane) low[lane] = high[lane] = points[0];
    std::size_t i = 0;
    for (; i + width <= points.size(); i += width)
        for (std::size_t lane = 0; lane < width; ++lane)
            for (std::size_t c = 0; c < 4; ++c) {
                const std::int16_t x = points[i + lane][c];
                low[lane][c] = x < low[lane][c] ? x : low[lane][c];
                high[lane][c] = x > high[lane][c] ? x : high[lane][c];
            }
    for (; i < points.size(); ++i)
        for (std::size_t c = 0; c < 4; ++c) {
            low[0][c] = std::min(low[0][c], points[i][c]);
            high[0][c] = std::max(high[0][c], points[i][c]);
        }
    for (std::size_t lane = 1; lane < width; ++lane)
        for (std::size_t c = 0; c < 4; ++c) {
            low[0][c] = std::min(low[0][c], low[lane][c]);
            high[0][c] = std::max(high[0][c], high[lane][c]);
        }
    return {low[0], high[0]};
}

Cells::Cells(std::span<const Point> points, std::span<const std::uint32_t> weights) {
    if (points.empty()) return;
    if (is_canonical(points, weights)) {
        sort(points, weights);
    } else {
        const Weighted data = canonical(points, weights);
        if (data.size() > 0) sort(data.points, data.weights);
    }
}

void Cells::sort(std::span<const Point> points, std::span<const std::uint32_t> weights) {
    const Grid grid(bounds_of(points));
    low_ = grid.low();
    shift_ = grid.shift();
    data_ = {std::vector<Point>(points.size()), std::vector<std::uint32_t>(points.size())};
    // There are up to 2^16 cells: to sort few points takes less time than to pass over all.
    constexpr std::size_t few = 4096;
    if (points.size() <= few) {
        std::vector<std::uint64_t> order(points.size());  // ranks, and then places
        grid.each_cell(points, [&](std::size_t i, std::uint32_t cell) {
            order[i] = std::uint64_t{grid.rank(cell)} << 32 | i;
        });
        std::sort(order.begin(), order.end());
        for (std::size_t at = 0; at < order.size(); ++at) {
            if (at == 0 || order[at] >> 32 != order[at - 1] >> 32)
                begins_.push_back(static_cast<std::uint32_t>(at));
            data_.points[at] = points[order[at] & 0xFFFFFFFF];
            data_.weights[at] = weights[order[at] & 0xFFFFFFFF];
        }
        begins_.push_back(static_cast<std::uint32_t>(order.size()));
        return;
    }
    std::vector<std::uint32_t> next(grid.cells());
    std::vector<std::uint16_t> cells(points.size());
    grid.each_cell(points, [&](std::size_t i, std::uint32_t cell) {
        cells[i] = static_cast<std::uint16_t>(cell);
    });
    for (const std::uint16_t cell : cells) ++next[cell];
    std::uint32_t begin = 0;
    grid.each_in_order([&](std::uint32_t cell) {
        if (next[cell] > 0) begins_.push_back(begin);
        begin += std::exchange(next[cell], begin);
    });
    begins_.push_back(begin);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::uint32_t at = next[cells[i]]++;
        data_.points[at] = points[i];
        data_.weights[at] = weights[i];
    }
}

Cells::Coarse Cells::coarse_points(std::uint64_t share) const {
    std::uint64_t total = 0;
    for (const std::uint32_t w : data_.weights) total += w;
    Gatherer gatherer(low_, total / share);
    for (std::size_t cell = 0; cell + 1 < begins_.size(); ++cell) {
        const std::size_t begin = begins_[cell], count = begins_[cell + 1] - begin;
        gatherer.gather(std::span(data_.points).subspan(begin, count),
                        std::span(data_.weights).subspan(begin, count), shift_);
    }
    return std::move(gatherer.coarse);
}

}  // namespace huepress
