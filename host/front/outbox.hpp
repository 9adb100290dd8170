// What is to be written to a client: replies are queued, and all that one turn of the loop queues
// goes out in one write. A value without input or output.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bw::front {

class Outbox {
  public:
    // Where replies are appended.
    std::string& queue() { return queue_; }
    // Nothing is queued or being written.
    bool idle() const { return queue_.empty() && flight_.empty(); }

    // ---- writing

    // True: the caller must see to it that the queue is written at the end of this turn. False:
    // that will happen anyway.
    bool post();
    bool writing() const { return write_ == Write::under_way; }
    // Takes the queue to be written, and shows it. Empty: there is nothing to write. Not while
    // something is being written.
    std::string_view begin_write();
    // So much of it has gone. The write is over when nothing is left.
    void wrote(std::size_t bytes);
    // What is left of it.
    std::string_view rest() const { return std::string_view(flight_).substr(written_); }

    // ---- the source of a stream, which a slow reader holds up

    // True, once: so much waits that the source must pause.
    bool pauses();
    // True, once after that: so little waits that it may go on.
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

}  // namespace bw::front
