#include "rate/ratemap.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "color/pointcache.hpp"
#include "core/distance.hpp"
#include "rate/ratekernels.hpp"

namespace huepress {
namespace {

constexpr int groups = 20;
constexpr std::int64_t most_cap = 1 << 30;
constexpr std::int32_t error_max = 3000;

// -- what deflate's symbols cost ------------------------------------------------------------------

// log2 in 16ths of a bit, for x >= 1.
std::int32_t log2_fixed(std::uint32_t x) {
    // round(16 * log2(1 + i / 32))
    constexpr std::uint8_t fraction[33] = {0,  1,  1,  2,  3,  3,  4,  5,  5,  6,  6,
                                           7,  7,  8,  8,  9,  9,  10, 10, 11, 11, 12,
                                           12, 12, 13, 13, 14, 14, 14, 15, 15, 16, 16};
    const int top = std::bit_width(x) - 1;
    const std::uint32_t next = top >= 5 ? (x >> (top - 5)) & 31 : (x << (5 - top)) & 31;
    return 16 * top + fraction[next];
}

struct Symbols {
    std::uint8_t of_length[max_length + 1];  // 0..28
    std::uint8_t extra_length[29];

    Symbols() {
        int length = 3;
        for (int symbol = 0; symbol < 28; ++symbol) {
            extra_length[symbol] = static_cast<std::uint8_t>(symbol < 8 ? 0 : (symbol - 4) / 4);
            for (int i = 0; i < (1 << extra_length[symbol]) && length <= max_length; ++i)
                of_length[length++] = static_cast<std::uint8_t>(symbol);
        }
        of_length[max_length] = 28;
        extra_length[28] = 0;
        of_length[0] = of_length[1] = of_length[2] = 0;
    }
};
const Symbols symbols;

int distance_extra(int symbol) { return symbol < 4 ? 0 : symbol / 2 - 1; }

// Costs of symbols from their decaying counts: what the encoder's Huffman codes come near to.
class Costs {
public:
    explicit Costs(int k) : k_(k) {
        counts_.assign(codes_max + 29, 0);
        for (int i = 0; i < k; ++i)
            counts_[static_cast<std::size_t>(i)] = (512u << count_shift) / static_cast<unsigned>(k);
        for (int i = 0; i < 29; ++i)
            counts_[static_cast<std::size_t>(codes_max + i)] = (i < 8 ? 24u : 6u) << count_shift;
        distances_.assign(30, 8u << count_shift);
        refresh();
    }
    void count_literal(int label) { counts_[static_cast<std::size_t>(label)] += 1u << count_shift; }
    void count_copy(int length, std::size_t distance) {
        counts_[static_cast<std::size_t>(codes_max + symbols.of_length[length])] += 1u
                                                                                    << count_shift;
        const int symbol = distance_symbol(static_cast<std::uint32_t>(distance));
        distances_[static_cast<std::size_t>(symbol)] += 1u << count_shift;
    }
    // Forgets what so many more pixels push out of a memory of some 24 thousand.
    void decay(std::size_t pixels) {
        const auto keep = static_cast<std::uint64_t>(
            65536 - std::min<std::size_t>(65536 * pixels / memory, 32768));
        for (auto* table : {&counts_, &distances_})
            for (auto& count : *table) count = static_cast<std::uint32_t>(count * keep >> 16);
        refresh();
    }
    int literal(int label) const { return literal_[label]; }
    int copy(int length, std::size_t distance) const {
        return open(distance) + length_cost_[std::max(length, 3)];
    }
    const std::int16_t* literals() const { return literal_; }
    const Longer& longer() const { return longer_; }
    int first() const { return longer_.by[0]; }  // three pixels of a copy
    int open(std::size_t distance) const {
        return open_[distance_symbol(static_cast<std::uint32_t>(distance))];
    }
    const std::int32_t* opens() const { return open_; }

private:
    static constexpr int count_shift = 8;
    static constexpr std::size_t memory = 24576;

    void refresh() {
        std::uint32_t total = 0;
        for (const auto count : counts_) total += count + floor_;
        const std::int32_t whole = log2_fixed(total);
        for (int i = 0; i < codes_max; ++i)
            literal_[i] =
                i < k_ ? static_cast<std::int16_t>(
                             whole - log2_fixed(counts_[static_cast<std::size_t>(i)] + floor_))
                       : never;
        std::int16_t of_symbol[29];
        for (int symbol = 0; symbol < 29; ++symbol)
            of_symbol[symbol] = static_cast<std::int16_t>(
                whole - log2_fixed(counts_[static_cast<std::size_t>(codes_max + symbol)] + floor_) +
                bit_unit * symbols.extra_length[symbol]);
        for (int length = 3; length <= max_length; ++length)
            length_cost_[length] = of_symbol[symbols.of_length[length]];
        longer_.by[0] = length_cost_[3];
        longer_.by[1] = longer_.by[2] = 0;
        for (int length = 3; length < max_length; ++length)
            longer_.by[length] =
                static_cast<std::int16_t>(length_cost_[length + 1] - length_cost_[length]);
        longer_.by[max_length] = never;
        for (int i = 4; i <= max_length / 16; ++i) longer_.from_64[i] = longer_.by[16 * i + 2];
        total = 0;
        for (const auto count : distances_) total += count + floor_;
        const std::int32_t all = log2_fixed(total);
        for (int i = 0; i < 30; ++i)
            open_[i] = all - log2_fixed(distances_[static_cast<std::size_t>(i)] + floor_) +
                       bit_unit * distance_extra(i);
    }

    static constexpr std::uint32_t floor_ = 1u << (count_shift - 1);
    int k_;
    std::vector<std::uint32_t> counts_, distances_;
    alignas(64) std::int16_t literal_[codes_max];
    Longer longer_{};
    alignas(64) std::int32_t open_[32] = {};  // 30 are in use
    std::int16_t length_cost_[max_length + 1];
};

// Another weight for the two chroma coordinates, in 256ths.
Point stretch_chroma(Point point, int weight) {
    for (std::size_t c : {1, 2})
        point[c] =
            static_cast<std::int16_t>(std::clamp(point[c] * weight / 256, -far_out, far_out));
    return point;
}

std::vector<Point> stretched(std::span<const std::uint8_t> codebook, int channels, Space space,
                             int chroma_weight) {
    std::vector<Point> points(codebook.size() / static_cast<std::size_t>(channels));
    embed(space, codebook, channels, points);
    for (Point& point : points) point = stretch_chroma(point, chroma_weight);
    return points;
}

// Coarse classes of the codes: the codes farthest from one another lead them.
std::vector<std::uint8_t> classes(const CodeTable& codes) {
    const auto k = static_cast<std::size_t>(codes.k);
    std::vector<std::uint8_t> group(k);
    std::vector<std::int32_t> away(k, std::numeric_limits<std::int32_t>::max());
    std::size_t leader = 0;
    for (std::size_t g = 0; g < std::min<std::size_t>(groups, k); ++g) {
        std::size_t farthest = 0;
        for (std::size_t i = 0; i < k; ++i) {
            const std::int32_t d = squared_distance(codes.points[i], codes.points[leader]);
            if (d < away[i]) {
                away[i] = d;
                group[i] = static_cast<std::uint8_t>(g);
            }
            if (away[i] > away[farthest]) farthest = i;
        }
        leader = farthest;
    }
    return group;
}

// What a pixel's alpha allows: an opaque one stays opaque and a clear one clear, where there are
// such codes.
enum class Kind : std::uint8_t { translucent, opaque, clear };

Kind kind_of(std::uint8_t alpha) {
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
std::unique_ptr<const Allowed> only(Kind kind, const CodeTable& codes,
                                    std::span<const std::uint8_t> codebook, std::size_t channels) {
    bool allowed[codes_max] = {};
    int count = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(codes.k); ++i)
        count += allowed[i] = kind_of(channels == 4 ? codebook[4 * i + 3] : 255) == kind;
    if (count == 0 || count == codes.k) return nullptr;
    return std::make_unique<const Allowed>(
        codes, std::span(allowed).first(static_cast<std::size_t>(codes.k)));
}

// -- the parse ------------------------------------------------------------------------------------

// Nodes lie between the places of a row: node p has p places behind it.
struct Node {
    std::int32_t from;
    std::int32_t distance;  // 0: a literal
    std::int32_t length;    // of the copy, which may have begun in the row before
    std::uint64_t trail;    // the last eight labels on the way here, newest lowest
};

class Mapper {
public:
    Mapper(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
           std::span<const std::uint8_t> codebook, Space space, std::span<const std::uint16_t> mask,
           const RateOptions& options, std::span<std::uint8_t> labels)
        : pixels_(pixels), width_(width), stride_(width + 1),
          channels_(static_cast<std::size_t>(channels)), point_(space, channels), mask_(mask),
          options_(options), labels_(labels),
          book_(stretched(codebook, channels, space, options.chroma)), codes_(book_),
          opaque_(only(Kind::opaque, codes_, codebook, channels_)),
          clear_(only(Kind::clear, codes_, codebook, channels_)),
          translucent_(only(Kind::translucent, codes_, codebook, channels_)),
          clear_place_(embed(space, Rgba{})), least_translucent_(embed(space, Rgba{0, 0, 0, 1})[3]),
          most_translucent_(embed(space, Rgba{0, 0, 0, 254})[3]),
          opaque_place_(embed(space, Rgba{0, 0, 0, 255})[3]), group_(classes(codes_)),
          costs_(codes_.k),
          weight_unit_(static_cast<float>(bit_unit) /
                       (static_cast<float>(mask_unit) *
                        static_cast<float>(std::max<std::int64_t>(options.lambda, 1)))),
          kernels_(rate_kernels(options.portable)), filter_label_(codes_.inner[0]),
          blocks_(static_cast<std::size_t>(options.chain + 15) / 16) {
        targets_.resize((width + group_size - 1) / group_size * group_size);
        kinds_.assign(width, Kind::opaque);
        error_.assign(4 * width, 0);
        carried_.assign(4 * width, 0);
        missed_.assign(4 * width + 8, 0);
        nodes_.resize(stride_ + 1);
        stream_.assign(margin + 2 * window + 8 * stride_ + margin, filter_label_);
        last_trail_ = filter_label_ * (~std::uint64_t{0} / 255);
        constexpr std::size_t keys = groups * groups * groups;
        newest_.assign(keys, 0);
        Places unused;
        std::fill_n(unused.place, 16, std::uint32_t{0} - 2 * static_cast<std::uint32_t>(window));
        places_.assign(keys * blocks_, unused);
        std::fill_n(filter_.cost, codes_max, never);
        filter_.cost[filter_label_] = 0;
        filter_.literal = filter_label_;
        for (int i = 0; i < Lanes::near_count; ++i)
            lanes_.distance[Lanes::near + i] = static_cast<std::uint16_t>(i + 1);
        lanes_.length[Lanes::literal] = 1;
    }

    // What the labels should take once deflated, in sixteenths of a bit.
    std::uint64_t run() {
        const std::size_t height = width_ ? labels_.size() / width_ : 0;
        for (std::size_t y = 0; y < height; ++y) {
            make_room(y);
            aim(y);
            if (options_.lambda == 0)
                map_nearest();
            else if (y > 0 && targets_ == targets_above_ && kinds_ == kinds_above_ &&
                     std::equal(mask_row_, mask_row_ + 2 * width_, mask_row_ - 2 * width_))
                repeat_row();
            else
                map_row();
            targets_above_ = targets_;
            kinds_above_ = kinds_;
            write(y);
        }
        return bits_;
    }

private:
    static constexpr std::size_t margin = 16;  // so that neighbours of any place can be read

    // What each pixel of the row would best be: its own colour, and what its neighbours lack. The
    // row's own errors are those of nearest codes; how the chosen labels differ goes a row down.
    void aim(std::size_t y) {
        mask_row_ = mask_.data() + 2 * y * width_;
        point_(pixels_.data() + y * width_ * channels_, std::span(targets_).first(width_));
        for (Point& target : targets_) target = stretch_chroma(target, options_.chroma);
        if (channels_ == 4)
            for (std::size_t x = 0; x < width_; ++x)
                kinds_[x] = kind_of(pixels_[(y * width_ + x) * 4 + 3]);
        std::int16_t* target = targets_[0].data();
        if (options_.feedback || options_.dither) {
            for (std::size_t i = 0; i < 4 * width_; ++i)
                target[i] = clamped(target[i] + error_[i], far_out);
            for (std::size_t x = 0; x < width_; ++x) keep_kind(x);
        }
        if (!options_.dither) return;
        Point carried{};
        for (std::size_t x = 0; x < width_; ++x) {
            for (std::size_t c = 0; c < 4; ++c)
                targets_[x][c] = clamped(targets_[x][c] + carried[c], far_out);
            keep_kind(x);
            const CodeTable& table = table_of(kinds_[x]);
            nearest_ = kernels_.nearest(table, targets_[x], nearest_).at;
            for (std::size_t c = 0; c < 4; ++c) {
                carried[c] = static_cast<std::int16_t>(
                    clamped(targets_[x][c] - table.points[nearest_][c], error_max) * share(x) /
                    256);
                carried_[4 * x + c] = carried[c];
            }
        }
    }

    // Errors of neighbours change no pixel's kind, and none reach a clear one.
    void keep_kind(std::size_t x) {
        if (kinds_[x] == Kind::clear)
            targets_[x] = clear_place_;
        else if (kinds_[x] == Kind::opaque)
            targets_[x][3] = opaque_place_;
        else
            targets_[x][3] = std::clamp(targets_[x][3], least_translucent_, most_translucent_);
    }

    // Null where any code will do.
    const Allowed* allowed(Kind kind) const {
        return kind == Kind::opaque ? opaque_.get() : kind == Kind::clear ? clear_.get() : nullptr;
    }
    const CodeTable& table_of(Kind kind) const {
        return allowed(kind) ? allowed(kind)->table() : codes_;
    }

    static std::int16_t clamped(int value, int most) {
        return static_cast<std::int16_t>(std::clamp(value, -most, most));
    }

    // How much of its error a pixel hands on in its row, in 256ths.
    int share(std::size_t x) const {
        return options_.dither * std::min<int>(mask_row_[2 * x], mask_unit) / mask_unit;
    }

    // Keeps a window of labels in front of the row.
    void make_room(std::size_t y) {
        row_start_ = y * stride_;
        if (row_start_ - base_ + stride_ + 2 * margin <= stream_.size()) return;
        const std::size_t keep = row_start_ - window;
        std::memmove(stream_.data() + margin, stream_.data() + margin + (keep - base_), window);
        base_ = keep;
    }
    std::uint8_t* label_at(std::size_t at) { return stream_.data() + margin + (at - base_); }

    // What was best for the same colours a row ago is all but free again: a copy of that row.
    void repeat_row() {
        std::memcpy(label_at(row_start_), label_at(row_start_ - stride_), stride_);
        const auto distance = static_cast<std::int32_t>(stride_);
        const int copies = static_cast<int>((stride_ + max_length - 1) / max_length);
        if (stride_ <= window && carried_distance_ != distance) {
            for (int i = 0; i < copies; ++i) {
                bits_ += static_cast<std::uint64_t>(costs_.copy(max_length, stride_));
                costs_.count_copy(max_length, stride_);
            }
            carried_distance_ = distance;
            carried_length_ = max_length;
        }
        learn_row();
    }

    void map_nearest() {
        std::uint8_t* row = label_at(row_start_);
        std::uint16_t names[codes_max], labels[group_size];
        std::int32_t distances[group_size];
        std::iota(names, names + codes_.k, std::uint16_t{0});
        for (std::size_t x = 0; x < width_; x += group_size) {
            const std::size_t size = std::min(group_size, width_ - x);
            kernels().nearest(&targets_[x], book_.data(), names, book_.size(), labels, distances);
            for (std::size_t i = 0; i < size; ++i) row[1 + x + i] = codes_.inner[labels[i]];
            for (const Kind kind : {Kind::opaque, Kind::clear}) {
                if (!allowed(kind) || std::count(&kinds_[x], &kinds_[x] + size, kind) == 0)
                    continue;
                const auto few = allowed(kind)->names();
                kernels().nearest(&targets_[x], book_.data(), few.data(), few.size(), labels,
                                  distances);
                for (std::size_t i = 0; i < size; ++i)
                    if (kinds_[x + i] == kind) row[1 + x + i] = codes_.inner[labels[i]];
            }
        }
    }

    // Where errors count half as much, they may be twice as long.
    static std::int32_t allowed(std::int64_t cap, std::uint16_t weight) {
        const auto whole = static_cast<double>(std::min(cap, most_cap) * mask_unit * mask_unit);
        const auto share = static_cast<double>(std::max<std::int64_t>(weight, 1));
        return static_cast<std::int32_t>(
            std::min(whole / (share * share), static_cast<double>(most_cap)));
    }

    static bool same(const Point* a, const Point* b) {
        return std::bit_cast<std::uint64_t>(*a) == std::bit_cast<std::uint64_t>(*b);
    }

    // Columns are filled three ahead of the parse, so that none is read when just stored; equal
    // neighbours share one.
    const Column& column(std::size_t x) const { return columns_[slot_[x & 7]]; }
    void fill_column(std::size_t x) {
        if (x && same(&targets_[x], &targets_[x - 1]) && kinds_[x] == kinds_[x - 1] &&
            mask_row_[2 * x] == mask_row_[2 * x - 2] &&
            mask_row_[2 * x + 1] == mask_row_[2 * x - 1]) {
            slot_[x & 7] = slot_[(x - 1) & 7];
            return;
        }
        next_slot_ = static_cast<std::uint8_t>((next_slot_ + 1) % 5);  // at most four are in use
        slot_[x & 7] = next_slot_;
        Column& column = columns_[next_slot_];
        const Weights weights{static_cast<float>(mask_row_[2 * x]) * weight_unit_,
                              static_cast<float>(mask_row_[2 * x + 1]) * weight_unit_};
        const Limits limits{allowed(options_.cap, mask_row_[2 * x]),
                            allowed(options_.chroma_cap, mask_row_[2 * x + 1])};
        const Allowed* some = allowed(kinds_[x]);
        if (kinds_[x] == Kind::translucent && translucent_) {
            nearest_ = kernels_.nearest(codes_, targets_[x], nearest_).at;
            if (translucent_->allows(nearest_)) some = translucent_.get();
        }
        nearest_ = kernels_.fill(some ? some->table() : codes_, targets_[x], nearest_, weights,
                                 limits, costs_.literals(), column);
        if (some) some->bar(costs_.literals(), column);
        column.group = group_[column.literal];
    }

    void begin_row() {
        // Whole groups are within reach or not, so that no copy comes from before the stream.
        rows_ = 0;
        while (rows_ < Lanes::rows_above && (rows_ + 1) * stride_ <= row_start_ &&
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
        for (std::size_t x = 0; x < std::min<std::size_t>(3, width_); ++x) fill_column(x);
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
            if (p > 0) {
                if (p + 2 < width_) fill_column(p + 2);
                // While a copy goes on for nothing, there is no need of another.
                if (p + 1 < width_ && shift_ != 0) find_copies(p - 1);
                at = &column(p - 1);
            }
            const Step step{at->cost, &costs_.longer(), label_at(row_start_ + p), shift_,
                            static_cast<std::int32_t>(p)};
            Least best = kernels_.advance(lanes_, step, {at->literal_cost, Lanes::literal});
            if (row_start_ + p >= Lanes::near_count)
                best = advance_near(step, nodes_[p].trail, best);

            // Which of them is best is hard to foretell: no branches.
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

    // Where three pixels of such classes are looked up.
    static std::size_t key(std::size_t a, std::size_t b, std::size_t c) {
        return (a * groups + b) * groups + c;
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
        if (blocks_ == 0) return;
        const Column &c0 = column(x), &c1 = column(x + 1), &c2 = column(x + 2);
        const std::size_t at = key(c0.group, c1.group, c2.group);
        const std::size_t here = row_start_ + 1 + x;
        const std::int32_t first = costs_.first();
        kernels_.find({&places_[at * blocks_],
                       static_cast<int>(blocks_),
                       newest_[at],
                       options_.chain,
                       {c0.cost, c1.cost, c2.cost},
                       costs_.opens(),
                       label_at(here),
                       c0.literal_cost + c1.literal_cost + c2.literal_cost - first,
                       first,
                       static_cast<std::uint32_t>(here),
                       static_cast<std::int32_t>(std::min(stride_, window)),
                       static_cast<std::int32_t>(rows_)},
                      lanes_);
    }

    // Writes the cheapest way through the row, and learns from it.
    void commit() {
        path_.clear();
        for (auto p = static_cast<std::int32_t>(stride_); p > 0;
             p = nodes_[static_cast<std::size_t>(p)].from)
            path_.push_back(p);
        std::uint8_t* row = label_at(row_start_);
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
        learn_row();
    }

    // Files the row's places under their classes.
    void learn_row() {
        if (blocks_ == 0) return;
        const std::uint8_t* row = label_at(row_start_);
        for (std::size_t x = 1; x + 2 < stride_; ++x) {
            const std::size_t at = key(group_[row[x]], group_[row[x + 1]], group_[row[x + 2]]);
            std::uint8_t& newest = newest_[at];
            newest = static_cast<std::uint8_t>((newest ? newest : 16 * blocks_) - 1);
            places_[at * blocks_ + newest / 16].place[newest % 16] =
                static_cast<std::uint32_t>(row_start_ + x);
        }
    }

    void write(std::size_t y) {
        const std::uint8_t* row = label_at(row_start_ + 1);
        for (std::size_t x = 0; x < width_; ++x) labels_[y * width_ + x] = codes_.outer[row[x]];
        if (!options_.feedback && !options_.dither) return;
        const std::int16_t* target = targets_[0].data();
        std::int16_t* missed = missed_.data() + 4;
        for (std::size_t x = 0; x < width_; ++x)
            std::memcpy(missed + 4 * x, &codes_.points[row[x]], sizeof(Point));
        for (std::size_t i = 0; i < 4 * width_; ++i) {
            const int error = clamped(target[i] - missed[i], error_max);
            int down = error * options_.feedback / 256;
            if (options_.dither) down += error * share(i / 4) / 256 - carried_[i];
            missed[i] = static_cast<std::int16_t>(down);
        }
        // Thirds for the three pixels below; what the division leaves goes straight down.
        for (std::size_t i = 0; i < 4 * width_; ++i)
            error_[i] = static_cast<std::int16_t>(third(missed[i]) * -2 + missed[i] +
                                                  third(missed_[i]) + third(missed[i + 4]));
    }

    // x / 3 for |x| < 2^14, in 16 bits.
    static std::int16_t third(std::int16_t x) {
        return static_cast<std::int16_t>((x * 21846 >> 16) + (x < 0));
    }

    std::span<const std::uint8_t> pixels_;
    std::size_t width_, stride_, channels_;
    PointCache point_;
    std::span<const std::uint16_t> mask_;
    RateOptions options_;
    std::span<std::uint8_t> labels_;
    std::vector<Point> book_;  // in the order of the codebook
    CodeTable codes_;
    std::unique_ptr<const Allowed> opaque_, clear_, translucent_;
    Point clear_place_;
    std::int16_t least_translucent_, most_translucent_, opaque_place_;  // fourth coordinates
    std::vector<std::uint8_t> group_;                                   // coarse class of each code
    Costs costs_;
    float weight_unit_;  // what an error costs, for each unit of its weight
    const RateKernels& kernels_;
    std::uint8_t filter_label_;  // the code of the same byte as the filter that leads each row

    std::vector<Point> targets_, targets_above_;
    std::vector<Kind> kinds_, kinds_above_;
    std::vector<std::int16_t> error_, carried_,
        missed_;  // coordinates; the last begin a pixel early
    const std::uint16_t* mask_row_ = nullptr;

    std::vector<std::uint8_t> stream_;  // labels, and the filter byte that leads each row
    std::size_t base_ = 0, row_start_ = 0;

    Column columns_[5]{};
    Column filter_{};
    Lanes lanes_{};
    std::uint8_t slot_[8] = {}, next_slot_ = 0;

    std::size_t rows_ = 0;  // above, within reach
    int nearest_ = 0;       // the code nearest to the pixel before
    std::uint64_t trails_[Lanes::near_count];
    std::int32_t shift_ = 0;
    std::vector<Node> nodes_;
    std::vector<std::int32_t> path_;
    std::size_t blocks_;  // of places of each key
    std::vector<Places> places_;
    std::vector<std::uint8_t> newest_;
    std::int32_t carried_distance_ = 0, carried_length_ = 0;
    std::uint64_t last_trail_ = 0;
    std::uint64_t bits_ = 0;  // times bit_unit
};

}  // namespace

std::uint64_t rate_aware(std::span<const std::uint8_t> pixels, std::size_t width, int channels,
                         std::span<const std::uint8_t> codebook, Space space,
                         std::span<const std::uint16_t> mask, const RateOptions& options,
                         std::span<std::uint8_t> labels /* OUT */) {
    return Mapper(pixels, width, channels, codebook, space, mask, options, labels).run();
}

}  // namespace huepress
