#include "net/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "net/head.hpp"

namespace bellwether::net {

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

// libcurl has no code for a broken chunk: it reports a receive error, and only the text tells more.
bool broken_chunk(const TransferOutcome& outcome) {
    return outcome.code == CURLE_RECV_ERROR && outcome.detail.find("chunk") != std::string::npos;
}

// Under TLS 1.3 an upstream can refuse a missing client certificate only after the handshake has
// ended for the client. So libcurl's code does not say that TLS failed; its text does.
bool misses_certificate(const TransferOutcome& outcome) {
    return outcome.detail.find("alert certificate required") != std::string::npos;
}

// A handshake that is broken off may succeed a moment later; other failures of TLS stay.
bool broke_off_in_tls(const TransferOutcome& outcome) {
    if (outcome.code != CURLE_SSL_CONNECT_ERROR) return false;
    constexpr std::string_view k_signs[] = {"Connection reset", "SSL_ERROR_SYSCALL",
                                            "unexpected eof"};
    return std::ranges::any_of(k_signs, [&](std::string_view sign) {
        return outcome.detail.find(sign) != std::string::npos;
    });
}

bool has_proxy(const Request& request) { return request.wire && !request.wire->proxy.url.empty(); }

// How a message names the upstream and its proxy: by their addresses or by their roles.
struct Parties {
    std::string peer;
    std::string proxy;
    std::string through;      // " through the proxy ..." where there is one
    std::string_view detail;  // libcurl's own words, which may name hosts

    std::string with_detail(std::string sentence) const {
        if (!detail.empty()) sentence.append(": ").append(detail);
        return sentence;
    }
};

Parties by_address(const Request& request, std::string_view detail) {
    Parties parties{.peer = host_and_port(request.url), .detail = detail};
    if (!has_proxy(request)) return parties;
    parties.proxy = "the proxy " + host_and_port(request.wire->proxy.url);
    parties.through = " through " + parties.proxy;
    return parties;
}

Parties by_role(const Request& request) {
    return {.peer = "the upstream",
            .proxy = "its proxy",
            .through = has_proxy(request) ? " through its proxy" : "",
            .detail = {}};
}

// Makes a failure with both of its texts; `sentence` makes a text out of the parties.
template <typename Sentence>
Failure fail(FailureKind kind, const Request& request, const Sentence& sentence,
             std::string_view detail = {}) {
    return {.kind = kind,
            .message = sentence(by_role(request)),
            .detail = sentence(by_address(request, detail))};
}

std::string protocol_message(const Parties& parties, CURLcode code) {
    switch (code) {
        case CURLE_URL_MALFORMAT: return "the upstream's URL is not valid";
        case CURLE_UNSUPPORTED_PROTOCOL:
            return parties.peer + " did not answer in HTTP (or the URL is not http or https)";
        default:
            return parties.with_detail(parties.peer + " sent a response that is not valid HTTP");
    }
}

std::string message_of(FailureKind kind, const Request& request, const TransferOutcome& outcome,
                       const Parties& parties) {
    switch (kind) {
        case FailureKind::resolve:
            return "no address found for " +
                   (outcome.code == CURLE_COULDNT_RESOLVE_PROXY ? parties.proxy : parties.peer);
        case FailureKind::connect:
            return parties.with_detail("no connection to " + parties.peer + parties.through);
        case FailureKind::connect_timeout:
            return fmt::format("no connection to {}{} within {} ms", parties.peer, parties.through,
                               request.connect_timeout.count());
        case FailureKind::tls:
            return parties.with_detail("no TLS with " + parties.peer + parties.through);
        case FailureKind::cut:
            return parties.peer + (outcome.head_seen
                                       ? " closed the connection before the response ended"
                                       : " closed the connection without a response");
        default: return protocol_message(parties, outcome.code);
    }
}

// The host and port to which a redirect points. A relative redirect stays on the host that was
// asked.
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

Failure make_failure(const Request& request, const TransferOutcome& outcome) {
    // libcurl 7.88 reports a header line beyond its own bound (100 KB) as lack of memory.
    const bool line_too_long = outcome.code == CURLE_OUT_OF_MEMORY || outcome.code == k_too_large;
    if (line_too_long && !outcome.head_seen) return make_head_too_large_failure(request);
    if (outcome.connect_code >= 300 && !outcome.head_seen) {
        return make_proxy_failure(request, outcome.connect_code);
    }
    if (misses_certificate(outcome)) {
        return fail(FailureKind::tls, request, [](const Parties& parties) {
            return fmt::format(
                "no TLS with {}: it wants a certificate of the client; set "
                "client_cert",
                parties.peer);
        });
    }
    const FailureKind kind = broken_chunk(outcome)       ? FailureKind::protocol
                             : broke_off_in_tls(outcome) ? FailureKind::connect
                                                         : kind_of(outcome.code);
    return fail(
        kind, request,
        [&](const Parties& parties) { return message_of(kind, request, outcome, parties); },
        outcome.detail);
}

Failure make_redirect_failure(const Request& request, int status, std::string_view location) {
    Failure failure = fail(FailureKind::protocol, request, [status](const Parties& parties) {
        return fmt::format("redirect refused: {} answered {}", parties.peer, status);
    });
    failure.detail += location.empty() ? " and named no target"
                                       : " and points to " + redirect_target(request, location);
    return failure;
}

Failure make_head_too_large_failure(const Request& request) {
    return fail(FailureKind::protocol, request, [](const Parties& parties) {
        return fmt::format("the response headers of {} are larger than {} KiB", parties.peer,
                           k_head_bytes_max >> 10);
    });
}

Failure make_trailers_too_large_failure(const Request& request) {
    return fail(FailureKind::protocol, request, [](const Parties& parties) {
        return fmt::format("the response trailers of {} are larger than {} KiB", parties.peer,
                           k_head_bytes_max >> 10);
    });
}

Failure make_bad_status_failure(const Request& request, int status) {
    return fail(FailureKind::protocol, request, [status](const Parties& parties) {
        return fmt::format("{} answered with status {}, which is no answer", parties.peer, status);
    });
}

bool proxied_in_plain(const Request& request) {
    return has_proxy(request) && request.wire->proxy.url.starts_with("http") &&
           request.url.starts_with("http:");
}

Failure make_proxy_failure(const Request& request, int status) {
    const auto reason = [&]() -> std::string_view {
        if (status != k_proxy_wants_credentials) return {};
        const bool given = !request.wire->proxy.user.empty();
        return given ? ": it does not accept the credentials; check proxy_secret"
                     : ": it wants credentials; set proxy_secret";
    };
    return fail(FailureKind::connect, request, [&](const Parties& parties) {
        return fmt::format("{} refused a connection to {} with status {}{}", parties.proxy,
                           parties.peer, status, reason());
    });
}

// What comes from an upstream may be anything, even the credential that it was sent: so it is
// repeated only if it is the name of an encoding.
Failure make_encoding_failure(const Request& request, std::string_view encoding) {
    constexpr std::string_view k_known[] = {"br", "zstd", "compress", "x-compress", "dcb", "dcz"};
    const bool is_known = std::ranges::find(k_known, encoding) != std::end(k_known);
    const std::string what = is_known ? fmt::format("the content-encoding \"{}\"", encoding)
                                      : "a content-encoding that is unknown here";
    return fail(FailureKind::protocol, request, [&what](const Parties& parties) {
        return fmt::format(
            "{} answered with {}, which nobody asked for; only gzip and deflate are understood",
            parties.peer, what);
    });
}

Failure make_shortage_failure(const Request& request, Shortage shortage) {
    if (shortage == Shortage::memory) {
        return fail(FailureKind::no_memory, request, [](const Parties& parties) {
            return fmt::format("the host has no memory left for an exchange with {}", parties.peer);
        });
    }
    return fail(FailureKind::no_descriptors, request, [](const Parties& parties) {
        return fmt::format("the host has no descriptor left for a connection to {}", parties.peer);
    });
}

Failure make_framing_failure(const Request& request, const BodyLength& length) {
    return fail(FailureKind::protocol, request, [&length](const Parties& parties) {
        return parties.peer +
               (length.unreadable
                    ? " gives a length of its response that cannot be read (content-length)"
                    : " says two things of how long its response is (content-length, "
                      "transfer-encoding)");
    });
}

Failure make_packing_failure(const Request& request) {
    return fail(FailureKind::protocol, request, [](const Parties& parties) {
        return fmt::format("the compressed response of {} cannot be unpacked", parties.peer);
    });
}

Failure make_inflation_failure(const Request& request, std::size_t times_max) {
    return fail(FailureKind::protocol, request, [times_max](const Parties& parties) {
        return fmt::format("the compressed response of {} grows to more than {} times its size",
                           parties.peer, times_max);
    });
}

Failure make_overrun_failure(const Request& request, std::size_t bytes_max) {
    return fail(FailureKind::overrun, request, [bytes_max](const Parties& parties) {
        return fmt::format(
            "{} sent more than {} KiB over HTTP/2 ahead of a client that reads slowly; over "
            "HTTP/1.1 it would wait",
            parties.peer, bytes_max >> 10);
    });
}

}  // namespace bellwether::net
