// Which wider instruction sets a body may be written for here. GCC and Clang want the target named
// per function; MSVC compiles any intrinsic anywhere. What the CPU runs is asked in distance.hpp.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#define HUEPRESS_X86 1
#include <immintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#define HUEPRESS_NEON 1
#include <arm_neon.h>
#endif

#if defined(HUEPRESS_X86) && !defined(_MSC_VER)
#define HUEPRESS_TARGET(isa) __attribute__((target(isa)))
#define HUEPRESS_INLINE_TARGET(isa) __attribute__((target(isa), always_inline)) inline
#else
#define HUEPRESS_TARGET(isa)
#define HUEPRESS_INLINE_TARGET(isa) inline
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define HUEPRESS_ALWAYS_INLINE __forceinline
#define HUEPRESS_NEVER_INLINE __declspec(noinline)
#else
#define HUEPRESS_ALWAYS_INLINE __attribute__((always_inline)) inline
#define HUEPRESS_NEVER_INLINE __attribute__((noinline))
#endif
