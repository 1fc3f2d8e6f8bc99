#include "rate/ratemap.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "core/distance.hpp"
#include "rate/costs.hpp"
#include "rate/kinds.hpp"
#include "rate/likeplaces.hpp"
#include "rate/packing.hpp"
#include "rate/pricing.hpp"
#include "rate/ratekernels.hpp"
#include "rate/targets.hpp"

namespace huepress {
namespace {

// Labels one row behind the other, as a format codes them; only as far back as it can copy from.
class Stream {
public:
    Stream(std::size_t stride, std::size_t window, std::uint8_t before)
        : stride_(stride), window_(window),
          labels_(margin + 2 * window + 8 * stride + margin, before) {}

    std::size_t start() const { return start_; }  // the place where the row begins

    void begin_row(std::size_t y) {
        start_ = y * stride_;
        if (start_ - base_ + stride_ + 2 * margin <= labels_.size()) return;
        const std::size_t keep = start_ - window_;
        std::memmove(labels_.data() + margin, labels_.data() + margin + (keep - base_), window_);
        base_ = keep;
    }
    std::uint8_t* at(std::size_t place) { return labels_.data() + margin + (place - base_); }
    std::uint8_t* row() { return at(start_); }

private:
    static constexpr std::size_t margin = 16;  // so that neighbours of any place can be read

    std::size_t stride_, window_;
    std::vector<std::uint8_t> labels_;
    std::size_t base_ = 0, start_ = 0;
};

// Nodes lie between the places of a row: node p has p places behind it.
struct Node {
    std::int32_t from;
    std::int32_t distance;  // 0: a literal
    std::int32_t length;    // of the copy, which may have begun in the row before
    std::uint64_t trail;    // the last eight labels on the way here, newest lowest
};

// Row by row, the cheapest way to have come this far: a literal, or one more pixel of a copy.
template <class Alphabet>
class Mapper {
public:
    Mapper(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
           std::span<const std::uint8_t> codebook, Space space, std::span<const std::uint16_t> mask,
           const RateOptions& options, std::span<std::uint8_t> labels)
        : width_(width), options_(options), labels_(labels),
          kernels_(rate_kernels(options.portable)),
          codes_(codebook, static_cast<std::size_t>(channels), space, options.chroma,
                 options.screen.leave),
          targets_(pixels, width, static_cast<std::size_t>(channels), space, mask, options_, codes_,
                   kernels_),
          pricing_(options_, codes_, targets_, kernels_),
          packing_(options.lambda == 0 ? 1 : options.pack, codes_.all().k, codes_.all().inner[0]),
          places_(packing_.places(width)), costs_(packing_.codes(), places_),
          likes_(codes_.all(), packing_, options.chain, lead),
          filter_label_(packing_.alike(codes_.all().inner[0])), stride_(lead + places_),
          stream_(stride_, window, filter_label_) {
        nodes_.resize(stride_ + 1);
        unpacked_.resize(width);
        last_trail_ = filter_label_ * (~std::uint64_t{0} / 255);
        std::fill_n(filter_.cost, codes_max, never);
        filter_.cost[filter_label_] = 0;
        filter_.literal = filter_label_;
        for (int i = 0; i < Lanes::near_count; ++i)
            lanes_.distance[Lanes::near + i] = static_cast<std::uint16_t>(i + 1);
        lanes_.length[Lanes::literal] = 1;
    }

    // What the labels should take in the file, in sixteenths of a bit.
    std::uint64_t run() {
        const std::size_t height = width_ ? labels_.size() / width_ : 0;
        for (std::size_t y = 0; y < height; ++y) {
            stream_.begin_row(y);
            targets_.begin_row(y);
            if (options_.lambda == 0)
                map_nearest();
            else if (y > 0 && targets_.row_repeats())
                repeat_row();
            else
                map_row();
            const std::uint8_t* row = stream_.row() + lead;
            if (packing_.pixels() > 1) {
                packing_.unpack(row, width_, unpacked_.data());
                row = unpacked_.data();
            }
            for (std::size_t x = 0; x < width_; ++x)
                labels_[y * width_ + x] = codes_.all().outer[row[x]];
            targets_.end_row(row);
        }
        return bits_;
    }

private:
    static constexpr std::size_t lead = Alphabet::lead, window = Alphabet::window;
    static constexpr int longest_copy = Alphabet::longest_copy;

    // The row above had the same targets and weights: copying its labels costs next to nothing.
    void repeat_row() {
        std::memcpy(stream_.row(), stream_.at(stream_.start() - stride_), stride_);
        const auto distance = static_cast<std::int32_t>(stride_);
        const int copies = static_cast<int>((stride_ + longest_copy - 1) / longest_copy);
        if (stride_ <= window && carried_distance_ != distance) {
            for (int i = 0; i < copies; ++i) {
                bits_ += static_cast<std::uint64_t>(costs_.copy(longest_copy, stride_));
                costs_.count_copy(longest_copy, stride_);
            }
            carried_distance_ = distance;
            carried_length_ = longest_copy;
        }
        likes_.file(stream_.row(), stride_, stream_.start());
    }

    void map_nearest() {
        std::uint8_t* row = stream_.row();
        const std::vector<Point>& book = codes_.book();
        std::uint16_t names[codes_max], labels[group_size];
        std::int32_t distances[group_size];
        std::iota(names, names + codes_.all().k, std::uint16_t{0});
        for (std::size_t x = 0; x < width_; x += group_size) {
            const std::size_t size = std::min(group_size, width_ - x);
            kernels().nearest(&targets_[x], book.data(), names, book.size(), labels, distances);
            for (std::size_t i = 0; i < size; ++i)
                row[lead + x + i] = codes_.all().inner[labels[i]];
            for (const Kind kind : {Kind::opaque, Kind::clear}) {
                if (!codes_.allowed(kind) ||
                    std::count(&targets_.kind(x), &targets_.kind(x) + size, kind) == 0)
                    continue;
                const auto few = codes_.allowed(kind)->names();
                kernels().nearest(&targets_[x], book.data(), few.data(), few.size(), labels,
                                  distances);
                for (std::size_t i = 0; i < size; ++i)
                    if (targets_.kind(x + i) == kind)
                        row[lead + x + i] = codes_.all().inner[labels[i]];
            }
        }
    }

    // Columns are filled three ahead of the parse, so that none is read when just stored; equal
    // neighbours share one.
    const Column& column(std::size_t x) const { return columns_[slot_[x & 7]]; }
    void fill_column(std::size_t x) {
        if (x && repeats(x)) {
            slot_[x & 7] = slot_[(x - 1) & 7];
            return;
        }
        next_slot_ = static_cast<std::uint8_t>((next_slot_ + 1) % 5);  // at most four are in use
        slot_[x & 7] = next_slot_;
        Column& column = columns_[next_slot_];
        if (packing_.pixels() == 1)
            pricing_.fill(x, costs_.literals(), column);
        else
            fill_packed(x * packing_.pixels(), column);
        column.group = likes_.group_of(column.literal);
    }
    void fill_packed(std::size_t first, Column& column /* OUT */) {
        alignas(64) static constexpr std::int16_t no_bits[codes_max] = {};
        const Column* of[4];
        for (std::size_t i = 0; i < packing_.pixels(); ++i) {
            of[i] = first + i < width_ ? &pixels_[i] : &packing_.none();
            if (first + i >= width_) continue;
            if (i && targets_.repeats(first + i))
                of[i] = of[i - 1];
            else
                pricing_.fill(first + i, no_bits, pixels_[i]);
        }
        packing_.fill(of, costs_.literals(), column);
    }
    // Whether the pixels of a place are all as those of the place before.
    bool repeats(std::size_t x) const {
        const std::size_t n = packing_.pixels(), end = (x + 1) * n;
        if (end > width_) return false;
        for (std::size_t i = end - 2 * n + 1; i < end; ++i)
            if (!targets_.repeats(i)) return false;
        return true;
    }

    void begin_row() {
        // Whole groups are within reach or not.
        rows_ = 0;
        while (rows_ < Lanes::rows_above && (rows_ + 1) * stride_ <= stream_.start() &&
               (rows_ + 1) * stride_ + 4 <= window)
            ++rows_;
        for (std::size_t i = 0; i < Lanes::above; ++i) {
            const std::size_t row = i / Lanes::group + 1, left = row * stride_ + 4,
                              right = i % Lanes::group;
            lanes_.distance[i] =
                static_cast<std::uint16_t>(row <= rows_ && left > right ? left - right : 0);
        }
        for (int i = 0; i < Lanes::literal; ++i) {
            lanes_.again[i] = started(std::max<std::size_t>(lanes_.distance[i], 1));
            lanes_.cost[i] = never;
            lanes_.length[i] = 0;
        }
        if (carried_distance_ > Lanes::near_count) {
            const auto distance = static_cast<std::uint16_t>(carried_distance_);
            auto i = std::find(lanes_.distance, lanes_.distance + Lanes::all, distance) -
                     lanes_.distance;
            if (i == Lanes::all) {
                i = Lanes::above;
                lanes_.swap_held(lanes_.distance[i], distance);
                lanes_.distance[i] = distance;
                lanes_.again[i] = started(distance);
            }
            lanes_.cost[i] = 0;
            lanes_.length[i] = static_cast<std::int16_t>(carried_length_);
        }
        std::fill_n(trails_, Lanes::near_count, last_trail_);
        if (carried_distance_ > 0 && carried_distance_ <= Lanes::near_count) {
            const int i = Lanes::near + carried_distance_ - 1;
            lanes_.cost[i] = 0;
            lanes_.length[i] = static_cast<std::int16_t>(carried_length_);
        }
        nodes_[0] = {0, 0, 0, last_trail_};
        filter_.literal_cost = static_cast<std::int16_t>(costs_.literal(filter_label_));
        for (std::size_t x = 0; x < std::min<std::size_t>(3, places_); ++x) fill_column(x);
    }

    // What a copy costs that begins, three pixels long.
    std::int16_t started(std::size_t distance) const {
        return static_cast<std::int16_t>(costs_.open(distance) + costs_.first());
    }

    void map_row() {
        begin_row();
        shift_ = 0;
        for (std::size_t p = 0; p < stride_; ++p) {
            const Column* at = &filter_;
            if (p >= lead) {
                const std::size_t x = p - lead;
                if (x + 3 < places_) fill_column(x + 3);
                // While the best copy goes on at no cost, no other can beat it.
                if (x + 2 < places_ && shift_ != 0) find_copies(x);
                at = &column(x);
            }
            const Step step{at->cost, &costs_.longer(), stream_.at(stream_.start() + p), shift_,
                            static_cast<std::int32_t>(p)};
            const auto advance = lead ? kernels_.advance : kernels_.advance_vp8l;
            Least best = advance(lanes_, step, {at->literal_cost, Lanes::literal});
            if (stream_.start() + p >= Lanes::near_count)
                best = advance_near(step, nodes_[p].trail, best);

            // The winner is unpredictable, so it is selected without branches.
            const std::int32_t distance = lanes_.distance[best.at], length = lanes_.length[best.at],
                               start = std::max(step.here + 1 - length, 0);
            std::uint64_t trails[Lanes::near_count + 2];
            trails[0] = trail(nodes_[static_cast<std::size_t>(start)].trail, step.source - distance,
                              step.here - start + 1);
            std::copy_n(trails_, Lanes::near_count, trails + 1);
            trails[Lanes::near_count + 1] = nodes_[p].trail << 8 | at->literal;
            nodes_[p + 1] = {start, distance, length,
                             trails[std::max(best.at - Lanes::near + 1, 0)]};
            shift_ = best.cost;
        }
        commit();
    }

    // Takes the copies from a few places back one place on. They know their own last eight labels,
    // newest lowest.
    Least advance_near(const Step& step, std::uint64_t way, Least best) {
        for (int i = 0; i < Lanes::near_count; ++i) {
            const int lane = Lanes::near + i;
            const int on = lanes_.cost[lane] - step.shift + step.longer->by[lanes_.length[lane]];
            const bool restart = lanes_.again[lane] < on;
            const std::uint64_t before = restart ? way : trails_[i];
            const std::uint64_t label = before >> (8 * i) & 255;
            trails_[i] = before << 8 | label;
            const int length = (restart ? 0 : lanes_.length[lane]) + 1;
            lanes_.length[lane] = static_cast<std::int16_t>(length);
            const int c =
                std::min(std::min<int>(on, lanes_.again[lane]) + step.cost[label], int{never});
            lanes_.cost[lane] = static_cast<std::int16_t>(c);
            const bool better = (length >= 3) & (c < best.cost);
            best = {better ? c : best.cost, better ? lane : best.at};
        }
        return best;
    }

    // The last eight labels once so many were copied, the last of them from `source`.
    static std::uint64_t trail(std::uint64_t before, const std::uint8_t* source, int count) {
        std::uint64_t last = 0;
        for (int i = -7; i <= 0; ++i) last = last << 8 | source[i];
        const int bits = 8 * std::min(count, 8);
        return before << (bits - 1) << 1 | (last & (~std::uint64_t{0} >> (64 - bits)));
    }

    // Adds a lane for a place of like colours from where a copy of three would already pay.
    void find_copies(std::size_t x) {
        if (likes_.none()) return;
        const Column &c0 = column(x), &c1 = column(x + 1), &c2 = column(x + 2);
        const std::size_t at = LikePlaces::key(c0.group, c1.group, c2.group);
        const std::size_t here = stream_.start() + lead + x;
        const std::int32_t first = costs_.first();
        kernels_.find({likes_.at(at),
                       likes_.blocks(),
                       likes_.newest(at),
                       options_.chain,
                       {c0.cost, c1.cost, c2.cost},
                       costs_.opens(),
                       stream_.at(here),
                       c0.literal_cost + c1.literal_cost + c2.literal_cost - first,
                       first,
                       static_cast<std::uint32_t>(here),
                       static_cast<std::int32_t>(std::min(stride_, window)),
                       static_cast<std::int32_t>(rows_),
                       static_cast<std::uint32_t>(window),
                       Alphabet::by_code},
                      lanes_);
    }

    // Writes the cheapest way through the row, and learns from it.
    void commit() {
        path_.clear();
        for (auto p = static_cast<std::int32_t>(stride_); p > 0;
             p = nodes_[static_cast<std::size_t>(p)].from)
            path_.push_back(p);
        std::uint8_t* row = stream_.row();
        for (std::size_t i = path_.size(); i-- > 0;) {
            const Node& node = nodes_[static_cast<std::size_t>(path_[i])];
            carried_distance_ = node.distance;
            carried_length_ = node.length;
            if (node.distance == 0) {
                row[node.from] = static_cast<std::uint8_t>(node.trail);
                bits_ += static_cast<std::uint64_t>(costs_.literal(row[node.from]));
                costs_.count_literal(row[node.from]);
            } else {
                for (std::int32_t p = node.from; p < path_[i]; ++p) row[p] = row[p - node.distance];
                bits_ += static_cast<std::uint64_t>(
                    costs_.copy(node.length, static_cast<std::size_t>(node.distance)));
                costs_.count_copy(node.length, static_cast<std::size_t>(node.distance));
            }
        }
        last_trail_ = nodes_[stride_].trail;
        costs_.decay(stride_);
        likes_.file(stream_.row(), stride_, stream_.start());
    }

    std::size_t width_;
    RateOptions options_;
    std::span<std::uint8_t> labels_;
    const RateKernels& kernels_;
    Codes codes_;
    Targets targets_;
    Pricing pricing_;
    Packing packing_;
    std::size_t places_;  // of a row
    Costs<Alphabet> costs_;
    LikePlaces likes_;
    std::uint8_t filter_label_;  // the code of the same byte as the filter that may lead each row
    std::size_t stride_;
    Stream stream_;

    Column columns_[5]{}, pixels_[4]{};
    std::vector<std::uint8_t> unpacked_;  // the labels of a row
    Column filter_{};
    Lanes lanes_{};
    std::uint8_t slot_[8] = {}, next_slot_ = 0;

    std::size_t rows_ = 0;  // above, within reach
    std::uint64_t trails_[Lanes::near_count];
    std::int32_t shift_ = 0;
    std::vector<Node> nodes_;
    std::vector<std::int32_t> path_;
    std::int32_t carried_distance_ = 0, carried_length_ = 0;
    std::uint64_t last_trail_ = 0;
    std::uint64_t bits_ = 0;  // times bit_unit
};

}  // namespace

std::uint64_t rate_aware(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                         std::span<const std::uint8_t> codebook, Space space,
                         std::span<const std::uint16_t> mask, const RateOptions& options,
                         std::span<std::uint8_t> labels /* OUT */) {
    const auto run = [&]<class Alphabet>(Alphabet*) {
        return Mapper<Alphabet>(pixels, width, channels, codebook, space, mask, options, labels)
            .run();
    };
    return options.vp8l ? run(static_cast<Vp8l*>(nullptr)) : run(static_cast<Deflate*>(nullptr));
}

}  // namespace huepress
