// Work in fixed blocks over a pool of threads, so that no result depends on their number.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if __has_include(<sys/resource.h>)
#include <sys/resource.h>
#endif

namespace huepress {

// Whether a limit on address space can make a small allocation fail.
inline bool memory_is_limited() {
#if __has_include(<sys/resource.h>)
    rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
#else
    return false;
#endif
}

// Threads that are ready to throw. glibc ends the process when a thread's first throw finds no
// memory for the thread's own exception state; so under a limit each thread makes that state out of
// memory set aside for it, before any of them takes work. Without one, the wait is not worth it.
class Workers {
public:
    template <class Run>
    Workers(std::size_t wanted, const Run& run) {
        pool_.reserve(wanted);
        const bool limited = memory_is_limited();
        try {
            for (std::size_t worker = 1; worker <= wanted; ++worker) {
                if (!limited) {
                    pool_.emplace_back(run, worker);
                } else if (!add_prepared(run, worker)) {
                    break;
                }
            }
        } catch (const std::exception&) {
            // No more threads, or no memory for one: those there are do the same work.
        }
        begun_ = true;
        begun_.notify_all();
    }

    void join() {
        for (auto& thread : pool_) thread.join();
    }

private:
    template <class Run>
    bool add_prepared(const Run& run, std::size_t worker) {
        constexpr std::size_t RESERVE = std::size_t{1} << 18;
        void* reserve = std::malloc(RESERVE);
        if (!reserve) return false;
        try {
            pool_.emplace_back([this, &run, reserve, worker] {
                std::free(reserve);
                if (std::uncaught_exceptions() == 0) prepared_ = worker;
                prepared_.notify_one();
                begun_.wait(false);
                run(worker);
            });
        } catch (...) {
            std::free(reserve);
            throw;
        }
        prepared_.wait(worker - 1);
        return true;
    }

    std::atomic<std::size_t> prepared_{0};
    std::atomic<bool> begun_{false};
    std::vector<std::thread> pool_;
};

// Calls body(block, worker) once for every block in [0, blocks), from at most `threads` threads
// (0: one a core). Blocks are handed out in order; bodies must write to places that only their
// block owns, or to scratch space of their worker in [0, threads). The first exception is rethrown.
template <class Body>
void for_each_block(std::size_t blocks, unsigned threads, Body&& body) {
    if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
    const std::size_t workers = std::min<std::size_t>(threads, blocks);
    if (workers <= 1) {
        for (std::size_t block = 0; block < blocks; ++block) body(block, std::size_t{0});
        return;
    }
    std::atomic<std::size_t> next{0};
    std::exception_ptr error;
    std::mutex error_mutex;
    auto run = [&](std::size_t worker) {
        try {
            for (std::size_t block; (block = next.fetch_add(1)) < blocks;) body(block, worker);
        } catch (...) {
            const std::lock_guard lock(error_mutex);
            if (!error) error = std::current_exception();
            next = blocks;
        }
    };
    Workers others(workers - 1, run);
    run(0);
    others.join();
    if (error) std::rethrow_exception(error);
}

// The number of workers that for_each_block may use, for sizing per-worker scratch space.
inline std::size_t worker_count(unsigned threads) {
    return threads ? threads : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace huepress
