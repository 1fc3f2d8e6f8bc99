// Fixed blocks over a pool of threads: what a block computes never depends on who computes it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace huepress {

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
    std::vector<std::thread> pool;
    pool.reserve(workers - 1);
    try {
        for (std::size_t worker = 1; worker < workers; ++worker) pool.emplace_back(run, worker);
    } catch (const std::system_error&) {
        // No more threads are to be had: those there are do the same work.
    }
    run(0);
    for (auto& thread : pool) thread.join();
    if (error) std::rethrow_exception(error);
}

// The number of workers that for_each_block may use, for sizing per-worker scratch space.
inline std::size_t worker_count(unsigned threads) {
    return threads ? threads : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace huepress
