// One libcurl easy handle with everything that is the same for all exchanges already set, and a
// pool of them. Setting up a handle costs more than a short exchange does, so they are kept.
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

class Easy {
  public:
    Easy();
    Easy(const Easy&) = delete;
    Easy& operator=(const Easy&) = delete;

    CURL* get() const { return handle_.get(); }
    // Points the handle at a request; `request` stays where it is until the handle is recycled.
    void prepare(Request& request, Transfer& transfer);
    std::string_view error_text() const { return error_.data(); }

  private:
    void set_trust(const std::filesystem::path& ca_file);
    void set_headers(std::vector<std::string>& headers);
    void set_method(const Request& request);

    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
    std::array<char, CURL_ERROR_SIZE> error_{};
    std::vector<curl_slist> headers_;  // libcurl's list, its nodes laid over the request's strings
    bool own_trust_ = false;           // a ca_file is set
};

class EasyPool {
  public:
    std::unique_ptr<Easy> take();
    void give(std::unique_ptr<Easy> easy);
    void clear() { idle_.clear(); }

  private:
    std::vector<std::unique_ptr<Easy>> idle_;
};

// Starts libcurl, once for the process.
void initialize_curl();

}  // namespace bw::net
