// Which instruction sets there are bodies for, and which of them this process uses.
//
// Bodies are written once, over the vectors of vec_*.hpp, and compiled once an instruction set: see
// each_isa.hpp.
#pragma once

#include <stdexcept>
#include <string>

#if defined(__x86_64__) || defined(_M_X64)
#define HUEPRESS_X86 1
#include <immintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#define HUEPRESS_NEON 1
#include <arm_neon.h>
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define HUEPRESS_ALWAYS_INLINE __forceinline
#define HUEPRESS_NEVER_INLINE __declspec(noinline)
#else
#define HUEPRESS_ALWAYS_INLINE __attribute__((always_inline)) inline
#define HUEPRESS_NEVER_INLINE __attribute__((noinline))
#endif

namespace huepress {

enum class Isa { plain, neon, avx2, avx512 };

struct UnknownIsa : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

// Chosen once: the widest that the CPU runs, or the one that the environment variable HUEPRESS_ISA
// names. Throws UnknownIsa when that one is unknown or cannot run here.
Isa isa();

std::string instruction_set();

}  // namespace huepress

// The body of `function`, compiled by each_isa.hpp in this file, that this process uses.
#if defined(HUEPRESS_X86)
#define HUEPRESS_BODY_OF(function) \
    (::huepress::isa() == ::huepress::Isa::plain ? plain::function : avx2::function)
#elif defined(HUEPRESS_NEON)
#define HUEPRESS_BODY_OF(function) \
    (::huepress::isa() == ::huepress::Isa::plain ? plain::function : neon::function)
#else
#define HUEPRESS_BODY_OF(function) (::huepress::isa(), plain::function)
#endif
