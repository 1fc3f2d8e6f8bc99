#include "core/isa.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>

#ifdef _MSC_VER
#include <intrin.h>
#endif

namespace huepress {
namespace {

#if defined(HUEPRESS_X86) && defined(_MSC_VER)
// Bit `bit` of EBX of leaf 7, where the system saves the registers that it takes.
bool cpu_has(int bit, bool zmm) {
    int leaf1[4], leaf7[4];
    __cpuid(leaf1, 1);
    if (!(leaf1[2] & (1 << 27))) return false;  // OSXSAVE
    const unsigned long long wanted = zmm ? 0xE6 : 0x6;
    if ((_xgetbv(0) & wanted) != wanted) return false;
    __cpuidex(leaf7, 7, 0);
    return (leaf7[1] >> bit) & 1;
}
bool runs_avx2() { return cpu_has(5, false); }
bool runs_avx512() { return cpu_has(16, true) && cpu_has(30, true) && cpu_has(31, true); }
#elif defined(HUEPRESS_X86)
// Static objects may ask before the compiler's own constructor has looked at the CPU.
bool runs_avx2() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2");
}
bool runs_avx512() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

bool always() { return true; }

struct Named {
    std::string_view name;
    Isa isa;
    bool (*runs_here)();
};

// Widest first.
constexpr Named all[] = {
#if defined(HUEPRESS_X86)
    {"avx512", Isa::avx512, runs_avx512},
    {"avx2", Isa::avx2, runs_avx2},
#elif defined(HUEPRESS_NEON)
    {"neon", Isa::neon, always},
#endif
    {"plain", Isa::plain, always},
};

const Named& choose() {
    const char* forced = std::getenv("HUEPRESS_ISA");
    if (forced && *forced) {
        std::string runnable;
        for (const Named& one : all) {
            if (!one.runs_here()) continue;
            if (one.name == forced) return one;
            runnable += (runnable.empty() ? "" : ", ") + std::string(one.name);
        }
        throw UnknownIsa("HUEPRESS_ISA=" + std::string(forced) +
                         " cannot run on this CPU; unset it or use " + runnable);
    }
    return *std::find_if(std::begin(all), std::end(all),
                         [](const Named& one) { return one.runs_here(); });
}

const Named& chosen() {
    static const Named& one = choose();
    return one;
}

}  // namespace

Isa isa() { return chosen().isa; }

std::string instruction_set() { return std::string(chosen().name); }

}  // namespace huepress
