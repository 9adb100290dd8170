// Keeps track of the body of an upstream's answer: whether it has begun and ended, when bytes last
// came and how many, and whether its end may be missing. A value; the caller gives the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/transport.hpp"

namespace bellwether::plugin {

class AnswerBody {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit AnswerBody(Time now) : last_byte_(now), last_payload_(now) {}

    void on_head(int status, std::span<const net::Header> headers);
    // `is_reply`: the body is no event stream, so that all bytes which are not blank are payload.
    // In an event stream only whole events are payload; on_frame notes them.
    void on_bytes(std::string_view bytes, bool is_reply, Time now);
    void on_frame();
    void on_end() { state_ = State::ended; }
    // A plugin that answers by itself makes its next step.
    void on_step(Time now);
    // The attempt was paused, so nothing could come until now.
    void on_resume(Time now) { last_byte_ = last_payload_ = now; }

    // The first byte has come, be it of a comment or a blank line.
    bool begun() const { return state_ != State::none; }
    // The body has ended without an error, or the plugin needed no more of it.
    bool ended() const { return state_ == State::ended; }
    // The plugin has been given a part of it.
    bool any_frame() const { return any_frame_; }
    std::uint64_t bytes() const { return bytes_; }  // unpacked
    Time last_byte() const { return last_byte_; }
    // When payload last came: a whole event, or bytes of a reply that are not blank.
    Time last_payload() const { return last_payload_; }
    // Whether an ended body may lack its end: the head does not say where the body ends, and what
    // came is empty or begins as an answer does.
    bool may_be_cut() const;

  private:
    enum class State { none, begun, ended };

    State state_ = State::none;
    std::uint64_t bytes_ = 0;
    Time last_byte_;
    Time last_payload_;
    bool framed_ = false;            // the head says where the body ends
    bool begins_as_answer_ = false;  // like a JSON object, or like events
    bool any_frame_ = false;
};

}  // namespace bellwether::plugin
