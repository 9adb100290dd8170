// The client side of a load: many connections on one thread, each with at most one request at a
// time. What is sent and what is done with the replies, a workload says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "network.hpp"
#include "reply_reader.hpp"

namespace bench {

struct Link {
    int fd = -1;
    std::size_t number = 0;
    bool busy = false;
    std::int64_t since_ns = 0;  // when the request was sent, or should have been
    std::size_t unsent = 0;
    ReplyReader reply;
    std::string stamp;  // of a chunk's time, as much as has come
    bool stamped = false;
    std::int64_t body_bytes = 0;
};

class Workload {
  public:
    virtual ~Workload() = default;
    virtual void on_reply(Link& link, bool good) = 0;
    virtual void on_body(Link&, std::string_view) {}
};

struct Target {
    std::uint16_t port;
    std::string request;
    int receive_buffer_bytes = 0;
    std::size_t read_bytes = 64u << 10;
    bool reads = true;  // false: only when asked to
};

// The request for a chat completion: a body of that many bytes that asks for the model.
std::string chat_request(std::string_view model, std::size_t body_bytes, bool stream);

class Links {
  public:
    Links(Target target, std::size_t count, Workload& workload);

    // Sends the request on a link that is not busy, connecting it first if it is not.
    void send(Link& link, std::int64_t since_ns);

    // Handles what is ready until that time, or returns earlier.
    void poll(std::int64_t deadline_ns);

    // Reads at most that many bytes of one link. For slow readers.
    void read_some(Link& link, std::size_t bytes_max);

    void disconnect(Link& link);

    Link& operator[](std::size_t number) { return *links_[number]; }
    std::size_t size() const { return links_.size(); }
    std::int64_t failures() const { return failures_; }

  private:
    bool connect(Link& link);
    void write(Link& link);
    void lost(Link& link);
    std::uint32_t reading() const { return target_.reads ? EPOLLIN : 0u; }

    Target target_;
    Workload& workload_;
    Poller poller_;
    std::vector<std::unique_ptr<Link>> links_;
    std::string buffer_;
    std::int64_t failures_ = 0;
};

}  // namespace bench
