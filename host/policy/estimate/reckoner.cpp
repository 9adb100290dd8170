#include "policy/estimate/reckoner.hpp"

#include <algorithm>
#include <chrono>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "observe/seldom.hpp"
#include "policy/estimate/reported_total.hpp"

namespace bw::policy {
namespace {

constinit observe::Seldom doubt_lines(std::chrono::minutes(1));

// What the provider's plugin knows of a model, with defaults for what it does not know.
ModelFacts facts_of(const plugin::LoadedProvider& provider, std::string_view model,
                    const Books& books) {
    ModelFacts facts{.density = books.densities.of(provider.name, model),
                     .context = books.default_context,
                     .output_max = books.default_max_tokens};
    const auto known = std::ranges::find(provider.models, model, &plugin::Model::id);
    if (known == provider.models.end()) return facts;
    if (known->context > 0) facts.context = known->context;
    if (known->max_output > 0) facts.output_max = known->max_output;
    facts.thinks_unasked = known->stream_only;
    return facts;
}

void tell(std::string_view provider, std::string_view model, const Usage& reported,
          const Reckoned& reckoned) {
    if (reckoned.doubt == Doubt::none) return;
    if (!doubt_lines.may(Clock::now())) return;
    observe::warn(
        "provider \"{}\" reports a usage of {} and {} tokens for a call of the model \"{}\", which "
        "is {}: it is counted with {} and {}; more of these are told of once a minute, see "
        "bellwether_usage_doubted_total",
        provider, reported.input_tokens, reported.output_tokens, model,
        reckoned.doubt == Doubt::too_much ? "more than such a call can come to"
                                          : "less than was seen of it",
        reckoned.usage.input_tokens, reckoned.usage.output_tokens);
}

}  // namespace

Reckoner::Reckoner(Books& books, std::span<plugin::ProviderSlot> slots, const Call& call)
    : books_(books), slots_(slots), call_(call) {}

const PromptSize& Reckoner::prompt() {
    if (!prompt_) prompt_ = measure_prompt(call_);
    return *prompt_;
}

Bound Reckoner::bound(const route::Candidate& candidate) {
    const auto known = std::ranges::find_if(known_, [&](const Known& one) {
        return one.provider == candidate.provider && one.model == candidate.model;
    });
    if (known != known_.end()) return known->bound;
    const plugin::LoadedProvider& provider = slots_[candidate.provider].provider();
    const ModelFacts model = facts_of(provider, candidate.model, books_);
    known_.push_back({candidate.provider, candidate.model, bound_of(call_, prompt(), model)});
    return known_.back().bound;
}

// True if a report is plainly sound. Says so without measuring the prompt, which costs time.
bool Reckoner::is_ordinary(const AnswerSeen& heard) const {
    const Usage& told = heard.reported;
    const auto body_bytes = static_cast<std::int64_t>(call_.body.size());
    const bool input =
        told.input_tokens > body_bytes / k_bytes_for_token_max && told.input_tokens <= body_bytes;
    const bool output = heard.reported_last && told.output_tokens > 0 &&
                        !is_too_little(heard, told.output_tokens) &&
                        told.output_tokens <= books_.default_max_tokens;
    const bool parts = told.cached_input_tokens <= told.input_tokens &&
                       told.reasoning_tokens <= told.output_tokens && told.units.empty();
    return input && parts && (output || call_.operation == Operation::embeddings);
}

bool Reckoner::is_text_only() { return prompt().media_tokens == 0 && prompt().part_tokens == 0; }

// Fills in what the cost depends on and the provider did not report: the service tier, and that a
// prompt of text alone has no sound and no pictures.
void Reckoner::add_what_was_asked(Usage& usage) {
    if (usage.service_tier.empty()) usage.service_tier = call_.asked.service_tier;
    if (usage.source != UsageSource::estimate || !is_text_only()) return;
    usage.audio_input_tokens = usage.image_input_tokens = 0;
}

Reckoned Reckoner::at_end(const route::Candidate& candidate, AnswerSeen heard, Ending ending) {
    if (ending == Ending::nothing) return {};
    divide_total(heard.reported, call_, heard.seen);
    Reckoned reckoned = judge(candidate, heard, ending);
    reckoned.usage.thought = heard.thoughts;
    add_what_was_asked(reckoned.usage);
    return reckoned;
}

Reckoned Reckoner::judge(const route::Candidate& candidate, const AnswerSeen& heard,
                         Ending ending) {
    const bool counted = books_.session != nullptr;
    if (!counted && ending == Ending::complete && is_ordinary(heard)) return {heard.reported};
    const std::string& provider = slots_[candidate.provider].provider().name;
    Shows shows = books_.visibility.of(provider, candidate.model, call_.asked.thinks());
    // Without a ledger nothing is counted, and what was seen says more than what may have been.
    if (!counted && shows == Shows::unknown) shows = Shows::all;
    const Reckoned reckoned = reckon(bound(candidate), heard, ending, shows, call_.asked.thinks());
    tell(provider, candidate.model, heard.reported, reckoned);
    return reckoned;
}

void Reckoner::learn(const route::Candidate& candidate, const AnswerSeen& heard) {
    if (!books_.session) return;  // without a ledger there are no holds to learn for
    const std::string& provider = slots_[candidate.provider].provider().name;
    const AskedInBody& asked = call_.asked;
    const bool shows_choices = asked.choices <= asked.choices_shown && !asked.echo;
    if (shows_choices) books_.visibility.learn(provider, candidate.model, asked.thinks(), heard);
    const std::int64_t input = heard.reported.input_tokens;
    if (input > 0 && input <= bound(candidate).believed.input) {
        books_.densities.learn(provider, candidate.model, prompt(), input);
    }
}

bool Reckoner::is_past_hold(const route::Candidate& candidate, const AnswerSeen& heard) {
    return kept_to_hold_ && !call_.asked.echo && policy::is_past_hold(bound(candidate), heard);
}

}  // namespace bw::policy
