// What one call may come to at each of its targets, and what its attempts came to. One for each
// call, on its worker; it asks what the worker has learned, and adds to it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/call.hpp"
#include "plugin/instance.hpp"
#include "policy/admission/books.hpp"
#include "policy/estimate/prompt_size.hpp"
#include "policy/estimate/reckon.hpp"
#include "route/table.hpp"

namespace bw::policy {

class Reckoner {
  public:
    // All must outlive it.
    Reckoner(Books& books, std::span<plugin::ProviderSlot> slots, const Call& call);

    // The same for as long as the call lives, whatever is learned meanwhile.
    Bound bound(const route::Candidate& candidate);
    // What an attempt there came to. If what was reported is not taken as it is, the log is told.
    Reckoned at_end(const route::Candidate& candidate, Heard heard, Ending ending);
    // Neither sound nor pictures are sent, nor anything that nobody knows.
    bool is_text_only();
    // From a complete answer.
    void learn(const route::Candidate& candidate, const Heard& heard);

    // From now on a stream is stopped that runs far past its hold: the call has a budget or a limit
    // to keep.
    void keep_to_hold() { kept_to_hold_ = true; }
    bool is_past_hold(const route::Candidate& candidate, const Heard& heard);

  private:
    struct Known {
        std::size_t provider;
        std::string model;
        Bound bound;
    };

    const PromptSize& prompt();
    Reckoned judge(const route::Candidate& candidate, const Heard& heard, Ending ending);
    void add_what_was_asked(Usage& usage);
    bool is_ordinary(const Heard& heard) const;

    Books& books_;
    std::span<plugin::ProviderSlot> slots_;
    const Call& call_;
    std::optional<PromptSize> prompt_;
    std::vector<Known> known_;
    bool kept_to_hold_ = false;
};

}  // namespace bw::policy
