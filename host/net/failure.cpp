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
    if (parsed && curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
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

std::string with_detail(std::string sentence, std::string_view detail) {
    if (!detail.empty()) sentence.append(": ").append(detail);
    return sentence;
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
        case FailureKind::resolve: return "no address found for " + peer;
        case FailureKind::connect: return with_detail("no connection to " + peer, outcome.detail);
        case FailureKind::connect_timeout:
            return fmt::format("no connection to {} within {} ms", peer,
                               request.connect_timeout.count());
        case FailureKind::tls: return with_detail("no TLS with " + peer, outcome.detail);
        case FailureKind::cut:
            return peer + (outcome.head_seen ? " closed the connection before the response ended"
                                             : " closed the connection without a response");
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

Failure make_bad_status_failure(const Request& request, int status) {
    return {FailureKind::protocol, fmt::format("{} answered with status {}, which is no answer",
                                               host_and_port(request.url), status)};
}

}  // namespace bw::net
