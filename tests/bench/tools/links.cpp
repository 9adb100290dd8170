#include "links.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace bench {

std::string chat_request(std::string_view model, std::size_t body_bytes, bool stream) {
    std::string body(R"({"model":")");
    body.append(model).append(stream ? R"(","stream":true,)" : R"(",)");
    body.append(R"("messages":[{"role":"user","content":")");
    constexpr std::string_view k_end = R"("}]})";
    if (body_bytes > body.size() + k_end.size()) {
        body.append(body_bytes - body.size() - k_end.size(), 'x');
    }
    body.append(k_end);
    const char* const key = std::getenv("BENCH_CLIENT_KEY");
    std::string request =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ";
    request.append(key == nullptr ? "bench-client-key" : key);
    request.append(
        "\r\ncontent-type: application/json\r\n"
        "accept: application/json\r\nuser-agent: bench\r\ncontent-length: ");
    return request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

Links::Links(Target target, std::size_t count, Workload& workload)
    : target_(std::move(target)), workload_(workload), buffer_(target_.read_bytes, '\0') {
    for (std::size_t i = 0; i < count; ++i) {
        links_.push_back(std::make_unique<Link>());
        links_.back()->number = i;
    }
}

void Links::send(Link& link, std::int64_t since_ns) {
    link.busy = true;
    link.since_ns = since_ns;
    link.reply.next();
    link.stamp.clear();
    link.stamped = false;
    link.body_bytes = 0;
    link.unsent = target_.request.size();
    if (link.fd < 0 && !connect(link)) return;
    write(link);
}

bool Links::connect(Link& link) {
    link.fd = connect_to(target_.port, target_.receive_buffer_bytes);
    if (link.fd < 0) {
        lost(link);
        return false;
    }
    poller_.add(link.fd, reading(), link.number);
    return true;
}

void Links::write(Link& link) {
    while (link.unsent > 0) {
        const char* const rest = target_.request.data() + target_.request.size() - link.unsent;
        const ssize_t bytes = ::send(link.fd, rest, link.unsent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (bytes < 0 && errno == EAGAIN) {
            return poller_.change(link.fd, reading() | EPOLLOUT, link.number);
        }
        if (bytes < 0) return lost(link);
        link.unsent -= static_cast<std::size_t>(bytes);
    }
}

void Links::poll(std::int64_t deadline_ns) {
    for (const epoll_event& event : poller_.wait(deadline_ns)) {
        Link& link = *links_[std::size_t{event.data.u64}];
        if (link.fd >= 0 && (event.events & EPOLLOUT) != 0) {
            write(link);
            if (link.fd >= 0 && link.unsent == 0) {
                poller_.change(link.fd, reading(), link.number);
            }
        }
        const bool ended = (event.events & (EPOLLHUP | EPOLLERR)) != 0;
        if (link.fd >= 0 && (ended || (event.events & EPOLLIN) != 0)) {
            read_some(link, target_.read_bytes);
        }
    }
}

void Links::read_some(Link& link, std::size_t bytes_max) {
    if (link.fd < 0) return;
    const std::size_t wanted = std::min(bytes_max, buffer_.size());
    const ssize_t bytes = recv(link.fd, buffer_.data(), wanted, MSG_DONTWAIT);
    if (bytes < 0 && errno == EAGAIN) return;
    if (bytes <= 0) return lost(link);
    const std::string_view got(buffer_.data(), static_cast<std::size_t>(bytes));
    link.reply.feed(got, [this, &link](std::string_view body) {
        link.body_bytes += static_cast<std::int64_t>(body.size());
        workload_.on_body(link, body);
    });
    if (link.reply.broken()) return lost(link);
    if (!link.reply.done()) return;
    link.busy = false;
    const bool good = link.reply.status() == 200;
    if (!good) ++failures_;
    workload_.on_reply(link, good);
}

void Links::disconnect(Link& link) {
    if (link.fd >= 0) close(link.fd);
    link.fd = -1;
    link.busy = false;
}

// A connection that ends between requests is only closed; within one, a request has failed.
void Links::lost(Link& link) {
    const bool failed = link.busy;
    disconnect(link);
    if (!failed) return;
    ++failures_;
    workload_.on_reply(link, false);
}

}  // namespace bench
