// Reads HTTP/1.1 replies as they come: status, and the body without its framing.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bench {

class ReplyReader {
  public:
    bool done() const { return state_ == State::done; }
    bool broken() const { return state_ == State::broken; }
    int status() const { return status_; }
    bool begun() const { return status_ != 0; }

    void next() { *this = ReplyReader(); }

    // Gives the body's bytes to `sink`. A reply must not be followed by anything.
    template <typename Sink>
    void feed(std::string_view bytes, Sink&& sink) {
        while (!bytes.empty() && !broken()) {
            switch (state_) {
                case State::head: take_head(bytes); break;
                case State::body: take_body(bytes, sink); break;
                case State::size: take_size(bytes); break;
                case State::gap: take_gap(bytes); break;
                case State::trailer: take_trailer(bytes); break;
                case State::done:
                case State::broken: state_ = State::broken; break;
            }
        }
    }

  private:
    enum class State { head, body, size, gap, trailer, done, broken };

    // Moves what comes up to `end` to line_ and drops the end; false if it has not come.
    bool take_until(std::string_view& bytes, std::string_view end) {
        if (line_.empty()) {
            if (const auto found = bytes.find(end); found != std::string_view::npos) {
                line_ = bytes.substr(0, found);
                bytes.remove_prefix(found + end.size());
                return true;
            }
        }
        while (!bytes.empty()) {
            line_.push_back(bytes.front());
            bytes.remove_prefix(1);
            if (line_.ends_with(end)) {
                line_.resize(line_.size() - end.size());
                return true;
            }
        }
        return false;
    }

    void take_head(std::string_view& bytes) {
        if (!take_until(bytes, "\r\n\r\n")) return;
        if (line_.size() > 12) std::from_chars(&line_[9], &line_[12], status_);
        for (char& c : line_) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        if (line_.find("\ntransfer-encoding: chunked") != std::string::npos) {
            chunked_ = true;
            state_ = State::size;
        } else if (const auto at = line_.find("\ncontent-length:"); at != std::string::npos) {
            left_ = std::strtoull(line_.c_str() + at + 16, nullptr, 10);
            state_ = left_ == 0 ? State::done : State::body;
        } else {
            state_ = State::broken;
        }
        line_.clear();
    }

    template <typename Sink>
    void take_body(std::string_view& bytes, Sink& sink) {
        const std::size_t taken = bytes.size() < left_ ? bytes.size() : left_;
        sink(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
        left_ -= taken;
        if (left_ == 0) state_ = chunked_ ? State::gap : State::done;
    }

    void take_size(std::string_view& bytes) {
        if (!take_until(bytes, "\r\n")) return;
        left_ = std::strtoull(line_.c_str(), nullptr, 16);
        state_ = left_ == 0 ? State::trailer : State::body;
        line_.clear();
    }

    void take_gap(std::string_view& bytes) {
        if (!take_until(bytes, "\r\n")) return;
        state_ = State::size;
        line_.clear();
    }

    void take_trailer(std::string_view& bytes) {
        if (!take_until(bytes, "\r\n")) return;
        if (line_.empty()) state_ = State::done;
        line_.clear();
    }

    State state_ = State::head;
    bool chunked_ = false;
    int status_ = 0;
    std::size_t left_ = 0;
    std::string line_;
};

}  // namespace bench
