#include "plugin/service.hpp"

#include <utility>

#include "plugin/callback.hpp"
#include "plugin/crash_report.hpp"
#include "plugin/instance.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

void SharedService::open(const LoadedProvider& provider) {
    const bw_plugin& table = provider.library->table();
    if (table.service_open == nullptr) return;
    provider_ = &provider;
    host_.provider = &provider;
    bw_setup setup{};
    setup.size = sizeof(bw_setup);
    setup.api = &host_api();
    setup.host = &host_;
    setup.config = str(provider.config);
    give_thread_a_stack_for_crashes();
    const bw_status status =
        call_slow(provider, "service_open", table.service_open, &setup, &handle_);
    if (status == BW_OK && handle_ == nullptr) {
        failed_ = {.kind = ErrorKind::internal,
                   .message = "its service_open gave no service",
                   .code = "plugin_error"};
    }
    if (status == BW_OK) return;
    handle_ = nullptr;
    failed_ = failure(status, std::exchange(host_.told, {}), provider);
}

Result<bw_service*> SharedService::of(const LoadedProvider& provider) {
    std::call_once(once_, [&] { open(provider); });
    if (failed_) return std::unexpected(*failed_);
    return handle_;
}

void SharedService::notice(std::uint32_t kind) {
    if (handle_ == nullptr || provider_->library->table().service_notice == nullptr) return;
    const Lock lock(notices_);
    if (kind == BW_NOTICE_DRAIN && std::exchange(drains_, true)) return;
    bw_notice said{};
    said.size = sizeof(bw_notice);
    said.kind = kind;
    call_slow(*provider_, "service_notice", provider_->library->table().service_notice, handle_,
              &said);
}

SharedService::~SharedService() {
    if (handle_ == nullptr) return;
    call_slow(*provider_, "service_close", provider_->library->table().service_close, handle_);
}

}  // namespace bellwether::plugin
