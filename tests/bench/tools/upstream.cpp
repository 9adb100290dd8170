// bench_upstream: a provider that costs next to nothing. HTTP/1.1 with keep-alive on loopback, one
// thread. The model in a request says what comes back:
//
//   plain-BYTES        a chat completion of that size
//   stream-COUNT-RATE  COUNT chunks, RATE a second, then usage and [DONE]
//   plain-BYTES-MS, stream-COUNT-RATE-MS: the same, but the first byte comes MS milliseconds later
//   endless-RATE       chunks without end, RATE a second
//   flood-BYTES        chunks without end, of that many bytes, as fast as they are read
//   cut-COUNT-RATE     like stream, but the connection ends before the stream does
//   error-STATUS       an error in OpenAI's envelope
//   silent             nothing
//
// It prints {"port": N} and ends when its standard input does.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>

#include "network.hpp"
#include "options.hpp"
#include "reply_texts.hpp"

namespace bench {
namespace {

constexpr std::uint64_t k_listener_tag = 0;
constexpr std::uint64_t k_input_tag = 1;
constexpr std::size_t k_read_bytes = 64u << 10;
constexpr std::size_t k_burst_bytes = 32u << 10;  // of a flood, at a time
constexpr std::int64_t k_endless = std::numeric_limits<std::int64_t>::max();

struct Connection {
    int fd;
    std::string in;
    std::string out;
    std::size_t sent = 0;
    bool waits_to_write = false;
    const std::string* flood = nullptr;  // what is sent again and again
    bool cut = false;
    std::int64_t tokens = 0;
    std::int64_t tokens_left = 0;
    std::int64_t interval_ns = 0;
    std::int64_t due_ns = 0;
    const std::string* late = nullptr;  // a whole reply that is not due yet
    bool head_due = false;              // of a stream: with its first chunk
};

struct Due {
    std::int64_t at_ns;
    std::uint64_t tag;
    bool operator>(const Due& other) const { return at_ns > other.at_ns; }
};

// `kind-first-second-third`; a number that is missing is 0.
struct Workload {
    std::string_view kind;
    std::int64_t first = 0;
    std::int64_t second = 0;
    std::int64_t third = 0;
};

Workload workload_of(std::string_view model) {
    Workload workload{.kind = model.substr(0, model.find('-'))};
    const char* const end = model.data() + model.size();
    const char* at = workload.kind.data() + workload.kind.size();
    if (at != end) at = std::from_chars(at + 1, end, workload.first).ptr;
    if (at != end) at = std::from_chars(at + 1, end, workload.second).ptr;
    if (at != end) std::from_chars(at + 1, end, workload.third);
    return workload;
}

std::string_view model_in(std::string_view body) {
    constexpr std::string_view k_key = "\"model\":";
    const auto key = body.find(k_key);
    if (key == std::string_view::npos) return {};
    const auto begin = body.find('"', key + k_key.size()) + 1;
    return body.substr(begin, body.find('"', begin) - begin);
}

// The length of the body that the head announces.
std::size_t content_length(std::string_view head) {
    constexpr std::string_view k_name = "\ncontent-length:";
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    const auto found = std::search(head.begin(), head.end(), k_name.begin(), k_name.end(), same);
    std::size_t length = 0;
    if (found == head.end()) return length;
    const auto digits = std::find_if(found + k_name.size(), head.end(),
                                     [](char c) { return c >= '0' && c <= '9'; });
    std::from_chars(digits, head.end(), length);
    return length;
}

class Upstream {
  public:
    Upstream(std::uint16_t port, int send_buffer_bytes) : send_buffer_bytes_(send_buffer_bytes) {
        listener_ = listen_on(port);
        poller_.add(listener_, EPOLLIN, k_listener_tag);
        poller_.add(STDIN_FILENO, EPOLLIN, k_input_tag);
        std::printf("{\"port\": %u}\n", port);
        std::fflush(stdout);
    }

    void run() {
        while (!ended_) {
            const std::int64_t deadline = due_.empty() ? now_ns() + k_second : due_.top().at_ns;
            for (const epoll_event& event : poller_.wait(deadline)) dispatch(event);
            send_what_is_due();
        }
    }

  private:
    void dispatch(const epoll_event& event) {
        const std::uint64_t tag = event.data.u64;  // of a packed struct, where it has no alignment
        if (tag == k_listener_tag) return accept_all();
        if (tag == k_input_tag) {
            char ignored[64];
            ended_ = read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0;
            return;
        }
        const auto found = connections_.find(tag);
        if (found == connections_.end()) return;
        Connection& connection = *found->second;
        bool alive = true;
        if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) alive = receive(connection);
        if (alive) alive = flush(connection);
        if (!alive) drop(found->first);
    }

    void accept_all() {
        while (true) {
            const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) return;
            set_buffer(fd, SO_SNDBUF, send_buffer_bytes_);
            const std::uint64_t tag = next_tag_++;
            connections_[tag] = std::make_unique<Connection>(Connection{.fd = fd});
            tags_[fd] = tag;
            poller_.add(fd, EPOLLIN, tag);
        }
    }

    void drop(std::uint64_t tag) {
        const auto found = connections_.find(tag);
        tags_.erase(found->second->fd);
        close(found->second->fd);
        connections_.erase(found);
    }

    bool receive(Connection& connection) {
        static char buffer[k_read_bytes];
        while (true) {
            const ssize_t bytes = recv(connection.fd, buffer, sizeof(buffer), 0);
            if (bytes == 0 || (bytes < 0 && errno != EAGAIN)) return false;
            if (bytes < 0) break;
            connection.in.append(buffer, static_cast<std::size_t>(bytes));
            if (static_cast<std::size_t>(bytes) < sizeof(buffer)) break;
        }
        answer_requests(connection);
        return true;
    }

    void answer_requests(Connection& connection) {
        while (true) {
            const std::string_view in = connection.in;
            const auto end = in.find("\r\n\r\n");
            if (end == std::string_view::npos) return;
            const std::size_t whole = end + 4 + content_length(in.substr(0, end + 2));
            if (in.size() < whole) return;
            answer(connection, model_in(in.substr(end + 4, whole - end - 4)));
            connection.in.erase(0, whole);
        }
    }

    void answer(Connection& connection, std::string_view model) {
        const Workload workload = workload_of(model);
        if (workload.kind == "plain") {
            answer_plain(connection, static_cast<std::size_t>(workload.first), workload.second);
        } else if (workload.kind == "stream" || workload.kind == "cut") {
            begin_stream(connection, workload.first, workload.second, workload.third);
            connection.cut = workload.kind == "cut";
        } else if (workload.kind == "endless") {
            begin_stream(connection, k_endless, workload.first, 0);
        } else if (workload.kind == "flood") {
            connection.out.append(stream_head());
            connection.flood = &flood_of(static_cast<std::size_t>(workload.first));
        } else if (workload.kind != "silent") {
            const bool asked = workload.kind == "error";
            connection.out.append(error_reply(asked ? static_cast<int>(workload.first) : 404));
        }
    }

    void answer_plain(Connection& connection, std::size_t bytes, std::int64_t wait_ms) {
        std::string& reply = plain_[bytes];
        if (reply.empty()) reply = plain_reply(bytes);
        if (wait_ms == 0) {
            connection.out.append(reply);
            return;
        }
        connection.late = &reply;
        due_.push({now_ns() + wait_ms * k_millisecond, tags_[connection.fd]});
    }

    void begin_stream(Connection& connection, std::int64_t tokens, std::int64_t rate,
                      std::int64_t wait_ms) {
        connection.out.append(wait_ms == 0 ? stream_head() : std::string_view());
        connection.head_due = wait_ms != 0;
        connection.tokens = connection.tokens_left = tokens;
        connection.interval_ns = k_second / std::max<std::int64_t>(rate, 1);
        connection.due_ns = now_ns() + wait_ms * k_millisecond;
        due_.push({connection.due_ns, tags_[connection.fd]});
    }

    void send_what_is_due() {
        const std::int64_t now = now_ns();
        while (!due_.empty() && due_.top().at_ns <= now) {
            const Due due = due_.top();
            due_.pop();
            const auto found = connections_.find(due.tag);
            if (found == connections_.end()) continue;
            if (!send_due(*found->second, due.tag)) drop(due.tag);
        }
    }

    bool send_due(Connection& connection, std::uint64_t tag) {
        if (connection.late == nullptr) return send_token(connection, tag);
        connection.out.append(*std::exchange(connection.late, nullptr));
        return flush(connection);
    }

    // A reader that is behind gets nothing more until it has caught up: memory stays bounded.
    bool send_token(Connection& connection, std::uint64_t tag) {
        if (std::exchange(connection.head_due, false)) connection.out.append(stream_head());
        if (connection.tokens_left == 0 && connection.cut) return false;
        if (connection.tokens_left == 0) {
            append_end(connection.out, connection.tokens);
            return flush(connection);
        }
        if (connection.out.size() - connection.sent < k_burst_bytes) {
            append_token(connection.out, now_ns());
            --connection.tokens_left;
        }
        connection.due_ns += connection.interval_ns;
        due_.push({connection.due_ns, tag});
        return flush(connection);
    }

    bool flush(Connection& connection) {
        if (connection.flood != nullptr && connection.out.size() == connection.sent) {
            connection.out.append(*connection.flood);
        }
        while (connection.sent < connection.out.size()) {
            const ssize_t bytes = send(connection.fd, connection.out.data() + connection.sent,
                                       connection.out.size() - connection.sent, MSG_NOSIGNAL);
            if (bytes < 0 && errno != EAGAIN) return false;
            if (bytes < 0) break;
            connection.sent += static_cast<std::size_t>(bytes);
        }
        const bool all = connection.sent == connection.out.size();
        if (all) {
            connection.out.clear();
            connection.sent = 0;
        }
        want_to_write(connection, !all || connection.flood != nullptr);
        return true;
    }

    // One text for all connections; its stamps say nothing.
    const std::string& flood_of(std::size_t chunk_bytes) {
        std::string& text = floods_[chunk_bytes];
        while (text.size() < k_burst_bytes) append_token(text, 0, chunk_bytes);
        return text;
    }

    void want_to_write(Connection& connection, bool wanted) {
        if (connection.waits_to_write == wanted) return;
        connection.waits_to_write = wanted;
        poller_.change(connection.fd, EPOLLIN | (wanted ? EPOLLOUT : 0u), tags_[connection.fd]);
    }

    Poller poller_;
    int listener_;
    int send_buffer_bytes_;
    bool ended_ = false;
    std::uint64_t next_tag_ = 2;
    std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
    std::unordered_map<int, std::uint64_t> tags_;
    std::map<std::size_t, std::string> plain_;
    std::map<std::size_t, std::string> floods_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    const bench::Options options(argc, argv, 1);
    bench::prepare_process();
    bench::Upstream(static_cast<std::uint16_t>(options.number("port", 0)),
                    static_cast<int>(options.number("send-buffer", 0)))
        .run();
}
