#include "front/body_room.hpp"

namespace bellwether::front {

bool BodyRoom::take(std::size_t bytes) {
    const bool taken = take_up_to(bytes_max_, bytes);
    if (!taken) refused_.fetch_add(1, std::memory_order_relaxed);
    return taken;
}

bool BodyRoom::take_spare(std::size_t bytes) { return take_up_to(bytes_max_ / 2, bytes); }

bool BodyRoom::take_up_to(std::size_t bytes_max, std::size_t bytes) {
    std::size_t held = held_.load(std::memory_order_relaxed);
    do {
        if (bytes > bytes_max || held > bytes_max - bytes) return false;
    } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
    return true;
}

bool HeldBody::set(BodyRoom& room, std::size_t bytes) {
    if (bytes > bytes_ && !room.take(bytes - bytes_)) return false;
    if (bytes < bytes_) room.give_back(bytes_ - bytes);
    room_ = &room;
    bytes_ = bytes;
    return true;
}

bool HeldBody::take_spare(BodyRoom& room, std::size_t bytes) {
    if (!room.take_spare(bytes)) return false;
    room_ = &room;
    bytes_ = bytes;
    return true;
}

void HeldBody::release() {
    if (room_ != nullptr) room_->give_back(bytes_);
    room_ = nullptr;
    bytes_ = 0;
}

}  // namespace bellwether::front
