#include "net/easy.hpp"

#include <csignal>
#include <limits>
#include <mutex>
#include <new>

#include "net/transfer.hpp"

namespace bw::net {

namespace {

constexpr std::size_t k_idle_handles_max = 256;

// Below this libcurl copies the body behind the head and sends both at once. Above it, the body is
// read piece by piece through Transfer, which can stop that when the body's owner goes away.
constexpr std::size_t k_inline_body_bytes = 64u << 10;

// HTTP/1.1 only: a paused HTTP/2 stream of libcurl may take in a whole flow-control window (32 MB)
// first, so back-pressure would not be bounded, and one cancelled stream shares its fate with
// others.
void set_protocol(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // empty: not even the one in the environment
}

void set_socket_options(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    // Without it, dropping an exchange whose name is being looked up waits for the resolver.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
}

void set_trust_policy(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
}

void set_callbacks(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::write_callback);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::read_callback);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &Transfer::seek_callback);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::before_send_callback);
}

}  // namespace

void initialize_curl() {
    static std::once_flag once;
    std::call_once(once, [] {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        // OpenSSL writes without MSG_NOSIGNAL, and CURLOPT_NOSIGNAL leaves the signal alone: an
        // upstream that hangs up would end the process.
        std::signal(SIGPIPE, SIG_IGN);
    });
}

Easy::Easy() : handle_(curl_easy_init(), &curl_easy_cleanup) {
    if (!handle_) throw std::bad_alloc();
    set_protocol(get());
    set_socket_options(get());
    set_trust_policy(get());
    set_callbacks(get());
    curl_easy_setopt(get(), CURLOPT_ERRORBUFFER, error_.data());
}

void Easy::prepare(Request& request, Transfer& transfer) {
    constexpr std::chrono::milliseconds k_forever{std::numeric_limits<int>::max()};
    const bool limited = request.connect_timeout.count() > 0;
    const auto timeout = limited ? std::min(request.connect_timeout, k_forever) : k_forever;
    error_.front() = '\0';
    curl_easy_setopt(get(), CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(get(), CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(get(), CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(get(), CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(get(), CURLOPT_READDATA, &transfer);
    curl_easy_setopt(get(), CURLOPT_SEEKDATA, &transfer);
    curl_easy_setopt(get(), CURLOPT_PREREQDATA, &transfer);
    set_trust(request.ca_file);
    set_headers(request.headers);
    set_method(request);
}

// A ca_file replaces the system's trust altogether, its folder of certificates included.
void Easy::set_trust(const std::filesystem::path& ca_file) {
    if (ca_file.empty() && !own_trust_) return;
    static const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
    own_trust_ = !ca_file.empty();
    curl_easy_setopt(get(), CURLOPT_CAINFO, own_trust_ ? ca_file.c_str() : info->cainfo);
    curl_easy_setopt(get(), CURLOPT_CAPATH, own_trust_ ? nullptr : info->capath);
}

void Easy::set_headers(std::vector<std::string>& headers) {
    static char no_expect[] = "Expect:";  // no pause for "100 Continue" before a large body
    headers_.resize(headers.size() + 1);
    headers_.back() = {no_expect, nullptr};
    for (std::size_t i = 0; i < headers.size(); ++i) {
        headers_[i] = {headers[i].data(), &headers_[i + 1]};
    }
    curl_easy_setopt(get(), CURLOPT_HTTPHEADER, headers_.data());
}

void Easy::set_method(const Request& request) {
    if (request.method == "GET") {
        curl_easy_setopt(get(), CURLOPT_HTTPGET, 1L);
        return;
    }
    const bool whole = request.body.size() < k_inline_body_bytes;
    const char* data = request.body.empty() ? "" : request.body.data();
    curl_easy_setopt(get(), CURLOPT_POST, 1L);
    curl_easy_setopt(get(), CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(get(), CURLOPT_POSTFIELDS, whole ? data : nullptr);
}

std::unique_ptr<Easy> EasyPool::take() {
    if (idle_.empty()) return std::make_unique<Easy>();
    auto easy = std::move(idle_.back());
    idle_.pop_back();
    return easy;
}

void EasyPool::give(std::unique_ptr<Easy> easy) {
    if (idle_.size() < k_idle_handles_max) idle_.push_back(std::move(easy));
}

}  // namespace bw::net
