// What one worker has for one generation: an instance of each provider, its books, its posts to
// webhooks, and the context of its sessions. On the worker's thread only, but for its making.
#pragma once

#include <memory>
#include <vector>

#include "front/context.hpp"
#include "plugin/instance.hpp"
#include "policy/admission/books.hpp"
#include "policy/notices/webhooks.hpp"
#include "serve/generation.hpp"

namespace bellwether::serve {

// What of a worker stays, whatever the generation. All of it must outlive the generations.
struct WorkerParts {
    std::size_t number;  // of the worker, from 0
    boost::asio::io_context& loop;
    net::Transport& transport;
    credentials::TokenDesk& desk;
    std::mt19937_64& random;
    observe::WorkerMetrics& metrics;
    observe::AccessLog& access_log;
    front::DrainedCalls& drained_calls;
    front::ShadowCalls& shadow_calls;
};

class WorkerGeneration {
  public:
    // `before`: the worker's generation until now, whose instances and books are kept where they
    // are the same; null: this is the first.
    WorkerGeneration(const WorkerParts& parts, front::Surface surface,
                     std::shared_ptr<const Generation> generation, const WorkerGeneration* before);
    WorkerGeneration(const WorkerGeneration&) = delete;
    WorkerGeneration& operator=(const WorkerGeneration&) = delete;

    front::Context& context() { return context_; }
    policy::WebhookPosts& posts() { return posts_; }
    const Generation& generation() const { return *generation_; }

  private:
    const std::shared_ptr<const Generation> generation_;
    std::vector<plugin::ProviderSlot> slots_;
    policy::WebhookPosts posts_;
    policy::Books books_;
    front::Context context_;
};

}  // namespace bellwether::serve
