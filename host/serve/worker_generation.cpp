#include "serve/worker_generation.hpp"

#include <algorithm>

namespace bellwether::serve {
namespace {

using plugin::ProviderSlot;

http::MessageLimits limits_of(const config::Server& server) {
    return {.request_line_bytes = server.front.request_line_bytes_max,
            .header_bytes = server.front.header_bytes_max,
            .header_count = server.front.header_count_max,
            .body_bytes = std::min(server.max_body_bytes, server.bodies_bytes_max),
            .inflate_ratio = server.front.inflate_ratio_max};
}

// A provider that is the same keeps its instance, and so does one whose canary has passed.
ProviderSlot slot_of(const std::shared_ptr<const plugin::LoadedProvider>& provider,
                     const std::vector<ProviderSlot>& before, std::size_t worker) {
    for (const ProviderSlot& slot : before) {
        if (&slot.provider() == provider.get()) return slot;
        const ProviderSlot* const canary = slot.canary();
        if (canary != nullptr && &canary->provider() == provider.get()) return *canary;
    }
    return ProviderSlot(provider, {}, worker);
}

std::vector<ProviderSlot> slots_of(const plugin::Registry& registry,
                                   const std::vector<ProviderSlot>& before, std::size_t worker) {
    std::vector<ProviderSlot> slots;
    for (const auto& provider : registry.providers) {
        slots.push_back(slot_of(provider, before, worker));
        const auto canary = registry.canaries.find(provider->name);
        slots.back().follow(canary == registry.canaries.end() ? plugin::Canary() : canary->second);
    }
    return slots;
}

std::shared_ptr<policy::LastingBooks> lasting_books(boost::asio::io_context& loop,
                                                    ledger::Store* store,
                                                    const policy::Books* before) {
    const bool same = before != nullptr && (before->session != nullptr) == (store != nullptr);
    if (same) return before->lasting;
    return std::make_shared<policy::LastingBooks>(loop,
                                                  store == nullptr ? nullptr : store->open(loop));
}

}  // namespace

WorkerGeneration::WorkerGeneration(const WorkerParts& parts, front::Surface surface,
                                   std::shared_ptr<const Generation> generation,
                                   const WorkerGeneration* before)
    : generation_(std::move(generation)),
      slots_(slots_of(generation_->host().registry,
                      before == nullptr ? std::vector<ProviderSlot>() : before->slots_,
                      parts.number)),
      posts_(parts.loop, parts.transport, generation_->host().webhooks,
             *generation_->running().webhook_counts),
      books_(lasting_books(parts.loop,
                           surface.takes_calls ? generation_->running().ledger.get() : nullptr,
                           before == nullptr ? nullptr : &before->books_),
             generation_->host().config, generation_->running().warnings.get(), &posts_),
      context_{.host = generation_->host(),
               .engine = {parts.loop, parts.transport, parts.desk, slots_,
                          *generation_->running().upstreams, parts.random,
                          generation_->running().waiting.get()},
               .books = books_,
               .drained_calls = parts.drained_calls,
               .running = generation_->running(),
               .metrics = parts.metrics,
               .access_log = parts.access_log,
               .random = parts.random,
               .http_limits = limits_of(generation_->host().config.server),
               .shadow_calls = &parts.shadow_calls,
               .surface = surface,
               .generation = generation_->number()} {}

}  // namespace bellwether::serve
