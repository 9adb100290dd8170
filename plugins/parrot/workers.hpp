// The threads that make the tokens, and the jobs that wait for one.
#pragma once

#include <bellwether/provider.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "job.hpp"

namespace parrot {

struct WorkersSize {
    std::size_t threads = 1;
    std::size_t queue = 64;              // jobs that may wait for a thread
    std::chrono::milliseconds delay{0};  // before each token
};

// A thread runs a job until it is over, or parked. All functions: any thread; none waits for a
// thread that works, but the destructor. By then no job is alive.
class Workers {
  public:
    Workers(bw::Host host, WorkersSize size)
        : host_(host), size_(size), threads_left_(size.threads) {
        try {
            for (std::size_t i = 0; i < size.threads; ++i) threads_.emplace_back([this] { run(); });
        } catch (...) {
            stop();
            throw;
        }
    }
    ~Workers() { stop(); }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    // Throws bw::Error if too many wait already.
    void add(JobPointer job) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (running_ + resumed_.size() + queue_.size() >= size_.threads + size_.queue) {
            throw bw::Error(BW_E_RATE, "the parrot's queue is full: try again later")
                .code("queue_full")
                .retry_after(wait_for_room());
        }
        queue_.push_back(std::move(job));
        ++alive_;
        work_.notify_one();
    }

    // What has come of the job. One that was parked goes on.
    Taken take(const JobPointer& job) {
        const std::lock_guard<std::mutex> lock(mutex_);
        Taken taken = std::exchange(job->made, {});
        job->made.counts = taken.counts;
        if (job->state == JobState::parked) {
            resumed_.push_back(job);
            job->state = JobState::waiting;
            work_.notify_one();
        }
        return taken;
    }

    // Nobody wants the job any more: the thread that runs it leaves it within a token. Gives what
    // has been used.
    Counts drop(const JobPointer& job) {
        const std::lock_guard<std::mutex> lock(mutex_);
        job->unwanted = true;
        if (job->state == JobState::running) {
            job->unwanted_now.notify_all();
        } else if (job->state != JobState::over) {
            remove(queue_, job);
            remove(resumed_, job);
            end(*job);
        }
        return job->made.counts;
    }

    // Few jobs will come: all threads but one end when those that are alive are over.
    void drain() {
        const std::lock_guard<std::mutex> lock(mutex_);
        draining_ = true;
        work_.notify_all();
    }

  private:
    using Lock = std::unique_lock<std::mutex>;

    void stop() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            stopping_ = true;
            work_.notify_all();
        }
        for (std::thread& thread : threads_) thread.join();
    }

    static void remove(std::deque<JobPointer>& jobs, const JobPointer& job) {
        jobs.erase(std::remove(jobs.begin(), jobs.end(), job), jobs.end());
    }
    // As long as those that wait may take at most.
    std::chrono::milliseconds wait_for_room() const {
        using std::chrono::milliseconds;
        constexpr double k_token_ms = 0.1;
        double tokens = 0;
        for (const JobPointer& job : queue_) tokens += static_cast<double>(job->generation.most());
        const double ms = tokens * (k_token_ms + static_cast<double>(size_.delay.count())) /
                          static_cast<double>(size_.threads);
        return milliseconds(static_cast<std::int64_t>(std::clamp(ms, 100.0, 60'000.0)));
    }

    void end(Job& job) {
        job.state = JobState::over;
        if (--alive_ == 0 && draining_) work_.notify_all();
    }

    void run() {
        Lock lock(mutex_);
        const auto is_left_over = [this] { return draining_ && alive_ == 0 && threads_left_ > 1; };
        while (true) {
            work_.wait(lock, [&] { return stopping_ || has_work() || is_left_over(); });
            if (stopping_ || !has_work()) {
                --threads_left_;
                return;
            }
            std::deque<JobPointer>& from = resumed_.empty() ? queue_ : resumed_;
            const JobPointer job = std::move(from.front());
            from.pop_front();
            ++running_;
            job->state = JobState::running;
            run_job(*job, lock);
            --running_;
        }
    }
    bool has_work() const { return !queue_.empty() || !resumed_.empty(); }

    void run_job(Job& job, Lock& lock) {
        while (!job.unwanted) {
            if (job.made.outputs.size() >= k_outputs_max) {
                job.state = JobState::parked;
                return;
            }
            if (size_.delay.count() > 0) {
                job.unwanted_now.wait_for(lock, size_.delay, [&] { return job.unwanted; });
                if (job.unwanted) break;
            }
            lock.unlock();
            Taken fresh = advance(job.generation);
            lock.lock();
            if (job.unwanted) break;
            const bool last = add_to(job.made, std::move(fresh));
            if (last) job.state = JobState::over;
            lock.unlock();
            host_.wake(job.ticket);
            lock.lock();
            if (last) break;
        }
        end(job);
    }
    static Taken advance(Generation& generation) noexcept {
        Taken fresh;
        try {
            generation.advance(fresh.outputs);
            fresh.complete = generation.finished();
        } catch (...) {
            fresh.failure = std::current_exception();
        }
        fresh.counts = generation.counts();
        return fresh;
    }
    // True: no more will come.
    static bool add_to(Taken& made, Taken fresh) noexcept {
        made.counts = fresh.counts;
        made.failure = std::move(fresh.failure);
        try {
            for (Output& output : fresh.outputs) made.outputs.push_back(std::move(output));
            made.complete = fresh.complete;
        } catch (...) {  // no memory
            made.failure = std::current_exception();
        }
        return made.complete || made.failure != nullptr;
    }

    const bw::Host host_;
    const WorkersSize size_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::deque<JobPointer> queue_;    // guarded by mutex_, as are the next seven
    std::deque<JobPointer> resumed_;  // were parked; before those of the queue
    std::size_t running_ = 0;
    std::size_t alive_ = 0;
    std::size_t threads_left_;
    bool draining_ = false;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace parrot
