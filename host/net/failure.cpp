#include "net/failure.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "net/head.hpp"

namespace bw::net {

namespace {

constexpr auto k_too_large = static_cast<CURLcode>(100);  // named CURLE_TOO_LARGE since 8.6

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Url parse(const std::string& url) {
    Url parsed(curl_url(), &curl_url_cleanup);
    if (parsed && curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(),
                               CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        parsed.reset();
    }
    return parsed;
}

std::string part(const Url& url, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(url.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
    return text;
}

std::string authority(const Url& url) {
    if (!url) return "the upstream";
    return part(url, CURLUPART_HOST) + ":" + part(url, CURLUPART_PORT);
}

FailureKind kind_of(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY: return FailureKind::resolve;
        case CURLE_COULDNT_CONNECT:
        case CURLE_PROXY:
        case CURLE_INTERFACE_FAILED: return FailureKind::connect;
        case CURLE_OPERATION_TIMEDOUT: return FailureKind::connect_timeout;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CRL_BADFILE:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        case CURLE_SSL_CLIENTCERT:
        case CURLE_SSL_ENGINE_INITFAILED:
        case CURLE_USE_SSL_FAILED: return FailureKind::tls;
        case CURLE_OK:  // an end without a response
        case CURLE_PARTIAL_FILE:
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_SEND_FAIL_REWIND:
        case CURLE_RECV_ERROR:
        case CURLE_HTTP2_STREAM: return FailureKind::cut;
        default: return FailureKind::protocol;
    }
}

// libcurl has no code for a broken chunk: it is a receive error, told apart by its text.
bool broken_chunk(const Outcome& outcome) {
    return outcome.code == CURLE_RECV_ERROR && outcome.detail.find("chunk") != std::string::npos;
}

// Under TLS 1.3 a client's certificate is only missed when the handshake is over for the client.
bool misses_certificate(const Outcome& outcome) {
    return outcome.detail.find("alert certificate required") != std::string::npos;
}

std::string with_detail(std::string sentence, std::string_view detail) {
    if (!detail.empty()) sentence.append(": ").append(detail);
    return sentence;
}

bool has_proxy(const Request& request) { return request.wire && !request.wire->proxy.url.empty(); }

// " through the proxy host:port", where there is one.
std::string through(const Request& request) {
    if (!has_proxy(request)) return {};
    return " through the proxy " + host_and_port(request.wire->proxy.url);
}

std::string no_address(const Request& request, const Outcome& outcome) {
    if (outcome.code != CURLE_COULDNT_RESOLVE_PROXY) {
        return "no address found for " + host_and_port(request.url);
    }
    return "no address found for the proxy " + host_and_port(request.wire->proxy.url);
}

std::string protocol_message(const std::string& peer, const Outcome& outcome) {
    switch (outcome.code) {
        case CURLE_URL_MALFORMAT: return "the upstream's URL is not valid";
        case CURLE_UNSUPPORTED_PROTOCOL:
            return peer + " did not answer in HTTP (or the URL is not http or https)";
        default:
            return with_detail(peer + " sent a response that is not valid HTTP", outcome.detail);
    }
}

std::string message_of(FailureKind kind, const Request& request, const Outcome& outcome) {
    const std::string peer = host_and_port(request.url);
    switch (kind) {
        case FailureKind::resolve: return no_address(request, outcome);
        case FailureKind::connect:
            return with_detail("no connection to " + peer + through(request), outcome.detail);
        case FailureKind::connect_timeout:
            return fmt::format("no connection to {}{} within {} ms", peer, through(request),
                               request.connect_timeout.count());
        case FailureKind::tls:
            return with_detail("no TLS with " + peer + through(request), outcome.detail);
        case FailureKind::cut:
            return peer + (outcome.head_seen ? " closed the connection before the response ended"
                                             : " closed the connection without a response");
        case FailureKind::overrun:
        case FailureKind::protocol: break;
    }
    return protocol_message(peer, outcome);
}

// Where a redirect points, host only; a relative one stays on the host that was asked.
std::string redirect_target(const Request& request, std::string_view location) {
    const Url url = parse(request.url);
    const std::string relative(location);
    if (!url || curl_url_set(url.get(), CURLUPART_URL, relative.c_str(), 0) != CURLUE_OK) {
        return "an address that is not http or https";
    }
    return authority(url);
}

}  // namespace

std::string host_and_port(const std::string& url) { return authority(parse(url)); }

Failure make_failure(const Request& request, const Outcome& outcome) {
    // libcurl 7.88 reports a header line beyond its own bound (100 KB) as lack of memory.
    const bool line_too_long = outcome.code == CURLE_OUT_OF_MEMORY || outcome.code == k_too_large;
    if (line_too_long && !outcome.head_seen) return make_head_too_large_failure(request);
    if (outcome.connect_code >= 300 && !outcome.head_seen) {
        return make_proxy_failure(request, outcome.connect_code);
    }
    if (misses_certificate(outcome)) {
        return {FailureKind::tls,
                fmt::format("no TLS with {}: it wants a certificate of the client; set client_cert",
                            host_and_port(request.url))};
    }
    const FailureKind kind = broken_chunk(outcome) ? FailureKind::protocol : kind_of(outcome.code);
    return {kind, message_of(kind, request, outcome)};
}

Failure make_redirect_failure(const Request& request, int status, std::string_view location) {
    const std::string peer = host_and_port(request.url);
    if (location.empty()) {
        return {FailureKind::protocol,
                fmt::format("redirect refused: {} answered {} and named no target", peer, status)};
    }
    return {FailureKind::protocol, fmt::format("redirect refused: {} answered {} and points to {}",
                                               peer, status, redirect_target(request, location))};
}

Failure make_head_too_large_failure(const Request& request) {
    return {FailureKind::protocol, fmt::format("the response headers of {} are larger than {} KiB",
                                               host_and_port(request.url), k_head_bytes_max >> 10)};
}

Failure make_trailers_too_large_failure(const Request& request) {
    return {FailureKind::protocol, fmt::format("the response trailers of {} are larger than {} KiB",
                                               host_and_port(request.url), k_head_bytes_max >> 10)};
}

Failure make_bad_status_failure(const Request& request, int status) {
    return {FailureKind::protocol, fmt::format("{} answered with status {}, which is no answer",
                                               host_and_port(request.url), status)};
}

bool proxied_in_plain(const Request& request) {
    return has_proxy(request) && request.wire->proxy.url.starts_with("http") &&
           request.url.starts_with("http:");
}

Failure make_proxy_failure(const Request& request, int status) {
    const std::string proxy = host_and_port(request.wire->proxy.url);
    const std::string peer = host_and_port(request.url);
    if (status != k_proxy_wants_credentials) {
        return {FailureKind::connect,
                fmt::format("the proxy {} refused a connection to {} with status {}", proxy, peer,
                            status)};
    }
    const bool given = !request.wire->proxy.user.empty();
    return {FailureKind::connect,
            fmt::format("the proxy {} refused a connection to {} with status 407: {}", proxy, peer,
                        given ? "it does not accept the credentials; check proxy_secret"
                              : "it wants credentials; set proxy_secret")};
}

// The name of an encoding is the upstream's text, so little of it is repeated.
Failure make_encoding_failure(const Request& request, std::string_view encoding) {
    return {
        FailureKind::protocol,
        fmt::format("{} answered with the content-encoding \"{}\", which nobody asked for; only "
                    "gzip is understood",
                    host_and_port(request.url), encoding.substr(0, 32))};
}

Failure make_inflation_failure(const Request& request, std::size_t times_max) {
    return {FailureKind::protocol,
            fmt::format("the compressed response of {} grows to more than {} times its size",
                        host_and_port(request.url), times_max)};
}

Failure make_overrun_failure(const Request& request, std::size_t bytes_max) {
    return {FailureKind::overrun,
            fmt::format("{} sent more than {} KiB over HTTP/2 ahead of a client that reads slowly; "
                        "over HTTP/1.1 it would wait",
                        host_and_port(request.url), bytes_max >> 10)};
}

}  // namespace bw::net
