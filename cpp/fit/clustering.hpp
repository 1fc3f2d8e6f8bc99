// Weighted points with their nearest centroids: what one iteration of Lloyd's algorithm needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/types.hpp"
#include "fit/cells.hpp"
#include "fit/weighted.hpp"

namespace huepress {

// The points stand in a tree of boxes, 64 points to a leaf and 16 boxes to a box. Going down it, a
// box keeps only the centroids that can be nearest to something within (Kanungo et al., "An
// efficient k-means clustering algorithm", 2002), and boxes none of whose centroids moved are
// passed over. Sums follow the labels that changed. All of this is exact.
class Clustering {
public:
    // The points, at least one, should come in cells (cells.hpp), for the boxes to be small; they
    // must outlive this. The first `pinned` centroids never move.
    Clustering(const Weighted& data, std::size_t pinned, unsigned threads);

    // Labels every point by its nearest centroid, ties to the lowest index, and adds up the
    // clusters.
    void label(std::vector<Point> centroids);

    // Then also moves centroids that hold no point to the points that err most, until all hold some
    // or no point errs, and returns how many moves that took.
    std::int32_t assign(std::vector<Point> centroids);

    // The centroids moved towards the means of their clusters by relaxation/16 of the way, rounded
    // to the nearest integer (which no other integer beats) and kept within the data's bounds.
    std::vector<Point> updated(int relaxation) const;

    const std::vector<Point>& centroids() const { return centroids_; }
    // Padded: the first data.size() count.
    const std::vector<std::uint16_t>& labels() const { return labels_; }
    const std::vector<Sum>& sums() const { return sums_; }
    std::uint64_t inertia() const { return inertia_; }

private:
    // Names of the centroids that can be nearest to something in a box, in ascending order.
    using Rivals = std::span<const std::uint16_t>;

    struct Level {
        std::vector<Point> centres, halves;               // padded to whole groups
        std::vector<std::vector<std::uint16_t>> settled;  // the rivals at each box's last visit
    };
    struct Worker {
        std::vector<std::vector<std::uint16_t>> rivals;  // a level: those of a group of boxes
        std::vector<Sum> sums;                           // changes since the last labelling
        std::uint64_t norms;
    };

    void relabel();
    // Calls use(box, its rivals) for the boxes of a group that are not passed over.
    template <class Use>
    void each_unsettled(std::size_t depth, std::size_t group, Rivals rivals, Worker& worker,
                        Use use);
    void visit(std::size_t depth, std::size_t group, Rivals rivals, Worker& worker);
    void settle(std::size_t leaf, Rivals rivals, Worker& worker);
    std::int32_t reseed();

    const Weighted& data_;
    std::size_t pinned_;
    unsigned threads_;
    Bounds bounds_;
    std::vector<Level> levels_;  // the leaves first
    std::vector<Worker> workers_;
    std::vector<Point> centroids_;
    std::vector<char> moved_;  // centroids since the last labelling
    std::vector<std::uint16_t> labels_;
    bool labelled_ = false;
    std::uint64_t norms_ = 0;  // sum of weight * |point|^2
    std::vector<Sum> sums_;
    std::uint64_t inertia_ = 0;
};

}  // namespace huepress
