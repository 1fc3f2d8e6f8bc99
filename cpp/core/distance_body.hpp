// Of distance.cpp, compiled by each_isa.hpp: the two inner loops of nearest-centroid search.
namespace huepress::HUEPRESS_ISA {

// Sixteen points, or sides of boxes.
struct Points16 {
    Points8 half[2];

    explicit Points16(const Point* points) : half{load_points(points), load_points(points + 8)} {}
};

inline Points8 minus(const Points8& points, const Point& code) {
    return {points.first - all_pairs(code[0], code[1]), points.last - all_pairs(code[2], code[3])};
}

inline void nearest(const Point* points, const Point* codes, const std::uint16_t* names,
                    std::size_t count, std::uint16_t* labels /* OUT */,
                    std::int32_t* distances /* OUT */) {
    const Points16 p(points);
    I32 least[2] = {all<I32>(INT32_MAX), all<I32>(INT32_MAX)};
    I32 label[2] = {all<I32>(0), all<I32>(0)};
    for (std::size_t j = 0; j < count; ++j) {
        const I32 name = all<I32>(names[j]);
        for (int h = 0; h < 2; ++h) {
            const Points8 d = minus(p.half[h], codes[names[j]]);
            const I32 distance = dot(d.first, d.first, d.last, d.last);
            label[h] = choose(distance < least[h], name, label[h]);
            least[h] = min(least[h], distance);
        }
    }
    store_16(labels, label[0], label[1]);
    store(distances, least[0]);
    store(distances + 8, least[1]);
}

inline void contenders(const Point* centres, const Point* halves, const std::uint16_t* favourites,
                       const std::int32_t* distances, const Point* codes,
                       const std::uint16_t* names, std::size_t count,
                       std::uint16_t* boxes /* OUT */) {
    Point chosen[group_size];
    for (std::size_t i = 0; i < group_size; ++i) chosen[i] = codes[favourites[i]];
    const Points16 centre(centres), side(halves), favourite(chosen);
    const I32 distance[2] = {load<I32>(distances), load<I32>(distances + 8)};
    for (std::size_t j = 0; j < count; ++j) {
        std::uint32_t dropped[2];
        for (int h = 0; h < 2; ++h) {
            const Points8 d = minus(centre.half[h], codes[names[j]]);
            const Points8 e = minus(favourite.half[h], codes[names[j]]);
            const I32 lead = dot(d.first, d.first, d.last, d.last) - distance[h];
            const I32 reach =
                dot(absolute(e.first), side.half[h].first, absolute(e.last), side.half[h].last);
            dropped[h] = bits(reach + reach < lead);
        }
        boxes[j] = static_cast<std::uint16_t>(~(dropped[0] | dropped[1] << 8));
    }
}

}  // namespace huepress::HUEPRESS_ISA
