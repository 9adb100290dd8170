// `Easy` is one libcurl easy handle in which everything is set already that is the same for all
// exchanges with the same WireOptions; `EasyPool` keeps such handles. Setting up a handle costs
// more than a short exchange, so handles are used again, and each exchange sets only what differs
// from the one before. On the worker's thread only.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/transport.hpp"
#include "net/trip.hpp"

namespace bellwether::net {

class Transfer;

// The function that closes a handle's sockets, and its argument.
struct SocketHooks {
    curl_closesocket_callback close;
    void* self;
};

class Easy {
  public:
    Easy(const WireOptions& wire, const SocketHooks& hooks);
    Easy(const Easy&) = delete;
    Easy& operator=(const Easy&) = delete;

    CURL* get() const { return handle_.get(); }
    // Sets the handle up for a request. `request` must stay where it is while the handle is in use.
    void prepare(Request& request, Transfer& transfer, const Trip& trip);
    Transfer& transfer() const { return *transfer_; }
    // Closes the connection after this exchange, unless other exchanges are using it.
    void forbid_reuse();
    // Makes libcurl use a new connection if it sends the request again by itself.
    void insist_on_new_connection();
    // Whether the connection that libcurl has chosen is a kept one. To be asked once before each
    // sending, because a connection counts as new only if it was opened since the last question.
    bool takes_kept_connection();
    // Closes the connection after this exchange if bytes have come after the answer.
    void watch_for_surplus();
    // Whether libcurl reads the request's body piece by piece, instead of copying it.
    bool reads_body() const { return reads_body_; }
    HttpVersion http() const { return http_; }
    bool plain_http2() const { return plain_http2_; }
    std::string_view error_text() const { return error_.data(); }
    long number(CURLINFO which) const;        // a number that libcurl tells of the exchange
    std::size_t received_body_bytes() const;  // as they came, before decompression

  private:
    using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
    using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

    void set_wire(const WireOptions& wire);
    void set_addresses(const std::vector<std::string>& addresses);
    void set_callbacks(const SocketHooks& hooks);
    void set_trip(const Trip& trip);
    void set_url(const Request& request);
    void set_flag(bool& flag, CURLoption option, bool value);
    void set_headers(std::vector<std::string>& headers);
    void set_method(const Request& request);

    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
    Transfer* transfer_ = nullptr;
    std::array<char, CURL_ERROR_SIZE> error_{};
    std::vector<curl_slist> headers_;  // libcurl's list; its nodes point to the request's strings
    List addresses_{nullptr, &curl_slist_free_all};
    Url parsed_{nullptr, &curl_url_cleanup};
    std::string url_;  // the URL that parsed_ was made of
    HttpVersion http_ = HttpVersion::one;
    bool plain_http2_ = false;  // HTTP/2 without TLS, so no handshake negotiates it
    bool nested_tls_ = false;   // the upstream's TLS runs inside a proxy's TLS
    bool reads_body_ = false;
    long connections_seen_ = 0;  // opened for this request so far
    // What the options of libcurl are set to now: FORBID_REUSE, FRESH_CONNECT, VERBOSE and
    // DNS_CACHE_TIMEOUT.
    bool reuse_forbidden_ = false;
    bool new_connection_ = false;
    bool verbose_ = false;
    Names names_ = Names::known;
};

class EasyPool {
  public:
    EasyPool(const WireOptions& wire, const SocketHooks& hooks) : wire_(wire), hooks_(hooks) {}

    // libcurl leaves some state of a request in its handle, such as how often the request was sent
    // again. So only a handle whose request went as nearly all do is used again; a worn one is not.
    enum class Wear { none, worn };

    std::unique_ptr<Easy> take();
    void give(std::unique_ptr<Easy> easy, Wear wear);
    void clear() { idle_.clear(); }

  private:
    const WireOptions wire_;
    const SocketHooks hooks_;
    std::vector<std::unique_ptr<Easy>> idle_;
};

// Starts libcurl, once for the process.
void initialize_curl();

}  // namespace bellwether::net
