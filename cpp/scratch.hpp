// Large scratch arrays of which often little is touched.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace huepress {

// Room for `size` values of which none is made: the system provides memory only for the pages that
// are written. T must need no destruction.
template <class T>
class Scratch {
public:
    Scratch() = default;
    explicit Scratch(std::size_t size) {
        constexpr std::size_t huge_page = std::size_t{1} << 21;
        const std::size_t bytes = (size * sizeof(T) + huge_page - 1) / huge_page * huge_page;
#if defined(__linux__)
        // Page faults would cost more than the work on a page: ask for large ones.
        memory_ = std::aligned_alloc(huge_page, bytes);
        if (memory_) madvise(memory_, bytes, MADV_HUGEPAGE);
#else
        memory_ = std::malloc(bytes);
#endif
        if (!memory_) throw std::bad_alloc();
    }
    ~Scratch() { std::free(memory_); }
    Scratch(Scratch&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}
    Scratch& operator=(Scratch&& other) noexcept {
        std::swap(memory_, other.memory_);
        return *this;
    }

    T& operator[](std::size_t i) { return static_cast<T*>(memory_)[i]; }
    const T& operator[](std::size_t i) const { return static_cast<const T*>(memory_)[i]; }

private:
    void* memory_ = nullptr;
};

}  // namespace huepress
