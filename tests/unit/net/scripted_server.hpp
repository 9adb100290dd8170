// A TCP server that does to each connection what a test's script says, on threads of its own. Every
// wait in it has a deadline, so a wrong client fails a test instead of hanging it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bellwether::net::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

inline constexpr auto k_patience = 20s;

class Peer {
  public:
    explicit Peer(int socket, int index) : socket_(socket), index_(index) {
        const int at_once = 1;  // what is sent does not wait for what was sent before
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    }
    ~Peer() { close(); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    int index() const { return index_; }  // which connection of the server, from 0

    // One whole request, its body included; empty: the client hung up.
    std::string read_request() {
        while (true) {
            if (const auto size = request_size()) {
                std::string request = read_.substr(0, *size);
                read_.erase(0, *size);
                return request;
            }
            if (!read_more()) return {};
        }
    }

    bool send(std::string_view text) {
        while (!text.empty()) {
            if (!wait_for(POLLOUT, k_patience)) return false;
            const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // How much of `text` the client's side takes in before it takes nothing for `quiet`.
    std::size_t send_until_blocked(std::string_view text, std::chrono::milliseconds quiet) {
        std::size_t total = 0;
        while (total < text.size() && wait_for(POLLOUT, quiet)) {
            const auto sent = ::send(socket_, text.data() + total, text.size() - total,
                                     MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent <= 0) break;
            total += static_cast<std::size_t>(sent);
        }
        return total;
    }

    // Something has come; it stays unread.
    bool wait_for_bytes() { return wait_for(POLLIN, k_patience); }

    // The client closed or reset the connection.
    bool wait_closed() {
        const auto deadline = Clock::now() + k_patience;
        char buffer[65536];
        while (Clock::now() < deadline && wait_for(POLLIN, k_patience)) {
            if (::recv(socket_, buffer, sizeof buffer, 0) <= 0) return true;
        }
        return false;
    }

    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

    // Closes with a reset instead of an orderly end.
    void reset() {
        const linger now{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }

  private:
    bool wait_for(short events, std::chrono::milliseconds patience) {
        pollfd waited{socket_, events, 0};
        return ::poll(&waited, 1, static_cast<int>(patience.count())) == 1;
    }

    bool read_more() {
        char buffer[65536];
        if (!wait_for(POLLIN, k_patience)) return false;
        const auto count = ::recv(socket_, buffer, sizeof buffer, 0);
        if (count <= 0) return false;
        read_.append(buffer, static_cast<std::size_t>(count));
        return true;
    }

    std::optional<std::size_t> request_size() const {
        const auto end = read_.find("\r\n\r\n");
        if (end == std::string::npos) return std::nullopt;
        const auto length = read_.find("Content-Length: ");
        const std::size_t body = length < end ? std::stoul(read_.substr(length + 16)) : 0;
        const std::size_t size = end + 4 + body;
        return read_.size() >= size ? std::optional(size) : std::nullopt;
    }

    int socket_;
    int index_;
    std::string read_;
};

class ScriptedServer {
  public:
    using Script = std::function<void(Peer&)>;

    // By default at any free port of 127.0.0.1.
    explicit ScriptedServer(Script script, std::uint32_t host = INADDR_LOOPBACK,
                            std::uint16_t port = 0)
        : script_(std::move(script)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(host);
        address.sin_port = htons(port);
        socklen_t size = sizeof address;
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listener_, 512);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }

    ~ScriptedServer() {
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        for (std::thread& peer : peers_) peer.join();
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url(std::string_view path = "/v1/chat") const {
        return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
    }
    int connections() const { return connections_; }

  private:
    void accept_all() {
        while (true) {
            const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket < 0) return;
            peers_.emplace_back([this, socket, index = connections_++] {
                Peer peer(socket, index);
                script_(peer);
            });
        }
    }

    Script script_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_ = 0;
    std::thread acceptor_;
    std::vector<std::thread> peers_;  // the acceptor's until it has been joined
};

inline std::string reply(std::string_view body, std::string_view headers = {}) {
    return "HTTP/1.1 200 OK\r\n" + std::string(headers) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string chunk(std::string_view bytes) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return size + std::string(bytes) + "\r\n";
}

inline constexpr std::string_view k_chunked_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

// A port where a connection neither succeeds nor fails: the queue of a listener that accepts nobody
// is full, so the kernel leaves the SYN unanswered.
class SilentPort {
  public:
    // By default any free port of 127.0.0.1.
    explicit SilentPort(std::uint32_t host = INADDR_LOOPBACK, std::uint16_t port = 0)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(host);
        address.sin_port = htons(port);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        ::bind(listener_, generic, size);
        ::listen(listener_, 0);
        ::getsockname(listener_, generic, &size);
        port_ = ntohs(address.sin_port);
        for (int& socket : queued_) {
            socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            ::connect(socket, generic, size);
        }
    }
    ~SilentPort() {
        for (const int socket : queued_) ::close(socket);
        ::close(listener_);
    }
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }

  private:
    int listener_;
    std::uint16_t port_ = 0;
    std::array<int, 4> queued_{};
};

// Bytes that differ everywhere, so that a lost, doubled or moved piece shows.
inline std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
        state = state * 1664525u + 1013904223u;
        c = static_cast<char>('!' + (state >> 24) % 94);
    }
    return text;
}

}  // namespace bellwether::net::test
