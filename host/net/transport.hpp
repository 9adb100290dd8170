// `Transport` is HTTP to the upstreams as the folders above see it: a request goes out, and its
// answer comes in pieces. They do not know what carries it. All of it on the worker's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/wire.hpp"

namespace bellwether::net {

struct Header {
    std::string_view name;  // lower case
    std::string_view value;
};

// How much of the response the caller uses: all of it, or only its status. With `status`, neither a
// redirect nor a body in an unknown packing is a failure.
enum class Reads : std::uint8_t { response, status };

// What to send. `body` must stay valid until the exchange has ended or was dropped.
struct Request {
    std::string method = "POST";  // or GET, PUT, PATCH, DELETE
    std::string url;
    std::vector<std::string> headers;  // "name: value"
    std::string_view body;
    std::chrono::milliseconds connect_timeout{5'000};  // zero: none
    std::shared_ptr<const WireOptions> wire;           // null: the default values
    Reads reads = Reads::response;
};

enum class FailureKind {
    resolve,          // the name has no address
    connect,          // refused, unreachable
    connect_timeout,  // not connected, TLS included, within connect_timeout
    tls,              // handshake or certificate
    cut,              // the connection ended before the response did
    overrun,          // paused under HTTP/2, and more came than may be held
    protocol,         // not HTTP, a redirect, headers too large
    no_descriptors,   // this process may open no more descriptors
    no_memory,        // this process gets no more memory
};

struct Failure {
    FailureKind kind;
    std::string message;  // for anybody: no address, no name of a machine
    int status = 0;       // of the response, if its first line had come; else 0
    std::string detail;   // for an operator: names the host, no credential; empty: as `message`

    const std::string& for_operator() const { return detail.empty() ? message : detail; }
};

// Receives one exchange: on_head, on_data any number of times, on_end once; on_end may come alone.
// Any of them may drop this exchange and any other. After a drop nothing more arrives; while the
// exchange is paused nothing arrives either: head, data and end are held until it is resumed.
class Events {
  public:
    virtual void on_head(int status, std::span<const Header> headers) = 0;
    virtual void on_data(std::string_view bytes) = 0;
    virtual void on_end(std::optional<Failure> failure) = 0;

  protected:
    ~Events() = default;
};

// `Sending` is a running exchange as its transport implements it.
class Sending {
  public:
    virtual ~Sending() = default;
    virtual bool sent() const = 0;
    virtual void cancel() = 0;  // called once, as the last of all
    virtual void pause() = 0;
    virtual void resume() = 0;
};

// A running exchange. Dropping it cancels: the connection is closed at once (or, under HTTP/2, the
// stream reset), and `events` is never called again. May be dropped inside a callback of Events.
class Exchange {
  public:
    Exchange() = default;
    explicit Exchange(std::shared_ptr<Sending> sending) : sending_(std::move(sending)) {}
    Exchange(Exchange&&) = default;
    Exchange& operator=(Exchange&& other) noexcept;
    ~Exchange();

    explicit operator bool() const { return sending_ != nullptr; }
    bool sent() const;  // the request has begun to go out, over a connection that stands
    void reset();
    void pause();   // stop reading: back-pressure reaches the upstream's socket
    void resume();  // may deliver data again from the loop, never from inside this call

  private:
    std::shared_ptr<Sending> sending_;
};

// What carries exchanges: the network, or what stands for it in a simulation.
class Transport {
  public:
    // Never calls `events` from inside start. `events` outlives the exchange.
    [[nodiscard]] virtual Exchange start(Request request, Events& events) = 0;

  protected:
    ~Transport() = default;
};

}  // namespace bellwether::net
