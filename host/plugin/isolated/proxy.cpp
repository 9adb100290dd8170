#include "plugin/isolated/proxy.hpp"

#include <bellwether/ext/estimate.h>

#include <memory>
#include <string_view>

#include "plugin/host_handle.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated/keepers.hpp"
#include "plugin/isolated/remote.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin::isolated {
namespace {

RemoteInstance& remote_of(bw_provider* instance) {
    return *reinterpret_cast<RemoteInstance*>(instance);
}
RemoteCall& remote_of(bw_call* call) { return *reinterpret_cast<RemoteCall*>(call); }
Keepers& keepers_of(bw_service* service) { return *reinterpret_cast<Keepers*>(service); }
Keepers& keepers_of(const bw_setup& setup) { return *setup.host->provider->library->keepers(); }

bw_status proxy_service_open(const bw_setup* setup, bw_service** out) noexcept {
    Keepers& keepers = keepers_of(*setup);
    const bw_status status = keepers.open_service(*setup);
    if (status == BW_OK) *out = reinterpret_cast<bw_service*>(&keepers);
    return status;
}

void proxy_service_close(bw_service* service) noexcept { keepers_of(service).close_service(); }

void proxy_service_notice(bw_service* service, const bw_notice* notice) noexcept {
    keepers_of(service).notice_service(notice->kind);
}

bw_status proxy_create(const bw_setup* setup, bw_provider** out) noexcept {
    Keeper& keeper = keepers_of(*setup).of_worker(setup->host->worker);
    auto remote = Remote::make(keeper, *setup);
    if (!remote) return remote.error();
    auto instance = std::make_unique<RemoteInstance>(
        RemoteInstance{keeper, setup->host, std::string(view(setup->config)), *std::move(remote)});
    *out = reinterpret_cast<bw_provider*>(instance.release());
    return BW_OK;
}

void proxy_destroy(bw_provider* instance) noexcept { delete &remote_of(instance); }

bw_status proxy_call_open(bw_provider* instance, bw_attempt* attempt, const bw_request* request,
                          bw_call** out) noexcept {
    RemoteCall* call = nullptr;
    const bw_status status = remote_of(instance).renewed().open(attempt, *request, call);
    *out = reinterpret_cast<bw_call*>(call);
    return status;
}

bw_status proxy_call_head(bw_call* call, const bw_head* head) noexcept {
    return remote_of(call).remote->head(remote_of(call), *head);
}

bw_status proxy_call_data(bw_call* call, const bw_frame* frame) noexcept {
    return remote_of(call).remote->data(remote_of(call), *frame);
}

bw_status proxy_call_end(bw_call* call, const bw_end* last) noexcept {
    return remote_of(call).remote->end(remote_of(call), *last);
}

void proxy_call_close(bw_call* call, const bw_close* last) noexcept {
    const auto remote = remote_of(call).remote;  // which may have this call alone
    remote->close(remote_of(call), last->reason);
}

bw_status proxy_step(bw_call* call, bw_step* next) noexcept {
    return remote_of(call).remote->step(remote_of(call), *next);
}

bw_status proxy_estimate(bw_provider* instance, const bw_request* request,
                         bw_estimate* most) noexcept {
    return remote_of(instance).remote->estimate(*request, most);
}

}  // namespace

bw_plugin proxy_table(const Keepers& keepers) {
    const Description& plugin = keepers.description();
    bw_plugin table{};
    table.size = sizeof(bw_plugin);
    table.abi_minor = plugin.abi_minor;
    table.host_minor_needed = plugin.host_minor_needed;
    table.request_must = plugin.request_must;
    table.id = plugin.id.c_str();
    table.version = plugin.version.c_str();
    table.manifest = plugin.manifest ? plugin.manifest->c_str() : nullptr;
    if (plugin.has_service) {
        table.service_open = proxy_service_open;
        table.service_close = proxy_service_close;
        if (plugin.hears_notices) table.service_notice = proxy_service_notice;
    }
    table.create = proxy_create;
    table.destroy = proxy_destroy;
    table.call_open = proxy_call_open;
    table.call_head = proxy_call_head;
    table.call_data = proxy_call_data;
    table.call_end = proxy_call_end;
    table.call_close = proxy_call_close;
    return table;
}

const void* extension_of(const Keepers& keepers, const char* id) {
    static constexpr bw_engine_plugin k_engine{
        .size = sizeof(bw_engine_plugin), .reserved = 0, .step = proxy_step};
    static constexpr bw_estimate_plugin k_estimate{
        .size = sizeof(bw_estimate_plugin), .reserved = 0, .estimate = proxy_estimate};
    const std::string_view wanted = id;
    if (wanted == BW_EXT_ENGINE && keepers.description().has_step) return &k_engine;
    if (wanted == BW_EXT_ESTIMATE && keepers.description().has_estimate) return &k_estimate;
    return nullptr;
}

void watch(bw_call* call, bw_ticket ticket) {
    RemoteCall& remote = remote_of(call);
    remote.watch = ticket;
    remote.remote->life().watch(ticket);
}

std::string end_of_process(bw_call* call) {
    return "its plugin's process " + remote_of(call).remote->life().ended().why;
}

bw::rules::Phase phase_of(bw_call* call) {
    return remote_of(call).spoken.phase.value_or(bw::rules::Phase::ending);
}

bool failed_in_data(bw_call* call) { return remote_of(call).failed_in_data; }

}  // namespace bellwether::plugin::isolated
