// `ThreadLines` says which of the log lines of a plugin's own threads are taken: so many a second,
// and of the others how many they were. Used on one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace bellwether::plugin::isolated {

class ThreadLines {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t k_lines_max = 100;
    static constexpr std::chrono::seconds k_span{1};

    // Whether one more is taken.
    bool may(Time now) {
        if (is_over(now)) {
            untold_ += std::exchange(left_out_, 0);
            began_ = now;
            taken_ = 0;
        }
        if (taken_ < k_lines_max) {
            ++taken_;
            return true;
        }
        ++left_out_;
        return false;
    }
    // How many were left out in spans that are over, once; 0: there is nothing to tell.
    std::uint64_t to_tell(Time now) {
        if (is_over(now)) untold_ += std::exchange(left_out_, 0);
        return std::exchange(untold_, 0);
    }
    // After how long `to_tell` is to be asked, as poll(2) takes it; -1: it need not.
    int wait_ms(Time now) const {
        if (left_out_ == 0) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(began_ + k_span - now);
        return left.count() > 0 ? static_cast<int>(left.count()) : 0;
    }

  private:
    bool is_over(Time now) const { return now - began_ >= k_span; }

    Time began_{};  // the span
    std::size_t taken_ = 0;
    std::uint64_t left_out_ = 0;  // in this span
    std::uint64_t untold_ = 0;    // in those before
};

}  // namespace bellwether::plugin::isolated
