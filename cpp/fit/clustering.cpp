#include "fit/clustering.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/distance.hpp"
#include "core/integers.hpp"
#include "core/parallel.hpp"

namespace huepress {
namespace {

constexpr std::size_t leaf_size = 4 * group_size;

constexpr std::size_t padded(std::size_t count) {
    return (count + group_size - 1) / group_size * group_size;
}

// Halves are rounded up, so that the box holds all positions from low to high.
void set_box(const Bounds& bounds, Point& centre /* OUT */, Point& half /* OUT */) {
    for (std::size_t c = 0; c < 4; ++c) {
        centre[c] = static_cast<std::int16_t>((bounds.low[c] + bounds.high[c]) >> 1);
        half[c] = static_cast<std::int16_t>(bounds.high[c] - centre[c]);
    }
}

Bounds around(const Bounds& a, const Bounds& b) {
    Bounds both;
    for (std::size_t c = 0; c < 4; ++c) {
        both.low[c] = std::min(a.low[c], b.low[c]);
        both.high[c] = std::max(a.high[c], b.high[c]);
    }
    return both;
}

}  // namespace

Clustering::Clustering(const Weighted& data, std::size_t pinned, unsigned threads)
    : data_(data), pinned_(pinned), threads_(threads), labels_(padded(data.size())) {
    // A thread costs about as much as an iteration over this many points.
    if (data.size() < (std::size_t{1} << 16)) threads_ = 1;
    std::vector<Bounds> boxes((data.size() + leaf_size - 1) / leaf_size);
    for (std::size_t b = 0; b < boxes.size(); ++b) {
        const std::size_t first = b * leaf_size;
        boxes[b] = bounds_of(
            std::span(data.points).subspan(first, std::min(leaf_size, data.size() - first)));
    }
    for (;;) {
        Level level;
        level.centres.resize(padded(boxes.size()));
        level.halves.resize(padded(boxes.size()));
        level.settled.resize(boxes.size());
        for (std::size_t b = 0; b < level.centres.size(); ++b)
            set_box(boxes[std::min(b, boxes.size() - 1)], level.centres[b], level.halves[b]);
        levels_.push_back(std::move(level));
        std::vector<Bounds> parents(padded(boxes.size()) / group_size);
        for (std::size_t b = 0; b < boxes.size(); ++b) {
            Bounds& parent = parents[b / group_size];
            parent = b % group_size == 0 ? boxes[b] : around(parent, boxes[b]);
        }
        boxes = std::move(parents);
        if (boxes.size() == 1) break;
    }
    bounds_ = boxes[0];
    workers_.resize(worker_count(threads_));
    for (Worker& worker : workers_) worker.rivals.resize(levels_.size());
}

void Clustering::label(std::vector<Point> centroids) {
    moved_.assign(centroids.size(), 1);
    if (centroids_.size() == centroids.size())
        for (std::size_t j = 0; j < centroids.size(); ++j)
            moved_[j] = centroids_[j] != centroids[j];
    else
        labelled_ = false;
    centroids_ = std::move(centroids);
    relabel();
}

std::int32_t Clustering::assign(std::vector<Point> centroids) {
    label(std::move(centroids));
    std::int32_t reseeded = 0;
    // Every round lowers the inertia, so this ends.
    while (const std::int32_t moves = reseed()) {
        reseeded += moves;
        relabel();
    }
    return reseeded;
}

void Clustering::relabel() {
    if (!labelled_) {
        sums_.assign(centroids_.size(), {});
        norms_ = 0;
    }
    for (Worker& worker : workers_) {
        worker.sums.assign(centroids_.size(), {});
        worker.norms = 0;
    }
    std::vector<std::uint16_t> all(centroids_.size());
    std::iota(all.begin(), all.end(), std::uint16_t{0});

    struct Task {
        std::size_t group;
        std::vector<std::uint16_t> rivals;
    };
    std::size_t depth = levels_.size() - 1;
    std::vector<Task> tasks{{0, std::move(all)}};
    while (workers_.size() > 1 && depth > 0 && tasks.size() < 16 * workers_.size()) {
        std::vector<Task> finer;
        for (const Task& task : tasks)
            each_unsettled(depth, task.group, task.rivals, workers_[0],
                           [&](std::size_t box, Rivals rivals) {
                               finer.push_back({box, {rivals.begin(), rivals.end()}});
                           });
        tasks = std::move(finer);
        --depth;
    }
    for_each_block(tasks.size(), threads_, [&](std::size_t task, std::size_t worker) {
        visit(depth, tasks[task].group, tasks[task].rivals, workers_[worker]);
    });
    labelled_ = true;

    for (const Worker& worker : workers_) {
        norms_ += worker.norms;
        for (std::size_t j = 0; j < sums_.size(); ++j) sums_[j].add(worker.sums[j]);
    }
    // Modulo 2^64; the result is below 2^62.
    inertia_ = norms_;
    for (std::size_t j = 0; j < sums_.size(); ++j) inertia_ += sums_[j].excess(centroids_[j]);
}

template <class Use>
void Clustering::each_unsettled(std::size_t depth, std::size_t group, Rivals rivals, Worker& worker,
                                Use use) {
    Level& level = levels_[depth];
    const std::size_t first = group * group_size;
    const Kernels& kernel = kernels();
    std::uint16_t favourites[group_size];
    std::int32_t distances[group_size];
    kernel.nearest(&level.centres[first], centroids_.data(), rivals.data(), rivals.size(),
                   favourites, distances);
    std::vector<std::uint16_t>& lists = worker.rivals[depth];
    if (lists.size() < group_size * rivals.size()) lists.resize(group_size * rivals.size());
    std::uint16_t* ends[group_size];
    for (std::size_t b = 0; b < group_size; ++b) ends[b] = &lists[b * rivals.size()];
    constexpr std::size_t chunk = 256;
    std::uint16_t boxes[chunk];
    for (std::size_t start = 0; start < rivals.size(); start += chunk) {
        const std::size_t size = std::min(chunk, rivals.size() - start);
        kernel.contenders(&level.centres[first], &level.halves[first], favourites, distances,
                          centroids_.data(), &rivals[start], size, boxes);
        for (std::size_t j = 0; j < size; ++j)
            for (unsigned set = boxes[j]; set; set &= set - 1)
                *ends[std::countr_zero(set)]++ = rivals[start + j];
    }
    for (std::size_t b = 0; b < std::min(group_size, level.settled.size() - first); ++b) {
        const std::uint16_t* begin = &lists[b * rivals.size()];
        const Rivals left(begin, static_cast<std::size_t>(ends[b] - begin));
        if (depth > 0) {  // for leaves the comparison would cost more than it saves
            std::vector<std::uint16_t>& settled = level.settled[first + b];
            if (labelled_ && std::equal(settled.begin(), settled.end(), left.begin(), left.end()) &&
                std::none_of(left.begin(), left.end(),
                             [&](std::uint16_t j) { return moved_[j] != 0; }))
                continue;
            settled.assign(left.begin(), left.end());
        }
        use(first + b, left);
    }
}

void Clustering::visit(std::size_t depth, std::size_t group, Rivals rivals, Worker& worker) {
    each_unsettled(depth, group, rivals, worker, [&](std::size_t box, Rivals left) {
        if (depth == 0)
            settle(box, left, worker);
        else
            visit(depth - 1, box, left, worker);
    });
}

void Clustering::settle(std::size_t leaf, Rivals rivals, Worker& worker) {
    const auto nearest = kernels().nearest;
    const std::size_t end = std::min(data_.size(), (leaf + 1) * leaf_size);
    for (std::size_t first = leaf * leaf_size; first < end; first += group_size) {
        const std::size_t count = std::min(group_size, end - first);
        std::uint16_t labels[group_size];
        std::int32_t distances[group_size];
        if (rivals.size() == 1) {
            std::fill(std::begin(labels), std::end(labels), rivals[0]);
        } else if (count == group_size) {
            nearest(&data_.points[first], centroids_.data(), rivals.data(), rivals.size(), labels,
                    distances);
        } else {
            Point last[group_size];
            for (std::size_t i = 0; i < group_size; ++i)
                last[i] = data_.points[std::min(first + i, end - 1)];
            nearest(last, centroids_.data(), rivals.data(), rivals.size(), labels, distances);
        }
        std::uint16_t* before = &labels_[first];
        const bool same = labelled_ && std::memcmp(labels, before, sizeof labels) == 0;
        for (std::size_t i = 0; i < count && !same; ++i) {
            if (labelled_ && labels[i] == before[i]) continue;
            const Point& p = data_.points[first + i];
            const std::uint32_t weight = data_.weights[first + i];
            worker.sums[labels[i]].add(p, weight);
            if (labelled_)
                worker.sums[before[i]].add(p, -std::int64_t{weight});
            else
                worker.norms += weight * norm(p);
        }
        std::memcpy(before, labels, sizeof labels);
    }
}

std::int32_t Clustering::reseed() {
    std::vector<std::size_t> empty;
    for (std::size_t j = pinned_; j < centroids_.size(); ++j)
        if (sums_[j].weight == 0) empty.push_back(j);
    if (empty.empty()) return 0;
    std::vector<std::uint64_t> errors(data_.size());
    std::vector<std::size_t> worst;
    for (std::size_t i = 0; i < data_.size(); ++i) {
        const std::int32_t distance = squared_distance(data_.points[i], centroids_[labels_[i]]);
        errors[i] = std::uint64_t{data_.weights[i]} * static_cast<std::uint32_t>(distance);
        if (distance > 0) worst.push_back(i);
    }
    const std::size_t moves = std::min(empty.size(), worst.size());
    std::partial_sort(worst.begin(), worst.begin() + static_cast<std::ptrdiff_t>(moves),
                      worst.end(), [&](std::size_t a, std::size_t b) {
                          return errors[a] != errors[b] ? errors[a] > errors[b] : a < b;
                      });
    std::fill(moved_.begin(), moved_.end(), char{0});
    for (std::size_t m = 0; m < moves; ++m) {
        centroids_[empty[m]] = data_.points[worst[m]];
        moved_[empty[m]] = 1;
    }
    return static_cast<std::int32_t>(moves);
}

std::vector<Point> Clustering::updated(int relaxation) const {
    std::vector<Point> next = centroids_;
    for (std::size_t j = pinned_; j < next.size(); ++j) {
        const Sum& sum = sums_[j];
        if (sum.weight == 0) continue;
        const auto place = sum.towards_mean(next[j], relaxation);
        for (std::size_t c = 0; c < 4; ++c)
            next[j][c] = static_cast<std::int16_t>(
                std::clamp<std::int64_t>(place[c], bounds_.low[c], bounds_.high[c]));
    }
    return next;
}

}  // namespace huepress
