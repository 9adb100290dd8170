// Asks a provider's upstream which models it has, through the real path: the plugin's own request,
// the provider's time-outs, certificates and credential. For checks, never for calls.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "plugin/registry.hpp"

namespace bw::plugin {

struct ModelList {
    bool asked = false;            // false: the provider has no upstream; the ids are its own
    std::vector<std::string> ids;  // sorted, each once
};

// Blocks until the answer is there, at most `limit`. ErrorKind::unsupported: the plugin cannot list
// models.
Result<ModelList> list_models(const std::shared_ptr<const LoadedProvider>& provider,
                              std::chrono::milliseconds limit);

}  // namespace bw::plugin
