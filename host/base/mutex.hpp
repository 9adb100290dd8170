// A mutex whose use the compiler checks. Only code that holds a mutex may touch what is GUARDED_BY
// it, or call a function that REQUIRES it: clang refuses to compile anything else
// (-Wthread-safety). For gcc the two macros are empty. clang cannot see when the standard library's
// own mutex is held, so the host uses these classes instead.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#ifdef __clang__
#define BW_THREAD_RULE(rule) __attribute__((rule))
#else
#define BW_THREAD_RULE(rule)
#endif
#define GUARDED_BY(mutex) BW_THREAD_RULE(guarded_by(mutex))
#define REQUIRES(mutex) BW_THREAD_RULE(requires_capability(mutex))

namespace bellwether {

class BW_THREAD_RULE(capability("mutex")) Mutex {
  public:
    void lock() BW_THREAD_RULE(acquire_capability()) { mutex_.lock(); }
    void unlock() BW_THREAD_RULE(release_capability()) { mutex_.unlock(); }

  private:
    friend class Condition;
    std::mutex mutex_;
};

// Holds a mutex until the end of the block.
class BW_THREAD_RULE(scoped_lockable) Lock {
  public:
    explicit Lock(Mutex& mutex) BW_THREAD_RULE(acquire_capability(mutex)) : mutex_(mutex) {
        mutex_.lock();
    }
    ~Lock() BW_THREAD_RULE(release_capability()) { mutex_.unlock(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

  private:
    Mutex& mutex_;
};

// A condition variable for `Mutex`: while it waits for another thread's notification, the mutex is
// free. A predicate runs with the mutex held, so its lambda says REQUIRES, too.
class Condition {
  public:
    using Time = std::chrono::steady_clock::time_point;

    void notify_one() { condition_.notify_one(); }
    void notify_all() { condition_.notify_all(); }

    template <typename Predicate>
    void wait(Mutex& mutex, Predicate done) REQUIRES(mutex) {
        const Borrowed borrowed(mutex);
        condition_.wait(borrowed.lock, std::move(done));
    }
    // Waits until `end` at most. It may also return for no reason (a spurious wake-up).
    void wait_until(Mutex& mutex, Time end) REQUIRES(mutex) {
        const Borrowed borrowed(mutex);
        condition_.wait_until(borrowed.lock, end);
    }
    // Returns what `done` said last: false means that the time was up.
    template <typename Predicate>
    bool wait_until(Mutex& mutex, Time end, Predicate done) REQUIRES(mutex) {
        const Borrowed borrowed(mutex);
        return condition_.wait_until(borrowed.lock, end, std::move(done));
    }

  private:
    // The kind of lock that the standard library wants, made from a mutex that the caller holds and
    // still holds afterwards.
    struct Borrowed {
        explicit Borrowed(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
        ~Borrowed() { lock.release(); }
        Borrowed(const Borrowed&) = delete;
        Borrowed& operator=(const Borrowed&) = delete;
        mutable std::unique_lock<std::mutex> lock;
    };

    std::condition_variable condition_;
};

}  // namespace bellwether
