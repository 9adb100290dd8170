// What the calls of one worker share in order to be counted: the rules, the queues, the worker's
// session with the ledger, and what it has learned of models. On the worker's thread only.
#pragma once

#include <memory>
#include <span>

#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "policy/admission/queues.hpp"
#include "policy/estimate/densities.hpp"
#include "policy/estimate/visibility.hpp"
#include "policy/limits/rules.hpp"
#include "policy/notices/warnings.hpp"

namespace bellwether::policy {

struct Books {
    // `store` may be null: then nothing is counted. `all_warnings` may be null: then nothing is
    // warned of. All arguments must outlive the books, and `config` must stay where it is.
    Books(boost::asio::io_context& loop, const config::Config& config, ledger::Store* store,
          Warnings* all_warnings = nullptr, WebhookPosts* all_posts = nullptr)
        : providers(config.providers),
          rules(config),
          queues(loop),
          warnings(all_warnings),
          posts(all_posts),
          session(store == nullptr ? nullptr : store->open(loop)),
          allows_on_failure(config.ledger.allows_on_failure),
          default_max_tokens(config.server.default_max_tokens),
          default_context(config.server.default_context) {}

    std::span<const config::Provider> providers;
    Rules rules;
    Densities densities;
    Visibility visibility;
    Queues queues;
    Warnings* warnings;
    WebhookPosts* posts;  // set if `warnings` is
    std::unique_ptr<ledger::LedgerSession> session;
    bool allows_on_failure;
    std::int64_t default_max_tokens;
    std::int64_t default_context;
};

}  // namespace bellwether::policy
