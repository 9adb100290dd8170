#include "ledger/redis/socket.hpp"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

namespace bellwether::ledger {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t k_read_bytes = 16 * 1024;

std::string described(const char* what, const error_code& error) {
    std::string text = std::string(what) + ": " + error.message();
    std::erase(text, '\n');
    return text;
}

bool is_address(const std::string& host) {
    error_code error;
    asio::ip::make_address(host, error);
    return !error;
}

}  // namespace

struct RedisSocket::State : std::enable_shared_from_this<State> {
    explicit State(asio::io_context& loop) : resolver(loop), plain(loop) {}

    void connect(const RedisSettings& settings, OnDone on_done);
    void connected(const RedisSettings& settings, OnDone on_done);
    std::string begin_tls(const RedisSettings& settings);

    // Calls `work` with the stream in use: the TLS stream or the plain socket.
    template <typename Work>
    void with_stream(Work work) {
        if (encrypted) {
            work(*encrypted);
        } else {
            work(plain);
        }
    }

    bool closed = false;
    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::socket plain;
    std::optional<asio::ssl::context> tls;
    std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> encrypted;
    std::array<char, k_read_bytes> input{};
    std::string output;
};

void RedisSocket::State::connect(const RedisSettings& settings, OnDone on_done) {
    resolver.async_resolve(settings.host, std::to_string(settings.port),
                           [self = shared_from_this(), settings, on_done = std::move(on_done)](
                               const error_code& unknown, const auto& addresses) mutable {
                               if (self->closed) return;
                               if (unknown)
                                   return on_done(described("its name is not known", unknown));
                               asio::async_connect(
                                   self->plain, addresses,
                                   [self, settings, on_done = std::move(on_done)](
                                       const error_code& error, const auto&) mutable {
                                       if (self->closed) return;
                                       if (error)
                                           return on_done(described("cannot connect", error));
                                       self->connected(settings, std::move(on_done));
                                   });
                           });
}

void RedisSocket::State::connected(const RedisSettings& settings, OnDone on_done) {
    error_code ignored;
    plain.set_option(asio::ip::tcp::no_delay(true), ignored);
    plain.set_option(asio::socket_base::keep_alive(true), ignored);
    if (!settings.encrypted) return on_done({});
    if (std::string failure = begin_tls(settings); !failure.empty()) return on_done(failure);
    encrypted->async_handshake(
        asio::ssl::stream_base::client,
        [self = shared_from_this(), on_done = std::move(on_done)](const error_code& error) mutable {
            if (self->closed) return;
            on_done(error ? described("TLS failed", error) : std::string());
        });
}

std::string RedisSocket::State::begin_tls(const RedisSettings& settings) {
    error_code error;
    tls.emplace(asio::ssl::context::tls_client);
    tls->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
    const std::string& ca_file = settings.ca_file;
    if (ca_file.empty()) {
        tls->set_default_verify_paths(error);
    } else {
        tls->load_verify_file(ca_file, error);
    }
    if (error) return described(("cannot read authorities of " + ca_file).c_str(), error);
    encrypted.emplace(plain, *tls);
    encrypted->set_verify_mode(asio::ssl::verify_peer, error);
    encrypted->set_verify_callback(asio::ssl::host_name_verification(settings.host), error);
    const bool named = is_address(settings.host) ||
                       SSL_set_tlsext_host_name(encrypted->native_handle(), settings.host.c_str());
    return error || !named ? "TLS cannot be set up" : "";
}

RedisSocket::RedisSocket(asio::io_context& loop) : state_(std::make_shared<State>(loop)) {}
RedisSocket::~RedisSocket() { close(); }

void RedisSocket::connect(const RedisSettings& settings, OnDone on_done) {
    state_->connect(settings, std::move(on_done));
}

void RedisSocket::read(OnBytes on_bytes) {
    state_->with_stream([&](auto& stream) {
        stream.async_read_some(
            asio::buffer(state_->input), [state = state_, on_bytes = std::move(on_bytes)](
                                             const error_code& error, std::size_t size) mutable {
                if (state->closed) return;
                if (error) return on_bytes(described("the connection broke", error), {});
                on_bytes({}, {state->input.data(), size});
            });
    });
}

void RedisSocket::write(std::string bytes, OnDone on_done) {
    state_->output = std::move(bytes);
    state_->with_stream([&](auto& stream) {
        asio::async_write(
            stream, asio::buffer(state_->output),
            [state = state_, on_done = std::move(on_done)](const error_code& error,
                                                           std::size_t) mutable {
                if (state->closed) return;
                on_done(error ? described("the connection broke", error) : std::string());
            });
    });
}

void RedisSocket::close() {
    state_->closed = true;
    state_->resolver.cancel();
    error_code ignored;
    state_->plain.close(ignored);
}

}  // namespace bellwether::ledger
