#include "seeding.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <queue>

#include "integers.hpp"

namespace huepress {
namespace {

// Weights that can be drawn from by rank and set to zero, both in logarithmic time (Fenwick 1994).
class Urn {
public:
    explicit Urn(std::span<const std::uint32_t> weights) : tree_(weights.size() + 1) {
        for (std::size_t i = 1; i < tree_.size(); ++i) {
            tree_[i] += weights[i - 1];
            total_ += weights[i - 1];
            const std::size_t parent = i + (i & (0 - i));
            if (parent < tree_.size()) tree_[parent] += tree_[i];
        }
    }
    std::uint64_t total() const { return total_; }
    std::size_t find(std::uint64_t rank) const {
        std::size_t at = 0;
        for (std::size_t step = std::bit_floor(tree_.size()); step > 0; step /= 2)
            if (at + step < tree_.size() && tree_[at + step] <= rank) rank -= tree_[at += step];
        return at;
    }
    void take(std::size_t index, std::uint64_t weight) {
        total_ -= weight;
        for (std::size_t i = index + 1; i < tree_.size(); i += i & (0 - i)) tree_[i] -= weight;
    }

private:
    std::vector<std::uint64_t> tree_;
    std::uint64_t total_ = 0;
};

// A range of items split no further yet, and where it would be.
struct Cluster {
    std::size_t begin, end;
    std::uint64_t weight = 0;
    Point mean{};
    std::array<std::int32_t, 4> axis{};
    std::int32_t cut = 0;    // projections up to here go left
    std::uint64_t gain = 0;  // how much inertia the split would take away; 0: cannot be split
};

struct Item {
    Point point;
    std::uint32_t weight;
};

using Matrix = std::array<std::array<std::int64_t, 4>, 4>;

// Shifts the entries of a positive semidefinite matrix so that the largest, which stands on the
// diagonal, has 30 bits.
bool normalise(Matrix& matrix) {
    std::int64_t largest = 0;
    for (std::size_t c = 0; c < 4; ++c) largest = std::max(largest, matrix[c][c]);
    if (largest == 0) return false;
    const int shift = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(largest))) - 30;
    for (auto& row : matrix)
        for (auto& entry : row) entry = shift > 0 ? entry >> shift : entry * (std::int64_t{1} << -shift);
    return true;
}

constexpr std::int64_t axis_length = 1 << 14;

// The eigenvector of the largest eigenvalue by 32 power iterations, as five squarings.
bool principal_axis(Matrix matrix, std::array<std::int32_t, 4>& axis /* OUT */) {
    if (!normalise(matrix)) return false;
    for (int squaring = 0; squaring < 5; ++squaring) {
        Matrix square{};
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t j = 0; j < 4; ++j)
                for (std::size_t l = 0; l < 4; ++l) square[i][j] += matrix[i][l] * matrix[l][j];
        matrix = square;
        if (!normalise(matrix)) return false;
    }
    std::size_t column = 0;
    for (std::size_t c = 1; c < 4; ++c)
        if (matrix[c][c] > matrix[column][column]) column = c;
    std::uint64_t length = 0;
    for (std::size_t c = 0; c < 4; ++c)
        length += static_cast<std::uint64_t>(matrix[c][column] * matrix[c][column]);
    length = square_root(length);
    for (std::size_t c = 0; c < 4; ++c)
        axis[c] = static_cast<std::int32_t>(matrix[c][column] * axis_length / static_cast<std::int64_t>(length));
    return true;
}

class Splitter {
public:
    Splitter(const Weighted& data) {
        items_.reserve(data.size());
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < data.size(); ++i) {
            items_.push_back({data.points[i], data.weights[i]});
            total += data.weights[i];
        }
        weight_shift_ = 32 - static_cast<int>(std::bit_width(total));
        projections_.resize(items_.size());
    }

    std::vector<Point> split(std::size_t k) {
        std::vector<Cluster> clusters;
        if (items_.empty() || k == 0) return {};
        clusters.push_back(examine(0, items_.size()));
        // By gain; among equals the first made.
        const auto gains_less = [&](std::size_t a, std::size_t b) {
            return clusters[a].gain != clusters[b].gain ? clusters[a].gain < clusters[b].gain : a > b;
        };
        std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(gains_less)> queue(gains_less);
        queue.push(0);
        while (clusters.size() < k && !queue.empty() && clusters[queue.top()].gain > 0) {
            const std::size_t parent = queue.top();
            queue.pop();
            const Cluster& c = clusters[parent];
            const auto first = items_.begin() + static_cast<std::ptrdiff_t>(c.begin);
            const auto last = items_.begin() + static_cast<std::ptrdiff_t>(c.end);
            const auto middle = std::partition(first, last, [&](const Item& i) { return project(c, i.point) <= c.cut; });
            const auto border = static_cast<std::size_t>(middle - items_.begin());
            Cluster right = examine(border, c.end);
            clusters[parent] = examine(c.begin, border);
            clusters.push_back(right);
            queue.push(parent);
            queue.push(clusters.size() - 1);
        }
        std::vector<Point> means;
        for (const Cluster& c : clusters) means.push_back(c.mean);
        return means;
    }

private:
    // In half fit units, so that a gain fits uint64.
    static std::int32_t project(const Cluster& c, const Point& p) {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < 4; ++i) sum += std::int64_t{c.axis[i]} * (p[i] - c.mean[i]);
        return static_cast<std::int32_t>(sum >> 13);
    }

    Cluster examine(std::size_t begin, std::size_t end) {
        Cluster c{begin, end};
        std::array<std::int64_t, 4> sum{};
        for (std::size_t i = begin; i < end; ++i) {
            c.weight += items_[i].weight;
            for (std::size_t j = 0; j < 4; ++j) sum[j] += std::int64_t{items_[i].weight} * items_[i].point[j];
        }
        for (std::size_t j = 0; j < 4; ++j)
            c.mean[j] = static_cast<std::int16_t>(divide_rounded(sum[j], static_cast<std::int64_t>(c.weight)));
        if (end - begin < 2) return c;

        Matrix moments{};
        for (std::size_t i = begin; i < end; ++i) {
            std::array<std::int64_t, 4> d;
            for (std::size_t j = 0; j < 4; ++j) d[j] = items_[i].point[j] - c.mean[j];
            for (std::size_t j = 0; j < 4; ++j)
                for (std::size_t l = 0; l <= j; ++l) moments[j][l] += std::int64_t{items_[i].weight} * d[j] * d[l];
        }
        for (std::size_t j = 0; j < 4; ++j)
            for (std::size_t l = 0; l < j; ++l) moments[l][j] = moments[j][l];
        if (principal_axis(moments, c.axis)) find_cut(c);
        return c;
    }

    // The cut of the projections that takes most inertia away, over at most 128 equal bins.
    void find_cut(Cluster& c) {
        std::int32_t low = INT32_MAX, high = INT32_MIN;
        for (std::size_t i = c.begin; i < c.end; ++i) {
            projections_[i] = project(c, items_[i].point);
            low = std::min(low, projections_[i]);
            high = std::max(high, projections_[i]);
        }
        const int shift = std::max(0, static_cast<int>(std::bit_width(static_cast<std::uint32_t>(high - low))) - 7);
        struct Bin {
            std::int64_t weight = 0, sum = 0;
        };
        std::array<Bin, 128> bins;
        std::int64_t sum = 0;
        for (std::size_t i = c.begin; i < c.end; ++i) {
            Bin& bin = bins[static_cast<std::size_t>((projections_[i] - low) >> shift)];
            const std::int64_t moment = std::int64_t{items_[i].weight} * projections_[i];
            bin.weight += items_[i].weight;
            bin.sum += moment;
            sum += moment;
        }
        const auto total = static_cast<std::int64_t>(c.weight);
        std::int64_t left_weight = 0, left_sum = 0;
        for (std::size_t b = 0; b < bins.size(); ++b) {
            if (bins[b].weight == 0) continue;
            left_weight += bins[b].weight;
            left_sum += bins[b].sum;
            const std::int64_t right_weight = total - left_weight;
            if (right_weight == 0) break;
            const std::int64_t apart = (sum - left_sum) / right_weight - left_sum / left_weight;
            const std::uint64_t share = ((static_cast<std::uint64_t>(left_weight) << weight_shift_) *
                                         static_cast<std::uint64_t>(right_weight)) / c.weight;
            const std::uint64_t gain = share * static_cast<std::uint64_t>(apart * apart);
            if (gain > c.gain) {
                c.gain = gain;
                c.cut = low + static_cast<std::int32_t>(((b + 1) << shift) - 1);
            }
        }
    }

    std::vector<Item> items_;
    std::vector<std::int32_t> projections_;
    int weight_shift_ = 0;  // brings the whole weight to 32 bits, so that quotients of small weights keep theirs
};

}  // namespace

std::vector<Point> seed_random(const Weighted& data, std::span<const Point> pinned, std::size_t k, Random& random) {
    std::vector<Point> seeds(pinned.begin(), pinned.end());
    Urn urn(data.weights);
    std::vector<Point> taken = seeds;
    std::sort(taken.begin(), taken.end());
    if (!taken.empty())
        for (std::size_t i = 0; i < data.size(); ++i)
            if (std::binary_search(taken.begin(), taken.end(), data.points[i])) urn.take(i, data.weights[i]);
    while (seeds.size() < k && urn.total() > 0) {
        const std::size_t i = urn.find(random.below(urn.total()));
        seeds.push_back(data.points[i]);
        urn.take(i, data.weights[i]);
    }
    return seeds;
}

std::vector<Point> seed_plus_plus(const Weighted& data, std::span<const Point> pinned, std::size_t k, Random& random) {
    std::vector<Point> seeds(pinned.begin(), pinned.end());
    std::vector<std::int32_t> least(data.size(), INT32_MAX);
    std::uint64_t total = 0;
    const auto come_closer = [&](const Point& seed) {
        total = 0;
        for (std::size_t i = 0; i < data.size(); ++i) {
            least[i] = std::min(least[i], squared_distance(data.points[i], seed));
            total += std::uint64_t{data.weights[i]} * static_cast<std::uint32_t>(least[i]);
        }
    };
    for (const Point& seed : pinned) come_closer(seed);
    if (seeds.empty() && k > 0 && data.size() > 0) {
        const Urn urn(data.weights);
        seeds.push_back(data.points[urn.find(random.below(urn.total()))]);
        come_closer(seeds.back());
    }
    while (seeds.size() < k && total > 0) {
        std::uint64_t rank = random.below(total);
        std::size_t i = 0;
        for (;; ++i) {
            const std::uint64_t share = std::uint64_t{data.weights[i]} * static_cast<std::uint32_t>(least[i]);
            if (rank < share) break;
            rank -= share;
        }
        seeds.push_back(data.points[i]);
        come_closer(seeds.back());
    }
    return seeds;
}

std::vector<Point> seed_principal_axis(const Weighted& data, std::span<const Point> pinned, std::size_t k) {
    std::vector<Point> seeds(pinned.begin(), pinned.end());
    const std::vector<Point> means = Splitter(data).split(k - pinned.size());
    seeds.insert(seeds.end(), means.begin(), means.end());
    return seeds;
}

}  // namespace huepress
