// What a worker's calls share to be counted: the rules, the worker's session with the ledger, and
// what it has learned of prompts. On the worker's thread only.
#pragma once

#include <memory>
#include <span>

#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "policy/admission/lines.hpp"
#include "policy/estimate/densities.hpp"
#include "policy/estimate/visibility.hpp"
#include "policy/limits/rules.hpp"
#include "policy/notices/warnings.hpp"

namespace bw::policy {

struct Books {
    // Without a store nothing is counted, without warnings nothing is said. All must outlive the
    // books, and `config` stay where it is.
    Books(boost::asio::io_context& loop, const config::Config& config, ledger::Store* store,
          Warnings* all_warnings = nullptr, WebhookPosts* all_posts = nullptr)
        : providers(config.providers),
          rules(config),
          lines(loop),
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
    Lines lines;
    Warnings* warnings;
    WebhookPosts* posts;  // there, if warnings are
    std::unique_ptr<ledger::LedgerSession> session;
    bool allows_on_failure;
    std::int64_t default_max_tokens;
    std::int64_t default_context;
};

}  // namespace bw::policy
