#include "policy/estimate/reckoner.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "observe/seldom.hpp"
#include "plugin/estimate.hpp"
#include "policy/estimate/body_changes.hpp"
#include "policy/estimate/reported_total.hpp"

namespace bellwether::policy {
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

// A number of tokens that was reported.
std::string said(std::int64_t tokens) { return tokens < 0 ? "unsaid" : std::to_string(tokens); }

void tell(std::string_view provider, std::string_view model, const Usage& reported,
          const Reckoned& reckoned) {
    if (reckoned.doubt == Doubt::none) return;
    if (!doubt_lines.may(Clock::now())) return;
    observe::warn(
        "provider \"{}\" reports a usage of {} and {} tokens for a call of the model \"{}\", which "
        "is {}: it is counted with {} and {}; more of these are told of once a minute, see "
        "bellwether_usage_doubted_total",
        provider, said(reported.input_tokens), said(reported.output_tokens), model,
        reckoned.doubt == Doubt::too_much ? "more than such a call can come to"
                                          : "less than was seen of it",
        reckoned.usage.input_tokens, reckoned.usage.output_tokens);
}

}  // namespace

Reckoner::Reckoner(Books& books, std::span<plugin::ProviderSlot> slots, const Call& call)
    : books_(books), slots_(slots), call_(call) {}

Reckoner::Reckoner(const Reckoner& other, const Call& call)
    : books_(other.books_), slots_(other.slots_), call_(call), kept_to_hold_(other.kept_to_hold_) {}

const PromptSize& Reckoner::prompt() {
    if (!prompt_) prompt_ = measure_prompt(call_);
    return *prompt_;
}

const Reckoner::Known& Reckoner::known(const route::Candidate& candidate) {
    const bool changes = has_body_changes(candidate);
    const config::Target* const changing = changes ? candidate.target : nullptr;
    const auto found = std::ranges::find_if(known_, [&](const Known& one) {
        return one.provider == candidate.provider && one.model == candidate.model &&
               one.changing == changing;
    });
    if (found != known_.end()) return *found;
    const plugin::LoadedProvider& provider = slots_[candidate.provider].provider();
    const ModelFacts model = facts_of(provider, candidate.model, books_);
    Known& made = known_.emplace_back(candidate.provider, candidate.model, changing);
    if (!changes) {
        made.bound = bound_of(call_, prompt(), model);
        ask_plugin(candidate, call_, made.bound);
        return made;
    }
    // All that the host goes by is read from the body as the target gets it.
    Call sent = json::with_changes(call_, body_changes(candidate));
    const PromptSize size = measure_prompt(sent);
    made.bound = bound_of(sent, size, model);
    ask_plugin(candidate, sent, made.bound);
    made.changed = std::make_unique<const ChangedRequest>(std::move(sent.asked), size);
    return made;
}

// Only a call that is counted is held for, and that before its first try: no plugin runs then.
void Reckoner::ask_plugin(const route::Candidate& candidate, const Call& call, Bound& bound) {
    if (books_.session == nullptr) return;
    plugin::ProviderSlot& slot = slots_[candidate.provider];
    if (!slot.provider().can_estimate()) return;
    const bool is_free = call.operation == Operation::count_tokens;
    if (is_free || !slot.provider().manifest.serves(call.operation)) return;
    const auto instance = slot.acquire();
    if (!instance) return;
    if (const auto most = plugin::estimate(**instance, call, candidate.model, call.body)) {
        take_told(bound, *most);
    }
}

const Bound& Reckoner::bound(const route::Candidate& candidate) { return known(candidate).bound; }

const AskedInBody& Reckoner::asked(const route::Candidate& candidate) {
    return has_body_changes(candidate) ? known(candidate).changed->asked : call_.asked;
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
    const bool pieces = std::ranges::any_of(told.units, &UsedUnit::count);
    const bool parts = told.cached_input_tokens <= told.input_tokens &&
                       told.reasoning_tokens <= told.output_tokens && !pieces;
    return input && parts && (output || !facts_of(call_.operation).generates);
}

bool Reckoner::is_text_only() { return prompt().media_tokens == 0 && prompt().part_tokens == 0; }

// Fills in what the cost depends on and the provider did not report: the service tier, and that a
// prompt of text alone has no sound and no pictures.
void Reckoner::add_what_was_asked(const route::Candidate& candidate, Usage& usage) {
    if (usage.service_tier.empty()) usage.service_tier = asked(candidate).service_tier;
    if (usage.source != UsageSource::estimate || !is_text_only()) return;
    usage.audio_input_tokens = usage.image_input_tokens = 0;
}

Reckoned Reckoner::at_end(const route::Candidate& candidate, AnswerSeen heard, Ending ending) {
    if (ending == Ending::nothing && heard.reported.source == UsageSource::none) return {};
    divide_total(heard.reported, call_, heard.seen);
    Reckoned reckoned = judge(candidate, heard, ending);
    reckoned.usage.thought = heard.thoughts;
    add_what_was_asked(candidate, reckoned.usage);
    return reckoned;
}

Reckoned Reckoner::judge(const route::Candidate& candidate, const AnswerSeen& heard,
                         Ending ending) {
    const bool counted = books_.session != nullptr;
    if (!counted && ending == Ending::complete && is_ordinary(heard)) return {heard.reported};
    const std::string& provider = slots_[candidate.provider].provider().name;
    const bool thinks = asked(candidate).thinks();
    Shows shows = books_.visibility.of(provider, candidate.model, thinks);
    // Without a ledger nothing is counted, and what was seen says more than what may have been.
    if (!counted && shows == Shows::unknown) shows = Shows::all;
    const Reckoned reckoned = reckon(bound(candidate), heard, ending, shows, thinks);
    tell(provider, candidate.model, heard.reported, reckoned);
    return reckoned;
}

void Reckoner::learn(const route::Candidate& candidate, const AnswerSeen& heard) {
    if (!books_.session) return;  // without a ledger there are no holds to learn for
    const std::string& provider = slots_[candidate.provider].provider().name;
    const AskedInBody& sent = asked(candidate);
    const bool shows_choices = sent.choices <= sent.choices_shown && !sent.echo;
    if (shows_choices) books_.visibility.learn(provider, candidate.model, sent.thinks(), heard);
    const std::int64_t input = heard.reported.input_tokens;
    if (input > 0 && input <= bound(candidate).believed.input) {
        const PromptSize& size =
            has_body_changes(candidate) ? known(candidate).changed->prompt : prompt();
        books_.densities.learn(provider, candidate.model, size, input);
    }
}

bool Reckoner::is_past_hold(const route::Candidate& candidate, const AnswerSeen& heard) {
    return kept_to_hold_ && !asked(candidate).echo && policy::is_past_hold(bound(candidate), heard);
}

}  // namespace bellwether::policy
