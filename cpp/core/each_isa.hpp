// Compiles a body once for each instruction set, as libdeflate does with its template headers. The
// file that includes this one defines HUEPRESS_BODY, the name of a header without include guard;
// that header puts its functions into `namespace huepress::HUEPRESS_ISA`, where it finds the
// vectors of that instruction set. HUEPRESS_BODY_OF(function) of isa.hpp then picks the one to
// call.
//
// What a body takes from elsewhere must be included before: between the pragmas, functions are
// compiled for a CPU that may not be the one that runs them.
#include "core/isa.hpp"
#include "core/vec_plain.hpp"

#define HUEPRESS_ISA plain
#include HUEPRESS_BODY
#undef HUEPRESS_ISA

#if defined(HUEPRESS_X86)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
#include "core/vec_avx2.hpp"
#define HUEPRESS_ISA avx2
#include HUEPRESS_BODY
#undef HUEPRESS_ISA
#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif
#endif

#if defined(HUEPRESS_NEON)
#include "core/vec_neon.hpp"
#define HUEPRESS_ISA neon
#include HUEPRESS_BODY
#undef HUEPRESS_ISA
#endif

#undef HUEPRESS_BODY
