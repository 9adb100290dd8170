// `Outbox` is what is to be written to a client. Replies are queued, and all that is queued in one
// turn of the loop goes out in one write. It does no I/O itself: its Session, which owns it, does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bellwether::front {

class Outbox {
  public:
    // Where replies are appended.
    std::string& queue() { return queue_; }
    // Nothing is queued or being written.
    bool idle() const { return queue_.empty() && flight_.empty(); }

    // ---- writing

    // True: the caller must post a write of the queue to the end of this turn. False: a write is
    // posted or under way already, and the queue will be written after it.
    bool post();
    bool writing() const { return write_ == Write::under_way; }
    // Begins to write the queue, and returns its bytes. Empty: there is nothing to write. Must not
    // be called while a write is under way.
    std::string_view begin_write();
    // So many bytes of the write have gone out. The write is over when none are left.
    void wrote(std::size_t bytes);
    // The bytes of the write that have not gone out yet.
    std::string_view rest() const { return std::string_view(flight_).substr(written_); }

    // ---- back-pressure: a client that reads slowly pauses the source of its stream

    // True, once: so many bytes are queued that the source must pause.
    bool pauses();
    // True, once after that: so few bytes are queued that the source may go on.
    bool resumes();
    void source_ends() { paused_ = false; }

  private:
    enum class Write { none, posted, under_way };

    std::string queue_;
    std::string flight_;       // being written
    std::size_t written_ = 0;  // of `flight_`
    Write write_ = Write::none;
    bool paused_ = false;
};

}  // namespace bellwether::front
