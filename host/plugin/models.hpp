// Asks a provider's upstream which models it has, through the real path: the plugin's own request,
// the provider's time-outs, certificates and credential. For checks and probes, never for calls.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "credentials/token_desk.hpp"
#include "net/transport.hpp"
#include "plugin/instance.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

struct ModelList {
    bool asked = false;            // false: the provider has no upstream; the ids are its own
    std::vector<std::string> ids;  // sorted, each once
};

// Whether the provider has an upstream, and a plugin that can ask it for its models.
bool can_be_asked(const LoadedProvider& provider);

struct WhichModels {
    std::shared_ptr<Instance> instance;  // its provider can be asked
    std::chrono::milliseconds limit;
    std::size_t credential = 0;  // which one of the provider's goes out with the question
};

// One question, and its answer. On the thread that runs the loop. Dropping it cancels the question.
class ModelsQuestion {
  public:
    using OnAnswer = std::function<void(Result<std::vector<std::string>>)>;

    // `on_answer` is called once, from the loop and after the limit at the latest, with the ids in
    // the order of the answer. It may destroy the question.
    ModelsQuestion(boost::asio::io_context& loop, net::Transport& transport,
                   credentials::TokenDesk& desk, WhichModels which, OnAnswer on_answer);
    ~ModelsQuestion();

  private:
    class Asking;
    std::shared_ptr<Asking> asking_;
};

// Blocks until the answer is there, at most `limit`. ErrorKind::unsupported: the plugin cannot list
// models. `credential`: which one of the provider's goes out with the question.
Result<ModelList> list_models(const std::shared_ptr<const LoadedProvider>& provider,
                              std::chrono::milliseconds limit, std::size_t credential = 0);

}  // namespace bellwether::plugin
