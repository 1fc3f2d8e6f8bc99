// Large scratch arrays of which often little is touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace huepress {

// Room for `size` values, all zero: the system provides memory only for pages that are touched. T
// must be trivial or an atomic of a trivial type.
template <class T>
class Scratch {
public:
    Scratch() = default;
    explicit Scratch(std::size_t size) {
#if defined(__linux__)
        // Page faults would cost more than the work on a page: ask for large ones.
        constexpr std::size_t huge_page = std::size_t{1} << 21;
        bytes_ = size * sizeof(T) + huge_page;
        void* memory =
            mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        memory_ = memory;
        const auto address = reinterpret_cast<std::uintptr_t>(memory);
        first_ = reinterpret_cast<T*>((address + huge_page - 1) / huge_page * huge_page);
        madvise(first_, size * sizeof(T), MADV_HUGEPAGE);
#else
        memory_ = std::calloc(size, sizeof(T));
        if (!memory_) throw std::bad_alloc();
        first_ = static_cast<T*>(memory_);
#endif
    }
    ~Scratch() {
#if defined(__linux__)
        if (memory_) munmap(memory_, bytes_);
#else
        std::free(memory_);
#endif
    }
    Scratch(Scratch&& other) noexcept { *this = std::move(other); }
    Scratch& operator=(Scratch&& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(first_, other.first_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }

    T& operator[](std::size_t i) { return first_[i]; }
    const T& operator[](std::size_t i) const { return first_[i]; }

private:
    void* memory_ = nullptr;
    T* first_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace huepress
