// Checks a configuration against the providers' own lists of models: finds routes to models that do
// not exist, and prices for such models. Pure: the caller has fetched the lists.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "plugin/models.hpp"

namespace bellwether::policy {

// A credential that was tried by itself: one of several keys, or one that needs a token.
struct CredentialCheck {
    std::string name;    // its reference, "env:NAME", or as the plugin's manifest calls it
    bool token = false;  // it is about its token alone
    Result<void> result;
    std::string advice;  // what to do about a failure; may be empty
};

struct ProviderCheck {
    std::string provider;
    Result<plugin::ModelList> models;
    std::vector<CredentialCheck> credentials{};
    std::chrono::milliseconds latency{0};
    bool skipped = false;  // it cannot be asked, and that is no fault of the configuration
    std::string advice;    // what to do about a failure; may be empty
};

struct LiveFinding {
    bool broken = false;  // else a warning
    std::string place;    // file:line
    std::string message;
};

// `checks`: one a provider, in the order of the configuration.
std::vector<LiveFinding> judge_lists(const config::Config& config,
                                     const std::vector<ProviderCheck>& checks);

}  // namespace bellwether::policy
