// The parrot: a provider that answers by itself. A small language model, learnt from text.txt when
// the plugin was built, speaks on threads of its own: no network, no key.
#include <bellwether/provider.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "answer.hpp"
#include "ask.hpp"
#include "generation.hpp"
#include "job.hpp"
#include "weights.hpp"
#include "workers.hpp"

namespace parrot {
namespace {

std::size_t size_option(const bw::Setup& setup, std::string_view name, std::int64_t fallback,
                        std::int64_t least, std::int64_t most) {
    const std::int64_t size = setup.option(name).integer().value_or(fallback);
    if (size >= least && size <= most) return static_cast<std::size_t>(size);
    throw bw::Error(BW_E_INVALID, std::string(name) + " must be from " + std::to_string(least) +
                                      " to " + std::to_string(most))
        .param(name);
}

WorkersSize size_of(const bw::Setup& setup) {
    WorkersSize size;
    size.threads = size_option(setup, "threads", 1, 1, 256);
    size.queue = size_option(setup, "queue", 64, 0, 100'000);
    constexpr std::int64_t k_hour_ms = 3'600'000;
    size.delay = std::chrono::milliseconds(size_option(setup, "delay", 0, 0, k_hour_ms));
    return size;
}

class Parrot {
  public:
    // What the workers of the host share: the weights and the threads.
    class Service {
      public:
        Service(const bw::Setup& setup, const Service* replaced)
            : weights_(replaced ? replaced->weights_ : std::make_shared<Weights>(k_weights)),
              workers_(setup.host(), size_of(setup)) {}

        void notice(bw::Notice notice) {
            if (notice == bw::Notice::drain) workers_.drain();
            if (notice == bw::Notice::memory) weights_->forget_words();
        }
        const std::shared_ptr<Weights>& weights() const { return weights_; }
        Workers& workers() { return workers_; }

      private:
        const std::shared_ptr<Weights> weights_;
        Workers workers_;
    };

    class Call;

    Parrot(const bw::Setup& setup, Service& shared) : host(setup.host()), service(shared) {}

    bw::Host host;
    Service& service;
};

class Parrot::Call {
  public:
    Call(Parrot& parrot, const bw::Request& request, bw::Attempt attempt)
        : Call(parrot, request, attempt, read_ask(request)) {}

    // Also a cancel: what the parrot has said for nobody is billed all the same, and nothing if it
    // never began.
    ~Call() {
        try {
            bw::Usage usage = usage_of(workers_.drop(job_));
            usage.input = std::max<std::int64_t>(usage.input, 0);
            if (!complete_) attempt_.usage(usage);
        } catch (...) {  // the host has refused; nothing is left to tell it
        }
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    bw::Step step() {
        Taken taken = workers_.take(job_);
        for (Output& output : taken.outputs) answer_.add(std::move(output), attempt_);
        const bw::Usage usage = usage_of(taken.counts);
        if (usage.input >= 0) attempt_.usage(usage);
        if (taken.failure) std::rethrow_exception(taken.failure);
        if (!taken.complete) return bw::Step::when_woken();
        answer_.end(usage, attempt_);
        complete_ = true;
        return bw::Step::complete();
    }

  private:
    Call(Parrot& parrot, const bw::Request& request, bw::Attempt attempt, Ask ask)
        : workers_(parrot.service.workers()),
          attempt_(attempt),
          answer_(ask, request, parrot.service.weights()->model(), parrot.host.unix_time()) {
        Generation generation(parrot.service.weights(), std::move(ask));
        job_ = std::make_shared<Job>(attempt.generate(), std::move(generation));
        workers_.add(job_);
    }

    static bw::Usage usage_of(const Counts& counts) {
        bw::Usage usage;
        usage.input = counts.input;
        usage.output = counts.output;
        return usage;
    }

    Workers& workers_;
    bw::Attempt attempt_;
    Answer answer_;
    JobPointer job_;
    bool complete_ = false;
};

constexpr const char* k_manifest = R"json({
  "summary": "a small language model that speaks by itself: no network, no key",
  "operations": ["chat", "completions"],
  "needs": ["bw.engine/1"],
  "concurrency": 64,
  "options": {
    "threads": {"type": "integer", "default": 1, "help": "calls that are answered at once"},
    "queue": {"type": "integer", "default": 64, "help": "calls that may wait; more are refused"},
    "delay": {"type": "duration", "default": "0ms", "help": "pause before each token"}
  },
  "models": [
    {"id": "parrot", "context": 8192, "max_output": 4096, "owned_by": "bellwether"},
    {"id": "parrot-mini", "context": 1024, "max_output": 512, "owned_by": "bellwether"}
  ]
})json";

}  // namespace
}  // namespace parrot

BW_PROVIDER(parrot::Parrot, "dev.bellwether.parrot", "1.0.0", parrot::k_manifest)
