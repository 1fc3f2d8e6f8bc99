// The one generator of random draws: xoshiro256** 1.0 (Blackman & Vigna, 2018), its state filled by
// SplitMix64 from the seed, and unbiased bounded draws by rejection.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace huepress {

class Random {
public:
    explicit Random(std::uint64_t seed) {
        for (auto& word : state_) {
            std::uint64_t z = (seed += 0x9E3779B97F4A7C15u);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
            word = z ^ (z >> 31);
        }
    }

    std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // Uniform over [0, bound), bound >= 1: draws below 2^64 mod bound would favour small results.
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t surplus = (0 - bound) % bound;
        std::uint64_t x;
        do x = next();
        while (x < surplus);
        return x % bound;
    }

private:
    std::array<std::uint64_t, 4> state_;
};

}  // namespace huepress
