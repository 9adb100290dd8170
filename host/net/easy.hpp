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

#include "net/client.hpp"

namespace bw::net {

class Transfer;

// Where a handle's sockets come from and go to.
struct SocketHooks {
    curl_opensocket_callback open;
    curl_closesocket_callback close;
    void* self;
};

class Easy {
  public:
    Easy(const Wire& wire, const SocketHooks& hooks);
    Easy(const Easy&) = delete;
    Easy& operator=(const Easy&) = delete;

    CURL* get() const { return handle_.get(); }
    // Points the handle at a request; `request` stays where it is until the handle is recycled.
    void prepare(Request& request, Transfer& transfer);
    Transfer& transfer() const { return *transfer_; }
    // The connection is closed after this exchange, unless others are using it.
    void forbid_reuse();
    std::string_view error_text() const { return error_.data(); }
    long number(CURLINFO which) const;        // of what libcurl counts
    std::size_t received_body_bytes() const;  // as they came, before decompression

  private:
    using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;
    using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

    void set_wire(const Wire& wire);
    void set_addresses(const std::vector<std::string>& addresses);
    void set_callbacks(const SocketHooks& hooks);
    void set_url(const std::string& url);
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
    bool reuse_forbidden_ = false;
};

class EasyPool {
  public:
    EasyPool(const Wire& wire, const SocketHooks& hooks) : wire_(wire), hooks_(hooks) {}

    std::unique_ptr<Easy> take();
    void give(std::unique_ptr<Easy> easy);
    void clear() { idle_.clear(); }

  private:
    const Wire wire_;
    const SocketHooks hooks_;
    std::vector<std::unique_ptr<Easy>> idle_;
};

// Starts libcurl, once for the process.
void initialize_curl();

}  // namespace bw::net
