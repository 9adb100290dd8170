// The signatures of thoughts behind tool calls, for clients that do not hand them back: the service
// that the instances of one provider share.
#pragma once

#include <bellwether/provider.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace gemini {

// By the ids of calls, the newest of them. A conversation may go on in another worker, so all share
// one. Any thread.
class Signatures {
  public:
    explicit Signatures(const bw::Setup&) {}

    void keep(const std::string& id, const std::string& signature) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto [place, is_new] = signatures_.try_emplace(id, signature);
        if (!is_new) return;
        order_.push_back(id);
        bytes_ += size_of(*place);
        while (bytes_ > k_bytes_max && !order_.empty()) {
            const auto oldest = signatures_.find(order_.front());
            bytes_ -= size_of(*oldest);
            signatures_.erase(oldest);
            order_.pop_front();
        }
    }
    // Empty if there is none.
    std::string of(const std::string& id) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = signatures_.find(id);
        return found == signatures_.end() ? std::string() : found->second;
    }
    void notice(bw::Notice notice) {
        if (notice != bw::Notice::memory) return;
        const std::lock_guard<std::mutex> lock(mutex_);
        signatures_.clear();
        order_.clear();
        bytes_ = 0;
    }

  private:
    static constexpr std::size_t k_bytes_max = 16 << 20;

    template <typename Entry>
    static std::size_t size_of(const Entry& entry) {
        return entry.first.size() * 2 + entry.second.size();
    }

    mutable std::mutex mutex_;
    std::map<std::string, std::string> signatures_;
    std::deque<std::string> order_;  // the ids, the oldest first
    std::size_t bytes_ = 0;
};

}  // namespace gemini
