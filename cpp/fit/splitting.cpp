#include "fit/splitting.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "core/integers.hpp"

namespace huepress {
namespace {

using Matrix = std::array<std::array<std::int64_t, 4>, 4>;

// Shifts the entries of a positive semidefinite matrix so that the largest, which stands on the
// diagonal, has 30 bits.
bool normalise(Matrix& matrix) {
    std::int64_t largest = 0;
    for (std::size_t c = 0; c < 4; ++c) largest = std::max(largest, matrix[c][c]);
    if (largest == 0) return false;
    const int shift = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(largest))) - 30;
    for (auto& row : matrix)
        for (auto& entry : row)
            entry = shift > 0 ? entry >> shift : entry * (std::int64_t{1} << -shift);
    return true;
}

constexpr int axis_bits = 14;

// The eigenvector of the largest eigenvalue by 32 power iterations, as five squarings; its length
// is 2^axis_bits.
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
        axis[c] = static_cast<std::int32_t>(matrix[c][column] * (1 << axis_bits) /
                                            static_cast<std::int64_t>(length));
    return true;
}

// About the rounded mean: sum of w (x - m)(y - n) = sum of w x y - m (sum of w y) - n (sum of w x)
// + W m n, modulo 2^64 as the terms may be greater than the result.
Matrix covariance(const Moments& moments, const Point& mean) {
    const auto word = [](std::int64_t x) { return static_cast<std::uint64_t>(x); };
    Matrix matrix;
    for (std::size_t i = 0, at = 0; i < 4; ++i)
        for (std::size_t j = 0; j <= i; ++j, ++at)
            matrix[i][j] = matrix[j][i] = static_cast<std::int64_t>(
                word(moments.products[at]) - word(mean[i]) * word(moments.sum.moment[j]) -
                word(mean[j]) * word(moments.sum.moment[i]) +
                word(moments.sum.weight) * word(mean[i]) * word(mean[j]));
    return matrix;
}

}  // namespace

void Moments::add(const Point& p, std::int64_t w) {
    sum.weight += w;
    for (std::size_t i = 0, at = 0; i < 4; ++i) {
        const std::int64_t moment = w * p[i];
        sum.moment[i] += moment;
        for (std::size_t j = 0; j <= i; ++j, ++at) products[at] += moment * p[j];
    }
}

void Moments::subtract(const Moments& other) {
    sum.weight -= other.sum.weight;
    for (std::size_t c = 0; c < 4; ++c) sum.moment[c] -= other.sum.moment[c];
    for (std::size_t i = 0; i < products.size(); ++i) products[i] -= other.products[i];
}

Cut best_cut(std::span<Item> items, const Moments& moments) {
    Cut cut;
    if (items.size() < 2) return cut;
    const Point mean = moments.sum.mean();
    std::array<std::int32_t, 4> axis;
    if (!principal_axis(covariance(moments, mean), axis)) return cut;

    // Positions are in half fit units from the mean, so that a gain fits uint64.
    std::int32_t low = INT32_MAX, high = INT32_MIN;
    for (Item& item : items) {
        std::int32_t sum = 0;
        for (std::size_t c = 0; c < 4; ++c) sum += axis[c] * (item.point[c] - mean[c]);
        item.position = sum >> (axis_bits - 1);
        low = std::min(low, item.position);
        high = std::max(high, item.position);
    }
    struct Bin {
        std::int64_t weight = 0, moment = 0;
    };
    std::array<Bin, 64> bins;
    const int shift =
        std::max(0, static_cast<int>(std::bit_width(static_cast<std::uint32_t>(high - low))) - 6);
    std::int64_t whole = 0;
    for (const Item& item : items) {
        Bin& bin = bins[static_cast<std::size_t>((item.position - low) >> shift)];
        const std::int64_t moment = std::int64_t{item.weight} * item.position;
        bin.weight += item.weight;
        bin.moment += moment;
        whole += moment;
    }
    // The cut of most inertia between the parts: left * right / (left + right) * (distance of
    // means)^2, which is as great as moment^2 / (left * right) with the mean at 0. Shifted to fit
    // 64 bits.
    const std::int64_t weight = moments.sum.weight;
    const int weight_shift =
        std::max(0, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(weight))) - 15);
    const std::int64_t furthest = std::max(std::int64_t{high}, -std::int64_t{low}) * weight;
    const int moment_shift =
        std::max(0, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(furthest))) - 31);
    Bin left, best;
    std::uint64_t most = 0;
    for (std::size_t b = 0; b < bins.size(); ++b) {
        if (bins[b].weight == 0) continue;
        left.weight += bins[b].weight;
        left.moment += bins[b].moment;
        const std::int64_t right = weight - left.weight;
        if (right == 0) break;
        const auto moment = static_cast<std::uint64_t>(std::abs(left.moment) >> moment_shift);
        const auto product =
            static_cast<std::uint64_t>(std::max<std::int64_t>(1, left.weight >> weight_shift) *
                                       std::max<std::int64_t>(1, right >> weight_shift));
        const std::uint64_t between = moment * moment / product;
        if (best.weight > 0 && between <= most) continue;
        most = between;
        best = left;
        cut.border = low + static_cast<std::int32_t>(((b + 1) << shift) - 1);
    }
    if (best.weight == 0) return cut;
    const auto right_weight = static_cast<std::uint64_t>(weight - best.weight),
               divisor = static_cast<std::uint64_t>(weight);
    const std::int64_t apart =
        (whole - best.moment) / static_cast<std::int64_t>(right_weight) - best.moment / best.weight;
    const auto square = static_cast<std::uint64_t>(apart * apart);
    const std::uint64_t product = static_cast<std::uint64_t>(best.weight) * right_weight;
    cut.gain = (product / divisor * square + product % divisor * square / divisor) / 4;
    return cut;
}

}  // namespace huepress
