// `BodyRoom` limits how many bytes of request bodies all connections and calls hold at once: one
// body is limited by itself, but many bodies together are not. Shared by all workers; touched once
// or twice a request, and more often only while a body of unannounced length grows.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace bellwether::front {

class BodyRoom {
  public:
    explicit BodyRoom(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // Takes `bytes` of the room. False: there are not so many left; then none are taken, and
    // refused() counts it.
    bool take(std::size_t bytes);
    // The same for what may as well be left undone: only as long as half of the room is left for
    // the rest. Not counted if it is refused.
    bool take_spare(std::size_t bytes);
    // Changes the limit. What is held stays held.
    void set_max(std::size_t bytes_max) { bytes_max_.store(bytes_max, std::memory_order_relaxed); }
    void give_back(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

    std::size_t held() const { return held_.load(std::memory_order_relaxed); }
    std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  private:
    bool take_up_to(std::size_t bytes_max, std::size_t bytes);

    std::atomic<std::size_t> bytes_max_;
    std::atomic<std::size_t> held_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
};

// `HeldBody` is the room that one request's body takes; its destructor gives it back. The BodyRoom
// must outlive it.
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

    // Changes what the body takes to `bytes`, up or down. False: there is no room for more, and
    // nothing has changed.
    bool set(BodyRoom& room, std::size_t bytes);
    // Takes the room of a body that may as well be left undone (BodyRoom::take_spare). For an
    // object that takes none yet.
    bool take_spare(BodyRoom& room, std::size_t bytes);
    void release();

  private:
    BodyRoom* room_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace bellwether::front
