// One libcurl easy handle with everything that is the same for all exchanges over one Wire already
// set, and a pool of them. Setting up a handle costs more than a short exchange does, so they are
// kept, and for an exchange only what differs from the one before is set.
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

namespace bw::net {

class Transfer;

// Where a handle's sockets go to.
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
    // Points the handle at a request; `request` stays where it is until the handle is recycled.
    void prepare(Request& request, Transfer& transfer, const Trip& trip);
    Transfer& transfer() const { return *transfer_; }
    // The connection is closed after this exchange, unless others are using it.
    void forbid_reuse();
    // If libcurl sends the request again by itself, it does so on a new one.
    void insist_on_new_connection();
    // Whether the connection it has now is one that was kept; says it once for each.
    bool takes_kept_connection();
    // Ends the connection if more has come over it than the answer.
    void watch_for_surplus();
    // libcurl asks for the request's body piece by piece, instead of copying it.
    bool reads_body() const { return reads_body_; }
    HttpVersion http() const { return http_; }
    bool plain_http2() const { return plain_http2_; }
    std::string_view error_text() const { return error_.data(); }
    long number(CURLINFO which) const;        // of what libcurl counts
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
    std::vector<curl_slist> headers_;  // libcurl's list, its nodes laid over the request's strings
    List addresses_{nullptr, &curl_slist_free_all};
    Url parsed_{nullptr, &curl_url_cleanup};
    std::string url_;  // what parsed_ was made of
    HttpVersion http_ = HttpVersion::one;
    bool plain_http2_ = false;  // without a handshake that would settle it
    bool nested_tls_ = false;   // a proxy's around the upstream's
    bool reads_body_ = false;
    long connections_seen_ = 0;  // opened for this request so far
    // What these options of libcurl's are set to.
    bool reuse_forbidden_ = false;
    bool new_connection_ = false;
    bool verbose_ = false;
    Names names_ = Names::known;
};

class EasyPool {
  public:
    EasyPool(const WireOptions& wire, const SocketHooks& hooks) : wire_(wire), hooks_(hooks) {}

    // libcurl keeps things in a handle that belong to one request, such as how often it was sent
    // again: only a handle whose request went as requests nearly always go serves for others.
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

}  // namespace bw::net
