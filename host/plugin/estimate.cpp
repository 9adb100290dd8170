#include "plugin/estimate.hpp"

#include <bellwether/provider/rules.hpp>
#include <new>

#include "plugin/callback.hpp"
#include "plugin/request_headers.hpp"
#include "plugin/usage.hpp"

// The handle that a plugin is given while it estimates.
struct bw_estimate {
    bellwether::Usage most;
};

namespace bellwether::plugin {
namespace {

bw_status bound(bw_estimate* estimate, const bw_usage* told) noexcept {
    if (estimate == nullptr || told == nullptr) return BW_E_INTERNAL;
    const bw_usage most = bw::rules::read(*told);
    if (!bw::rules::check_bound(most).ok()) return BW_E_INTERNAL;
    try {
        keep_larger(estimate->most, usage_of(most));
    } catch (const std::bad_alloc&) {
        return BW_E_INTERNAL;
    }
    return BW_OK;
}

}  // namespace

const bw_estimate_host& estimate_host() {
    static constexpr bw_estimate_host k_host{
        .size = sizeof(bw_estimate_host), .reserved = 0, .bound = bound};
    return k_host;
}

std::optional<Usage> estimate(Instance& instance, const Call& call, std::string_view model,
                              std::string_view body) {
    const bw_estimate_plugin* const plugin = instance.estimate();
    if (plugin == nullptr) return std::nullopt;
    const RequestHeaders headers(call, instance.provider());
    bw_request request{};
    request.size = sizeof(bw_request);
    request.operation = static_cast<std::uint32_t>(call.operation);
    if (call.stream) request.flags |= BW_REQUEST_STREAM;
    request.id = str(call.id);
    request.model = str(model);
    request.body = str(body);
    headers.put_into(request);
    bw_estimate answer;
    const bw_status status = plugin::call(instance.provider(), "estimate", plugin->estimate,
                                          instance.handle(), &request, &answer);
    if (status != BW_OK) return std::nullopt;
    return std::move(answer.most);
}

}  // namespace bellwether::plugin
