// A mutex whose use the compiler checks. What is GUARDED_BY a mutex may be touched, and a function
// that REQUIRES one may be called, only where the mutex is held: clang refuses to compile anything
// else (-Wthread-safety); for gcc the words are empty. The standard library's own mutex does not
// say to clang when it is held, so the host uses these.
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

namespace bw {

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

// Waits, with a mutex that is free meanwhile, until another thread says that something has changed.
// A predicate is asked with the mutex held: its lambda says REQUIRES, too.
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
    // At most until then. It may also wake for no reason.
    void wait_until(Mutex& mutex, Time end) REQUIRES(mutex) {
        const Borrowed borrowed(mutex);
        condition_.wait_until(borrowed.lock, end);
    }
    // Gives whether it is done.
    template <typename Predicate>
    bool wait_until(Mutex& mutex, Time end, Predicate done) REQUIRES(mutex) {
        const Borrowed borrowed(mutex);
        return condition_.wait_until(borrowed.lock, end, std::move(done));
    }

  private:
    // The lock that the standard library wants, of a mutex that the caller holds and keeps.
    struct Borrowed {
        explicit Borrowed(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
        ~Borrowed() { lock.release(); }
        Borrowed(const Borrowed&) = delete;
        Borrowed& operator=(const Borrowed&) = delete;
        mutable std::unique_lock<std::mutex> lock;
    };

    std::condition_variable condition_;
};

}  // namespace bw
