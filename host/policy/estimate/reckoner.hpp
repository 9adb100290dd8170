// Says what one call may use at each of its targets, and what its attempts have used. Each call has
// one, on its worker's thread. It reads what the worker has learned of models, and adds to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/call.hpp"
#include "plugin/instance.hpp"
#include "policy/admission/books.hpp"
#include "policy/estimate/prompt_size.hpp"
#include "policy/estimate/reckon.hpp"
#include "route/table.hpp"

namespace bellwether::policy {

class Reckoner {
  public:
    // All arguments must outlive the reckoner.
    Reckoner(Books& books, std::span<plugin::ProviderSlot> slots, const Call& call);

    // For another request of the call that `other` is of: it goes by the same books, and stops what
    // runs beyond its hold if the other one does.
    Reckoner(const Reckoner& other, const Call& call);

    // What the body asks for that is sent to this target: the client's own request, unless the
    // target changes it. The reference lasts as long as the reckoner and the call.
    const AskedInBody& asked(const route::Candidate& candidate);
    // What the call may use at most at this target. The figure stays the same while the call lives,
    // whatever is learned meanwhile. The reference lasts until another target is asked for.
    const Bound& bound(const route::Candidate& candidate);
    // What an attempt at this target has used. If the provider's report is not believed, a warning
    // goes to the log, at most once a minute.
    Reckoned at_end(const route::Candidate& candidate, AnswerSeen heard, Ending ending);
    // True if the prompt has no pictures, no sound, no files and no unknown parts.
    bool is_text_only();
    // Learns of the model from a complete answer.
    void learn(const route::Candidate& candidate, const AnswerSeen& heard);

    // From now on a stream that runs far beyond its hold is stopped (is_past_hold() may be true).
    // For a call that is counted by a budget or a limit which refuses.
    void keep_to_hold() { kept_to_hold_ = true; }
    bool is_past_hold(const route::Candidate& candidate, const AnswerSeen& heard);

  private:
    // The request as a target gets it that changes the body.
    struct ChangedRequest {
        AskedInBody asked;
        PromptSize prompt;
    };
    struct Known {
        std::size_t provider;
        std::string model;
        const config::Target* changing;  // null, as is the next one: the target changes nothing
        std::unique_ptr<const ChangedRequest> changed;
        Bound bound;
    };

    const PromptSize& prompt();
    void ask_plugin(const route::Candidate& candidate, const Call& call, Bound& bound);
    const Known& known(const route::Candidate& candidate);
    Reckoned judge(const route::Candidate& candidate, const AnswerSeen& heard, Ending ending);
    void add_what_was_asked(const route::Candidate& candidate, Usage& usage);
    bool is_ordinary(const AnswerSeen& heard) const;

    Books& books_;
    std::span<plugin::ProviderSlot> slots_;
    const Call& call_;
    std::optional<PromptSize> prompt_;
    std::vector<Known> known_;
    bool kept_to_hold_ = false;
};

}  // namespace bellwether::policy
