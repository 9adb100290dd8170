#include "policy/attempts/useful_error.hpp"

#include "policy/attempts/next_step.hpp"

namespace bellwether::policy {
namespace {

// Whether the operator has to mend something before the provider can serve any call.
bool is_operators(const Error& error) {
    return error.code == "provider_not_configured" || error.code == k_tls_error;
}

int usefulness(const Error& error) {
    constexpr int k_operators = 2;
    if (is_operators(error)) return k_operators;
    switch (error.kind) {
        case ErrorKind::cancelled: return 9;
        case ErrorKind::budget: return 8;
        case ErrorKind::rate: return 7;
        case ErrorKind::timeout:
        case ErrorKind::upstream:
        case ErrorKind::unreachable:
        case ErrorKind::protocol:
        case ErrorKind::internal:
        case ErrorKind::unavailable: return 6;
        case ErrorKind::content_filter: return 5;
        case ErrorKind::context_length: return 4;
        case ErrorKind::invalid: return 3;
        case ErrorKind::quota:
        case ErrorKind::auth: return k_operators;
        case ErrorKind::not_found: return 1;
        case ErrorKind::unsupported: return 0;
    }
    return 0;
}

}  // namespace

bool is_more_useful(const Error& later, const Error& earlier) {
    const int more = usefulness(later) - usefulness(earlier);
    if (more != 0) return more > 0;
    if (later.kind != ErrorKind::rate || !earlier.retry_after) return true;
    return later.retry_after && *later.retry_after <= *earlier.retry_after;
}

}  // namespace bellwether::policy
