// Of ratekernels.cpp, compiled by each_isa.hpp: what each code costs at a pixel, and a step of the
// copies under way.
//
// Floats only weigh: two rounded products and their rounded sum, never contracted, the same
// everywhere. A cost is that above the nearest code's; where the weights prefer another code to the
// nearest, it is negative.
namespace huepress::HUEPRESS_ISA {

constexpr int lanes_32 = 8, lanes_16 = 16;

// The least of some costs and which it is, lane by lane; of equal ones the first.
template <class V>
struct LeastOf {
    V cost, at;

    HUEPRESS_ALWAYS_INLINE void take(V other, int from) {
        at = choose(other < cost, counting<V>(from), at);
        cost = min(cost, other);
    }
    HUEPRESS_ALWAYS_INLINE Least found(int beyond) const {
        const auto least_cost = least(cost);
        return {least_cost, least(choose(cost == all<V>(least_cost), at, all<V>(beyond)))};
    }
};

struct Target {
    I16 lightness_alpha, chroma;

    HUEPRESS_ALWAYS_INLINE explicit Target(const Point& p)
        : lightness_alpha(all_pairs(p[0], p[3])), chroma(all_pairs(p[1], p[2])) {}
};

// Squared, how far outside of some intervals the target lies.
HUEPRESS_ALWAYS_INLINE I32 outside(I16 x, const std::int16_t* low, const std::int16_t* high) {
    const I16 out = max(max(load<I16>(low) - x, x - load<I16>(high)), all<I16>(0));
    return dot(out, out);
}

// The blocks of which some code may be so near.
HUEPRESS_ALWAYS_INLINE std::uint32_t within(const CodeTable& codes, const Target& target,
                                            std::int32_t limit, std::int32_t chroma_limit) {
    std::uint32_t out = 0;
    for (int b = 0; b < CodeTable::blocks_max; b += lanes_32) {
        const I32 chroma =
            outside(target.chroma, codes.chroma_low + 2 * b, codes.chroma_high + 2 * b);
        const I32 light = outside(target.lightness_alpha, codes.lightness_alpha_low + 2 * b,
                                  codes.lightness_alpha_high + 2 * b);
        const I32 over = (all<I32>(limit) < chroma + light) | (all<I32>(chroma_limit) < chroma);
        out |= bits(over) << b;
    }
    return ~out & ((1u << (codes.padded() / block)) - 1);
}

HUEPRESS_ALWAYS_INLINE LeastOf<I32> no_code() { return {all<I32>(int32_max), all<I32>(0)}; }

inline Least nearest(const CodeTable& codes, const Point& target, int hint) {
    const std::int32_t bound = squared_distance(target, codes.points[hint]);
    const Target wide(target);
    LeastOf<I32> least = no_code();
    for (std::uint32_t left = within(codes, wide, bound, bound); left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        for (int i = from; i < from + block; i += lanes_32) {
            const I16 l = wide.lightness_alpha - load<I16>(codes.lightness_alpha + 2 * i);
            const I16 c = wide.chroma - load<I16>(codes.chroma + 2 * i);
            least.take(dot(l, l, c, c), i);
        }
    }
    return least.found(int32_max);
}

inline int fill(const CodeTable& codes, const Point& target, int hint, const Weights& weights,
                const Limits& limits, const std::int16_t* bits, Column& column /* OUT */) {
    Measures m;
    for (int i = 0; i < codes.padded(); i += lanes_16) store(column.cost + i, all<I16>(never));
    const std::int64_t bound = squared_distance(target, codes.points[hint]);
    const Target wide(target);
    const std::uint32_t blocks =
        within(codes, wide, saturated(bound + limits.cap), saturated(bound + limits.chroma_cap));
    const F32 weight = all<F32>(weights.lightness_alpha), chroma_weight = all<F32>(weights.chroma);
    LeastOf<I32> closest = no_code();
    F32 lowest = all<F32>(std::numeric_limits<float>::max());
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        for (int i = from; i < from + block; i += lanes_32) {
            const I16 l = wide.lightness_alpha - load<I16>(codes.lightness_alpha + 2 * i);
            const I16 c = wide.chroma - load<I16>(codes.chroma + 2 * i);
            const I32 light = dot(l, l), chroma = dot(c, c), both = light + chroma;
            const F32 weighed = to_float(light) * weight + to_float(chroma) * chroma_weight;
            store(m.squared + i, both);
            store(m.chroma + i, chroma);
            store(m.weighed + i, weighed);
            lowest = min(lowest, weighed);
            closest.take(both, i);
        }
    }
    const Least nearest = closest.found(int32_max);

    float base = m.weighed[nearest.at];
    if (least(lowest) < base + lowest_cost) base = least_that_fits(m, blocks, nearest.at, limits);
    const F32 taken = all<F32>(base - 0.5f);
    const I32 limit = all<I32>(saturated(std::int64_t{nearest.cost} + limits.cap)),
              chroma_limit =
                  all<I32>(saturated(std::int64_t{m.chroma[nearest.at]} + limits.chroma_cap));
    LeastOf<I16> cheapest{all<I16>(0x7FFF), all<I16>(0)};
    for (std::uint32_t left = blocks; left; left &= left - 1) {
        const int from = std::countr_zero(left) * block;
        I32 half[2];
        for (int h = 0; h < 2; ++h) {
            const int i = from + lanes_32 * h;
            const I32 over =
                (limit < load<I32>(m.squared + i)) | (chroma_limit < load<I32>(m.chroma + i));
            const I32 cost = truncated(
                min(load<F32>(m.weighed + i) - taken, all<F32>(static_cast<float>(never))));
            half[h] = choose(over, all<I32>(never), cost);
        }
        const I16 cost = narrowed(half[0], half[1]);
        store(column.cost + from, cost);
        cheapest.take(cost + load<I16>(bits + from), from);
    }
    const Least literal = cheapest.found(0x7FFF);
    column.literal = static_cast<std::uint8_t>(literal.at);
    column.literal_cost = static_cast<std::int16_t>(literal.cost);
    return nearest.at;
}

// What one more pixel adds to each copy. Beyond 15, only lengths of some forms may end a symbol,
// and add anything: 16, 4 n + 1 and 4 n + 2 in deflate, 8 n in VP8L.
template <class Alphabet>
HUEPRESS_ALWAYS_INLINE I16 longer_by(const Longer& longer, I16 length) {
    // Loops of loads read the whole table as fast as a small one.
    if constexpr (std::is_same_v<I16, plain::I16>) return look_up(longer.by, length);
    const I16 near = look_up_16(longer.by, length);
    const I16 beyond = all<I16>(15) < length;
    I16 end = beyond;
    if constexpr (std::is_same_v<Alphabet, Deflate>)
        end = end &
              ((length == all<I16>(16)) | (((length - all<I16>(1)) & all<I16>(2)) == all<I16>(0)));
    else
        end = end & ((length & all<I16>(7)) == all<I16>(0));
    const I16 more = choose(beyond, all<I16>(0), near);
    return any(end) ? choose(end, look_up(longer.by, length), more) : more;
}

// The lanes from `i` on, of which the copied pixels have these labels.
template <class Alphabet>
HUEPRESS_ALWAYS_INLINE void advance_from(Lanes& lanes /* OUT */, int i, const Labels& labels,
                                         const Step& step, LeastOf<I16>& cheapest /* OUT */) {
    const I16 length = load<I16>(lanes.length + i), again = load<I16>(lanes.again + i);
    const I16 on = load<I16>(lanes.cost + i) - all<I16>(step.shift) +
                   longer_by<Alphabet>(*step.longer, length);
    const I16 restart = again < on;
    // A place to the right of one above, or a found one, may come to lie in this row: unknown.
    const I16 unknown =
        at_most_unsigned(load<I16>(lanes.distance + i), all<I16>(std::min(step.here, 0xFFFF)));
    const I16 here = choose(unknown, all<I16>(never), look_up(step.cost, labels));
    const I16 cost = min(min(on, again) + here, all<I16>(never));
    const I16 now = choose(restart, all<I16>(0), length) + all<I16>(1);
    store(lanes.cost + i, cost);
    store(lanes.length + i, now);
    cheapest.take(choose(all<I16>(2) < now, cost, all<I16>(0x7FFF)), i);
}

template <class Alphabet>
Least advance(Lanes& lanes /* OUT */, const Step& step, Least best) {
    LeastOf<I16> cheapest{all<I16>(0x7FFF), all<I16>(0)};
    for (int i = 0; i < Lanes::above; i += lanes_16)
        advance_from<Alphabet>(lanes, i, load_eights(step.source, lanes.distance + i), step,
                               cheapest);
    for (int i = Lanes::above; i < Lanes::all; i += lanes_16)
        advance_from<Alphabet>(lanes, i, gather(step.source, lanes.distance + i), step, cheapest);
    const Least lane = cheapest.found(0x7FFF);
    return lane.cost < best.cost ? lane : best;
}

inline constexpr RateKernels rate_kernels{nearest, fill, advance<Deflate>, advance<Vp8l>, find};

}  // namespace huepress::HUEPRESS_ISA
