#include "plugin/net_error.hpp"

#include <fmt/format.h>

namespace bellwether::plugin {

Error to_error(const net::Failure& failure, std::string_view provider) {
    const auto make = [&](ErrorKind kind, const char* code) {
        return Error{.kind = kind,
                     .message = fmt::format("{}: {}", provider, failure.message),
                     .code = code,
                     .detail = fmt::format("{}: {}", provider, failure.for_operator())};
    };
    const auto lack = [&](const char* code) {
        Error error = make(ErrorKind::unavailable, code);
        error.message = failure.message;  // without the provider's name: the host is at fault
        error.retry_after = std::chrono::seconds(1);
        return error;
    };
    switch (failure.kind) {
        case net::FailureKind::resolve:
        case net::FailureKind::connect: return make(ErrorKind::unreachable, "upstream_unreachable");
        case net::FailureKind::tls: return make(ErrorKind::unreachable, "upstream_tls_error");
        case net::FailureKind::connect_timeout: return make(ErrorKind::timeout, "connect_timeout");
        case net::FailureKind::cut: return make(ErrorKind::protocol, "upstream_cut");
        case net::FailureKind::overrun: return make(ErrorKind::protocol, "upstream_too_large");
        case net::FailureKind::no_descriptors: return lack("host_out_of_descriptors");
        case net::FailureKind::no_memory: return lack("host_out_of_memory");
        case net::FailureKind::protocol: break;
    }
    return make(ErrorKind::protocol, "upstream_protocol_error");
}

}  // namespace bellwether::plugin
