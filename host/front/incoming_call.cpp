#include "front/incoming_call.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.hpp"
#include "front/time_allowed.hpp"
#include "front/trace_context.hpp"
#include "json/request.hpp"

namespace bellwether::front {
namespace {

constexpr std::string_view k_cost_header = "x-bellwether-cost";

// The values of all fields of that name as one list. A sender may divide a list over several
// fields, whose order is the order of the list (RFC 9110, 5.3).
std::string joined(const http::IncomingRequest& request, std::string_view lower_case_name) {
    std::string list;
    for (const http::Field& field : request.fields) {
        if (field.name != lower_case_name || field.value.empty()) continue;
        if (!list.empty()) list += ',';
        list += field.value;
    }
    return list;
}

// Limits of forwarded headers: the bytes of one value, and how many headers one call may have.
constexpr std::size_t k_forwarded_bytes_max = 4u << 10;
constexpr std::size_t k_forwarded_max = 64;

}  // namespace

Call incoming_call(http::IncomingRequest& request, Operation operation, std::string id,
                   const config::Key* caller, std::mt19937_64& random) {
    auto trace =
        trace_context(request.header("traceparent"), joined(request, "tracestate"), random);
    return {.id = std::move(id),
            .traceparent = std::move(trace.traceparent),
            .tracestate = std::move(trace.tracestate),
            .operation = operation,
            .body = std::move(request.body),
            .cost_in_body =
                request.header(k_cost_header) == "body" ? CostInBody::asked : CostInBody::never,
            .timeout = joined(request, k_timeout_header),
            .started = Clock::now(),
            .key = caller == nullptr ? std::string() : caller->id,
            .key_name = caller == nullptr ? std::string() : caller->name,
            .team = caller == nullptr ? std::string() : caller->team};
}

void take_user(Call& call, const http::IncomingRequest& request, std::string_view lower_case_name) {
    if (lower_case_name.empty()) return;
    const std::string_view user = request.header(lower_case_name);
    for (const http::Field& field : request.fields) {
        if (field.name == lower_case_name && field.value != user) return;
    }
    json::name_user(call, UserSource::header, user);
}

std::vector<std::string> kept_headers(const config::Config& config,
                                      const plugin::Registry& registry) {
    std::vector<std::string> names;
    const auto add = [&names](const std::vector<std::string>& more) {
        names.insert(names.end(), more.begin(), more.end());
    };
    for (const auto& provider : config.providers) add(provider.forward_headers);
    for (const auto& provider : registry.providers) add(provider->manifest.request_headers);
    for (const auto& [name, canary] : registry.canaries) {
        if (canary.provider) add(canary.provider->manifest.request_headers);
    }
    for (const auto& route : config.routes) {
        if (route.sticky_by.of == config::StickyBy::Of::header) {
            names.push_back(route.sticky_by.header);
        }
    }
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    return names;
}

void take_forwarded(Call& call, const http::IncomingRequest& request,
                    const std::vector<std::string>& kept_headers) {
    for (const http::Field& field : request.fields) {
        if (std::ranges::find(kept_headers, field.name) == kept_headers.end()) continue;
        if (field.value.size() > k_forwarded_bytes_max) continue;
        if (call.forwarded.size() == k_forwarded_max) return;
        call.forwarded.push_back({std::string(field.name), std::string(field.value)});
    }
}

}  // namespace bellwether::front
