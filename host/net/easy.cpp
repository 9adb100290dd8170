#include "net/easy.hpp"

#include <unistd.h>

#include <csignal>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

#include "net/failure.hpp"
#include "net/http2.hpp"
#include "net/transfer.hpp"

namespace bellwether::net {

namespace {

constexpr std::size_t k_idle_handles_max = 256;

// A body shorter than this is copied by libcurl, which sends head and body at once. A longer body
// is read piece by piece through Transfer, which can stop that when the body's owner goes away.
constexpr std::size_t k_inline_body_bytes = 64u << 10;

// How long libcurl caches the addresses of a name: usually, and if the name must be looked up anew.
constexpr long k_names_kept_s = 60;
constexpr long k_names_anew_s = 0;

// How long libcurl caches the certificate authorities that it has read from a file.
constexpr long k_authorities_kept_s = 3600;

void set_socket_options(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    // Without QUICK_EXIT, dropping an exchange during its look-up of a name waits for the resolver.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
}

// libcurl caches a file of certificates, but not if a folder of certificates is set as well: then
// it looks into the folder and reads the file for each new connection (17 ms and 870 KB). Debian
// has both, with the same certificates. So where there is a file, the folder is left out.
void set_authorities(CURL* easy, const std::string& file) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, file.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, k_authorities_kept_s);
}

// The system's file of trusted authorities; empty: it has none that can be read.
const std::string& system_authorities() {
    static const std::string found = [] {
        const char* const file = curl_version_info(CURLVERSION_NOW)->cainfo;
        return file != nullptr && ::access(file, R_OK) == 0 ? file : "";
    }();
    return found;
}

// A ca_file replaces the system's authorities altogether, both for the upstream and for a proxy.
void set_trust(CURL* easy, const WireOptions& wire) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    const std::string file = wire.ca_file.empty() ? system_authorities() : wire.ca_file.string();
    if (!file.empty()) set_authorities(easy, file);
    if (!wire.client_cert.empty()) {
        const auto& key = wire.client_key.empty() ? wire.client_cert : wire.client_key;
        curl_easy_setopt(easy, CURLOPT_SSLCERT, wire.client_cert.c_str());
        curl_easy_setopt(easy, CURLOPT_SSLKEY, key.c_str());
    }
}

// The URL is always set: an empty one keeps libcurl from looking into the environment, which it
// would do at every request. The request's own headers never go to a proxy that tunnels.
void set_proxy(CURL* easy, const Proxy& proxy) {
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy.url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_HEADEROPT, long{CURLHEADER_SEPARATE});
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (proxy.user.empty()) return;
    curl_easy_setopt(easy, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, proxy.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, proxy.password.c_str());
}

long http_version(HttpVersion wanted, bool encrypted) {
    if (wanted == HttpVersion::one) return CURL_HTTP_VERSION_1_1;
    if (wanted == HttpVersion::two && !encrypted) return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    return CURL_HTTP_VERSION_2TLS;
}

}  // namespace

void initialize_curl() {
    static std::once_flag once;
    std::call_once(once, [] {
        hear_frames();
        curl_global_init(CURL_GLOBAL_DEFAULT);
        // OpenSSL writes without MSG_NOSIGNAL, and with CURLOPT_NOSIGNAL libcurl does not ignore
        // SIGPIPE. So an upstream that hangs up would end the process.
        std::signal(SIGPIPE, SIG_IGN);
    });
}

Easy::Easy(const WireOptions& wire, const SocketHooks& hooks)
    : handle_(curl_easy_init(), &curl_easy_cleanup) {
    if (!handle_) throw std::bad_alloc();
    set_socket_options(get());
    set_wire(wire);
    set_callbacks(hooks);
    curl_easy_setopt(get(), CURLOPT_ERRORBUFFER, error_.data());
}

void Easy::set_wire(const WireOptions& wire) {
    http_ = wire.http;
    curl_easy_setopt(get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(get(), CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(get(), CURLOPT_HTTP_CONTENT_DECODING, 0L);  // http/unpack.hpp does it
    curl_easy_setopt(get(), CURLOPT_MAXAGE_CONN, static_cast<long>(wire.idle_time.count()));
    // Under HTTP/2 the requests of a burst wait for one connection instead of opening one each.
    if (http_ != HttpVersion::one) curl_easy_setopt(get(), CURLOPT_PIPEWAIT, 1L);
    set_trust(get(), wire);
    set_proxy(get(), wire.proxy);
    set_addresses(wire.addresses);
}

void Easy::set_addresses(const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
        curl_slist* const longer = curl_slist_append(addresses_.get(), address.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        if (!addresses_) addresses_.reset(longer);
    }
    if (addresses_) curl_easy_setopt(get(), CURLOPT_RESOLVE, addresses_.get());
}

void Easy::set_callbacks(const SocketHooks& hooks) {
    curl_easy_setopt(get(), CURLOPT_PRIVATE, this);
    curl_easy_setopt(get(), CURLOPT_WRITEFUNCTION, &Transfer::write_callback);
    curl_easy_setopt(get(), CURLOPT_WRITEDATA, this);
    curl_easy_setopt(get(), CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
    curl_easy_setopt(get(), CURLOPT_HEADERDATA, this);
    curl_easy_setopt(get(), CURLOPT_READFUNCTION, &Transfer::read_callback);
    curl_easy_setopt(get(), CURLOPT_READDATA, this);
    curl_easy_setopt(get(), CURLOPT_SEEKFUNCTION, &Transfer::seek_callback);
    curl_easy_setopt(get(), CURLOPT_SEEKDATA, this);
    curl_easy_setopt(get(), CURLOPT_DEBUGFUNCTION, &Transfer::debug_callback);
    curl_easy_setopt(get(), CURLOPT_DEBUGDATA, this);
    curl_easy_setopt(get(), CURLOPT_PREREQFUNCTION, &Transfer::before_send_callback);
    curl_easy_setopt(get(), CURLOPT_PREREQDATA, this);
    curl_easy_setopt(get(), CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_callback);
    curl_easy_setopt(get(), CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(get(), CURLOPT_CLOSESOCKETFUNCTION, hooks.close);
    curl_easy_setopt(get(), CURLOPT_CLOSESOCKETDATA, hooks.self);
}

void Easy::prepare(Request& request, Transfer& transfer, const Trip& trip) {
    constexpr std::chrono::milliseconds k_forever{std::numeric_limits<int>::max()};
    const bool limited = request.connect_timeout.count() > 0;
    const auto timeout = limited ? std::min(request.connect_timeout, k_forever) : k_forever;
    transfer_ = &transfer;
    error_.front() = '\0';
    curl_easy_setopt(get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
    set_url(request);
    set_trip(trip);
    set_headers(request.headers);
    set_method(request);
}

// If the upstream's TLS runs inside a proxy's TLS, unread bytes may lie between the two layers,
// where the host cannot see them. So such a connection is used only once.
void Easy::set_trip(const Trip& trip) {
    connections_seen_ = 0;
    set_flag(verbose_, CURLOPT_VERBOSE, false);
    set_flag(reuse_forbidden_, CURLOPT_FORBID_REUSE, nested_tls_);
    set_flag(new_connection_, CURLOPT_FRESH_CONNECT, trip.connections == ConnectionChoice::fresh);
    if (std::exchange(names_, trip.names) != trip.names) {
        const bool known = names_ == Names::known;
        curl_easy_setopt(get(), CURLOPT_DNS_CACHE_TIMEOUT, known ? k_names_kept_s : k_names_anew_s);
    }
    if (!plain_http2_) return;
    const bool joins = trip.plain_http2 == PlainHttp2::join;
    curl_easy_setopt(
        get(), CURLOPT_HTTP_VERSION,
        joins ? long{CURL_HTTP_VERSION_2_0} : long{CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE});
}

void Easy::set_flag(bool& flag, CURLoption option, bool value) {
    if (std::exchange(flag, value) != value) curl_easy_setopt(get(), option, value ? 1L : 0L);
}

void Easy::forbid_reuse() { set_flag(reuse_forbidden_, CURLOPT_FORBID_REUSE, true); }

void Easy::insist_on_new_connection() { set_flag(new_connection_, CURLOPT_FRESH_CONNECT, true); }

bool Easy::takes_kept_connection() {
    const long opened = number(CURLINFO_NUM_CONNECTS);
    return std::exchange(connections_seen_, opened) == opened;
}

// libcurl (7.88) throws away what it has read beyond the last chunk, or beyond a head without a
// body, and uses the connection again. It tells of this only in its verbose output, which
// Transfer::debug_callback reads.
void Easy::watch_for_surplus() { set_flag(verbose_, CURLOPT_VERBOSE, true); }

// A URL is parsed only if it differs from the handle's last one. A URL that cannot be parsed is
// given to libcurl as text, because libcurl's error says what is wrong with it.
void Easy::set_url(const Request& request) {
    const std::string& url = request.url;
    if (url == url_) return;
    const bool encrypted = url.starts_with("https:");
    plain_http2_ = http_ == HttpVersion::two && !encrypted && !proxied_in_plain(request);
    nested_tls_ = encrypted && request.wire && request.wire->proxy.url.starts_with("https:");
    url_ = url;
    Url parsed(curl_url(), &curl_url_cleanup);
    const bool valid =
        parsed && curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
    curl_easy_setopt(get(), CURLOPT_URL, valid ? nullptr : url.c_str());
    curl_easy_setopt(get(), CURLOPT_CURLU, valid ? parsed.get() : nullptr);
    curl_easy_setopt(get(), CURLOPT_HTTP_VERSION, http_version(http_, encrypted));
    parsed_ = valid ? std::move(parsed) : Url(nullptr, &curl_url_cleanup);
}

long Easy::number(CURLINFO which) const {
    long value = 0;
    curl_easy_getinfo(get(), which, &value);
    return value;
}

std::size_t Easy::received_body_bytes() const {
    curl_off_t count = 0;
    curl_easy_getinfo(get(), CURLINFO_SIZE_DOWNLOAD_T, &count);
    return static_cast<std::size_t>(count);
}

void Easy::set_headers(std::vector<std::string>& headers) {
    static char no_expect[] = "Expect:";  // no pause for "100 Continue" before a large body
    static char no_compression[] = "accept-encoding: identity";  // packing would delay a stream
    headers_.resize(headers.size() + 2);
    headers_[headers.size()] = {no_compression, &headers_.back()};
    headers_.back() = {no_expect, nullptr};
    for (std::size_t i = 0; i < headers.size(); ++i) {
        headers_[i] = {headers[i].data(), &headers_[i + 1]};
    }
    curl_easy_setopt(get(), CURLOPT_HTTPHEADER, headers_.data());
}

void Easy::set_method(const Request& request) {
    const bool gets = request.method == "GET";
    reads_body_ = !gets && request.body.size() >= k_inline_body_bytes;
    // All that are not GET are sent as a POST is, under their own name.
    const bool renamed = !gets && request.method != "POST";
    curl_easy_setopt(get(), CURLOPT_CUSTOMREQUEST, renamed ? request.method.c_str() : nullptr);
    if (gets) {
        curl_easy_setopt(get(), CURLOPT_HTTPGET, 1L);
        return;
    }
    const char* data = request.body.empty() ? "" : request.body.data();
    curl_easy_setopt(get(), CURLOPT_POST, 1L);
    curl_easy_setopt(get(), CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(get(), CURLOPT_POSTFIELDS, reads_body_ ? nullptr : data);
}

std::unique_ptr<Easy> EasyPool::take() {
    if (idle_.empty()) return std::make_unique<Easy>(wire_, hooks_);
    auto easy = std::move(idle_.back());
    idle_.pop_back();
    return easy;
}

void EasyPool::give(std::unique_ptr<Easy> easy, Wear wear) {
    if (wear == Wear::none && idle_.size() < k_idle_handles_max) idle_.push_back(std::move(easy));
}

}  // namespace bellwether::net
