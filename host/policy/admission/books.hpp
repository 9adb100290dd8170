// What the calls of one worker and one configuration share in order to be counted: the rules, the
// queues, the worker's session with the ledger, and what it has learned of models. On the worker's
// thread only.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "policy/admission/queues.hpp"
#include "policy/estimate/densities.hpp"
#include "policy/estimate/visibility.hpp"
#include "policy/limits/rules.hpp"
#include "policy/notices/warnings.hpp"

namespace bellwether::policy {

// What of a worker's books outlives a configuration: calls of the one before still wait in these
// queues and settle in this session.
struct LastingBooks {
    LastingBooks(boost::asio::io_context& loop,
                 std::unique_ptr<ledger::LedgerSession> ledger_session)
        : queues(loop), session(std::move(ledger_session)) {}

    Densities densities;
    Visibility visibility;
    Queues queues;
    std::unique_ptr<ledger::LedgerSession> session;  // null: nothing is counted
};

struct Books {
    // `all_warnings` may be null: then nothing is warned of. All arguments must outlive the books,
    // and `config` must stay where it is.
    Books(std::shared_ptr<LastingBooks> those_that_last, const config::Config& config,
          Warnings* all_warnings = nullptr, WebhookPosts* all_posts = nullptr)
        : lasting(std::move(those_that_last)),
          providers(config.providers),
          rules(config),
          warnings(all_warnings),
          posts(all_posts),
          allows_on_failure(config.ledger.allows_on_failure),
          default_max_tokens(config.server.default_max_tokens),
          default_context(config.server.default_context) {}
    // The books of a worker that begins. `store` may be null: then nothing is counted.
    Books(boost::asio::io_context& loop, const config::Config& config, ledger::Store* store,
          Warnings* all_warnings = nullptr, WebhookPosts* all_posts = nullptr)
        : Books(
              std::make_shared<LastingBooks>(loop, store == nullptr ? nullptr : store->open(loop)),
              config, all_warnings, all_posts) {}

    const std::shared_ptr<LastingBooks> lasting;
    std::span<const config::Provider> providers;
    Rules rules;
    Densities& densities = lasting->densities;
    Visibility& visibility = lasting->visibility;
    Queues& queues = lasting->queues;
    Warnings* warnings;
    WebhookPosts* posts;  // set if `warnings` is
    std::unique_ptr<ledger::LedgerSession>& session = lasting->session;
    bool allows_on_failure;
    std::int64_t default_max_tokens;
    std::int64_t default_context;
};

}  // namespace bellwether::policy
