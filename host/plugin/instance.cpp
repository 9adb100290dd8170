#include "plugin/instance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.hpp"
#include "plugin/callback.hpp"
#include "plugin/crash_report.hpp"
#include "plugin/places.hpp"
#include "plugin/secret_texts.hpp"

namespace bellwether::plugin {
namespace {

constexpr std::chrono::seconds k_recreate_after{1};
constexpr std::chrono::milliseconds k_retry_after_max{std::chrono::hours(24 * 31)};

ErrorKind kind_of(bw_status status) {
    switch (status) {
        case BW_E_INVALID: return ErrorKind::invalid;
        case BW_E_UNSUPPORTED: return ErrorKind::unsupported;
        case BW_E_AUTH: return ErrorKind::auth;
        case BW_E_QUOTA: return ErrorKind::quota;
        case BW_E_RATE: return ErrorKind::rate;
        case BW_E_PROTOCOL: return ErrorKind::protocol;
        case BW_E_INTERNAL: return ErrorKind::internal;
        case BW_E_NOT_FOUND: return ErrorKind::not_found;
        case BW_E_CONTEXT_LENGTH: return ErrorKind::context_length;
        case BW_E_CONTENT_FILTER: return ErrorKind::content_filter;
        default: return ErrorKind::upstream;
    }
}

}  // namespace

Instance::Instance(std::shared_ptr<const LoadedProvider> provider, std::size_t worker)
    : provider_(std::move(provider)), host_{.provider = provider_.get(), .worker = worker} {}

Result<std::shared_ptr<Instance>> Instance::create(std::shared_ptr<const LoadedProvider> provider,
                                                   std::size_t worker) {
    auto instance = std::shared_ptr<Instance>(new Instance(std::move(provider), worker));
    const LoadedProvider& described = instance->provider();
    give_thread_a_stack_for_crashes();
    const auto service = described.service->of(described);
    if (!service) return std::unexpected(service.error());
    const bw_setup setup{.size = sizeof(bw_setup),
                         .flags = 0,
                         .api = &host_api(),
                         .host = &instance->host_,
                         .service = *service,
                         .config = str(described.config)};
    const bw_status status =
        call(described, "create", instance->table().create, &setup, &instance->handle_);
    if (status != BW_OK) {
        instance->handle_ = nullptr;
        return std::unexpected(failure(status, std::move(instance->host_.told), described));
    }
    if (instance->handle_ == nullptr) {
        return fail(ErrorKind::internal, "its create gave no instance", "plugin_error");
    }
    instance->engine_ =
        static_cast<const bw_engine_plugin*>(described.library->extension(BW_EXT_ENGINE));
    instance->estimate_ =
        static_cast<const bw_estimate_plugin*>(described.library->extension(BW_EXT_ESTIMATE));
    if (instance->engine_ != nullptr && !BW_CAN(instance->engine_, step)) {
        instance->engine_ = nullptr;
    }
    if (instance->estimate_ != nullptr && !BW_CAN(instance->estimate_, estimate)) {
        instance->estimate_ = nullptr;
    }
    return instance;
}

Instance::~Instance() {
    if (handle_ != nullptr) call(provider(), "destroy", table().destroy, handle_);
}

Result<std::shared_ptr<Instance>> ProviderSlot::acquire() {
    if (!provider_->unavailable.empty()) {
        return fail(ErrorKind::unavailable, provider_->unavailable, "provider_not_configured");
    }
    if (instance_ && !instance_->poisoned()) return instance_;
    const auto now = Clock::now();
    if (now - created_ < k_recreate_after) {
        return fail(ErrorKind::internal,
                    fmt::format("provider \"{}\" is restarting after a fault in its plugin",
                                provider_->name),
                    "plugin_error");
    }
    created_ = now;
    instance_.reset();
    auto created = Instance::create(provider_, worker_);
    if (!created) return std::unexpected(created.error());
    instance_ = *created;
    return instance_;
}

struct ProviderSlot::CanarySlot {
    std::shared_ptr<CanaryRecord> record;
    ProviderSlot slot;
};

void ProviderSlot::follow(const Canary& canary) {
    if (canary.provider == nullptr) return canary_.reset();
    if (canary_ && canary_->slot.provider_ == canary.provider) {
        canary_ = std::make_shared<CanarySlot>(canary.record, canary_->slot);
    } else {
        canary_ =
            std::make_shared<CanarySlot>(canary.record, ProviderSlot(canary.provider, {}, worker_));
    }
}

const ProviderSlot* ProviderSlot::canary() const { return canary_ ? &canary_->slot : nullptr; }

// Where the new version has no instance, the old one answers in its place.
Result<AttemptInstance> ProviderSlot::acquire_for(Operation operation) {
    if (!canary_) {
        auto instance = acquire();
        if (!instance) return std::unexpected(std::move(instance.error()));
        return AttemptInstance{*std::move(instance)};
    }
    CanaryRecord& record = *canary_->record;
    if (canary_->slot.provider().manifest.serves(operation) && record.takes_next()) {
        if (auto instance = canary_->slot.acquire()) {
            return AttemptInstance{*std::move(instance), &record.of_new};
        }
        record.of_new.ended(VersionEnd::failed);
    }
    auto instance = acquire();
    if (!instance) return std::unexpected(std::move(instance.error()));
    return AttemptInstance{*std::move(instance), &record.of_old};
}

Error to_error(const bw_error& error, const LoadedProvider& provider) {
    constexpr std::size_t k_text_bytes_max = 64u << 10;
    const auto text = [&provider](bw_str said) {
        return presentable(view(said).substr(0, k_text_bytes_max), provider);
    };
    Error result{.kind = kind_of(error.status),
                 .message = text(error.message),
                 .code = text(error.code),
                 .param = text(error.param),
                 .http_status = static_cast<int>(error.http_status)};
    if (error.retry_after_ms > 0) {
        result.retry_after =
            std::min(std::chrono::milliseconds(error.retry_after_ms), k_retry_after_max);
    }
    // A plugin's message may hold the upstream's address, which only the operator may see.
    if (auto hidden = without_places(result.message, provider.places); hidden != result.message) {
        result.detail = std::exchange(result.message, std::move(hidden));
    }
    if (error.raw.len <= k_text_bytes_max) {
        result.raw = without_places(text(error.raw), provider.places);
    }
    result.code = without_places(result.code, provider.places);
    result.param = without_places(result.param, provider.places);
    return result;
}

Error failure(bw_status status, std::optional<Error> told, const LoadedProvider& provider) {
    Error error = told ? *std::move(told) : Error{};
    error.kind = kind_of(status);
    if (status == BW_E_INTERNAL && error.code == "out_of_memory")
        return bellwether::out_of_memory();
    if (error.message.empty()) {
        error.message = fmt::format("provider \"{}\" failed without saying why", provider.name);
    }
    return error;
}

}  // namespace bellwether::plugin
