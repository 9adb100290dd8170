// How many bytes of request bodies are held at once, by all connections and calls together: each by
// itself is bounded, and many of them are not. Shared by all workers; touched once or twice a
// request, and more often only while an unannounced body grows.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace bw::front {

class BodyRoom {
  public:
    explicit BodyRoom(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // False: there is no room for so much more; nothing has changed.
    bool take(std::size_t bytes);
    void give_back(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

    std::size_t held() const { return held_.load(std::memory_order_relaxed); }
    std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  private:
    const std::size_t bytes_max_;
    std::atomic<std::size_t> held_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
};

// What one request's body takes of the room, given back when this is dropped. The room outlives it.
class HeldBody {
  public:
    HeldBody() = default;
    HeldBody(HeldBody&& other) noexcept
        : room_(std::exchange(other.room_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    HeldBody& operator=(HeldBody&& other) noexcept {
        std::swap(room_, other.room_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~HeldBody() { release(); }

    // The body takes so many bytes from now on, more or less than before. False: there is no room
    // for them; it takes what it took.
    bool set(BodyRoom& room, std::size_t bytes);
    void release();

  private:
    BodyRoom* room_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace bw::front
