// What has come of an upstream's answer: whether, when and how much, and whether it may lack its
// end. A value; what the time is, is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/transport.hpp"

namespace bw::plugin {

class AnswerBody {
  public:
    using Time = std::chrono::steady_clock::time_point;

    explicit AnswerBody(Time now) : last_byte_(now), last_payload_(now) {}

    void on_head(int status, std::span<const net::Header> headers);
    // `is_reply`: all that is not blank is payload. Of events only whole ones are (on_frame).
    void on_bytes(std::string_view bytes, bool is_reply, Time now);
    void on_frame();
    void on_end() { state_ = State::ended; }
    // A plugin that answers by itself has had its turn.
    void on_step(Time now);
    // Nothing could come until now.
    void on_resume(Time now) { last_byte_ = last_payload_ = now; }

    // The first byte has come, be it of a comment or a blank line.
    bool begun() const { return state_ != State::none; }
    // In good order, as far as anybody can tell.
    bool ended() const { return state_ == State::ended; }
    // The plugin has been given a part of it.
    bool any_frame() const { return any_frame_; }
    std::uint64_t bytes() const { return bytes_; }  // unpacked
    Time last_byte() const { return last_byte_; }
    // When payload last came: a whole event, or what is no blank space in a reply.
    Time last_payload() const { return last_payload_; }
    // What makes no sense may be the beginning of what does, if nothing said where it ends.
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

}  // namespace bw::plugin
