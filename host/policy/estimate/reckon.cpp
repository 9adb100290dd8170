#include "policy/estimate/reckon.hpp"

#include <algorithm>

#include "ledger/amount.hpp"

namespace bellwether::policy {
namespace {

// A report is too small if each of its tokens would stand for more than k_text_bytes_for_token_max
// bytes of the text that was seen. A token usually has four bytes, and four times as many where the
// text is blanks or markup. A report may always be k_tokens_grace tokens short, because short
// answers prove nothing.
constexpr std::int64_t k_text_bytes_for_token_max = 16;
constexpr std::int64_t k_tokens_grace = 16;

// How far a stream may run beyond its hold before it is stopped. A piece usually has at least one
// token; only upstreams that cut their text into pieces of their own send less.
constexpr std::int64_t k_past_hold_text_bytes = 4'096;
constexpr std::int64_t k_pieces_for_token_max = 4;
constexpr std::int64_t k_past_hold_pieces = 1'000;

constexpr std::uint64_t k_bytes_for_token = 4;

bool has_figure(const Usage& reported) {
    return reported.input_tokens > 0 || reported.output_tokens > 0 || reported.cost_nano_usd > 0 ||
           std::ranges::any_of(reported.units, [](const UsedUnit& unit) { return unit.count > 0; });
}

// The usage of an answer that made no sense: at most as many tokens as its bytes could say, and at
// most what was held.
Usage by_its_bytes(const Bound& bound, std::uint64_t bytes) {
    const auto tokens = static_cast<std::int64_t>(bytes / k_bytes_for_token);
    const std::int64_t output = std::min(bound.held.output, tokens);
    return {.input_tokens = std::min(bound.held.input, tokens - output),
            .output_tokens = output,
            .source = UsageSource::estimate};
}

bool is_broken_off(Ending ending) { return ending == Ending::cut || ending == Ending::client_gone; }

// True if more may have been generated than was seen. Only asked where no reported figure tells.
bool may_hide(Ending ending, const AnswerSeen& heard, Shows shows, bool thinks) {
    const bool complete = !is_broken_off(ending);
    if ((heard.seen == 0 && !complete) || shows == Shows::not_all) return true;
    // The model was asked to think, and showed no thought in this answer.
    if (thinks && !heard.thoughts && !(complete && shows == Shows::all)) return true;
    return shows == Shows::unknown && ending == Ending::client_gone;
}

class Reckoning {
  public:
    // `final_`: the report is of the whole answer. If the answer is broken off before its last
    // `finish_reason`, the report is only of a part.
    Reckoning(const Bound& bound, const AnswerSeen& heard, Ending ending)
        : bound_(bound),
          heard_(heard),
          ending_(ending),
          final_(heard.reported_last && (heard.last_word || !is_broken_off(ending))) {
        out_.usage = heard.reported;
        out_.usage.source = UsageSource::provider;
    }

    void input() {
        std::int64_t& input = out_.usage.input_tokens;
        const bool too_little = input > 0 && input < bound_.input_min;
        if (too_little) doubt(Doubt::too_little);
        if (input <= 0 || too_little) {
            input = bound_.held.input;
            out_.usage.source = UsageSource::estimate;
        }
        at_most(input, bound_.believed.input);
    }

    void output(bool hidden) {
        std::int64_t& output = out_.usage.output_tokens;
        if (bound_.held.output == 0 && output <= 0) return;  // nothing is generated
        // Where the prompt was reported, a report of 0 for an answer of one word is believed, too:
        // it is no further off than 1.
        const bool a_word_at_most =
            heard_.seen == 0 ||
            (heard_.reported.input_tokens > 0 && heard_.text_bytes <= k_text_bytes_for_token_max);
        const bool told = output > 0 || (output == 0 && a_word_at_most);
        const bool too_little = told && is_too_little(heard_, output);
        if (told && final_ && !too_little) return at_most(output, bound_.believed.output);
        if (too_little) doubt(Doubt::too_little);
        const std::int64_t at_least = std::max(heard_.seen, hidden ? bound_.held.output : 0);
        if (at_least > output) {
            output = at_least;
            out_.usage.source =
                at_least == heard_.seen ? UsageSource::observed : UsageSource::estimate;
        }
        at_most(output, bound_.believed.output);
    }

    // What was held for and not told is charged. That there was none of it is believed of an answer
    // that is complete: some providers begin to count at 0.
    void units() {
        std::vector<UsedUnit>& told = out_.usage.units;
        if (ending_ != Ending::complete) {
            std::erase_if(told, [](const UsedUnit& unit) { return unit.count == 0; });
        }
        for (const UsedUnit& held : bound_.held.units) {
            if (std::ranges::find(told, held.name, &UsedUnit::name) == told.end()) {
                told.push_back(held);
            }
        }
    }

    // What an exchange has told of before the one that did no work. What it left out is not known
    // to have been used, and the work as a whole was refused.
    void only_what_was_told() {
        Usage& usage = out_.usage;
        usage.input_tokens = std::max<std::int64_t>(usage.input_tokens, 0);
        usage.output_tokens = std::max({usage.output_tokens, heard_.seen, std::int64_t{0}});
        at_most(usage.input_tokens, bound_.believed.input);
        at_most(usage.output_tokens, bound_.believed.output);
    }

    Reckoned result() {
        Usage& usage = out_.usage;
        usage.cached_input_tokens = std::min(usage.cached_input_tokens, usage.input_tokens);
        usage.reasoning_tokens = std::min(usage.reasoning_tokens, usage.output_tokens);
        for (UsedUnit& unit : usage.units) {
            const UsedUnit* const held = held_of(unit.name);
            const std::int64_t most = held == nullptr ? bound_.pieces_max : held->count;
            if (unit.count <= most) continue;
            unit.count = most;
            doubt(Doubt::too_much);
        }
        return out_;
    }

  private:
    void at_most(std::int64_t& tokens, std::int64_t most) {
        if (tokens <= most) return;
        // A report is believed beyond the bound as far as the host has seen the tokens itself.
        tokens = std::max(most, std::min(tokens, heard_.seen));
        doubt(Doubt::too_much);
    }
    void doubt(Doubt doubt) { out_.doubt = doubt; }
    const UsedUnit* held_of(std::string_view name) const {
        const auto held = std::ranges::find(bound_.held.units, name, &UsedUnit::name);
        return held == bound_.held.units.end() ? nullptr : &*held;
    }

    const Bound& bound_;
    const AnswerSeen& heard_;
    const Ending ending_;
    const bool final_;
    Reckoned out_;
};

}  // namespace

Ending ending_of(const Result<void>& result, plugin::Reach reach) {
    using plugin::Reach;
    if (result) return Ending::complete;
    const Error& error = result.error();
    // A time limit that the client has set counts like its hanging up.
    const bool left = error.kind == ErrorKind::cancelled || error.by_client;
    const bool senseless = error.kind == ErrorKind::protocol || error.kind == ErrorKind::internal;
    // The host ended the attempt, by a time-out or because it shuts down: the upstream may have
    // begun its work. If instead the connection ended before an answer began, no work was done.
    const bool ended_by_host =
        error.kind == ErrorKind::timeout || error.kind == ErrorKind::unavailable;
    switch (reach) {
        case Reach::none:
        case Reach::refused: return Ending::nothing;
        case Reach::sent:
            if (left) return Ending::client_gone;
            return ended_by_host ? Ending::cut : Ending::nothing;
        case Reach::answered: return left ? Ending::client_gone : Ending::cut;
        case Reach::judged: return senseless ? Ending::invalid : Ending::upstream_error;
    }
    return Ending::cut;
}

Reckoned reckon(const Bound& bound, const AnswerSeen& heard, Ending ending, Shows shows,
                bool thinks) {
    const bool unheard = heard.seen == 0 && !has_figure(heard.reported);
    const bool refused = ending == Ending::nothing || ending == Ending::upstream_error;
    if (refused && unheard) return {};
    if (ending == Ending::invalid && unheard) return {by_its_bytes(bound, heard.body_bytes)};
    Reckoning reckoning(bound, heard, ending);
    if (ending == Ending::nothing) {
        reckoning.only_what_was_told();
    } else {
        reckoning.input();
        reckoning.output(may_hide(ending, heard, shows, thinks));
        reckoning.units();
    }
    return reckoning.result();
}

bool is_too_little(const AnswerSeen& heard, std::int64_t output_tokens) {
    return output_tokens < heard.text_bytes / k_text_bytes_for_token_max - k_tokens_grace;
}

bool is_past_hold(const Bound& bound, const AnswerSeen& heard) {
    const ledger::Wide held = bound.held.output;
    return heard.text_bytes > held * k_text_bytes_for_token_max + k_past_hold_text_bytes ||
           heard.pieces > held * k_pieces_for_token_max + k_past_hold_pieces;
}

}  // namespace bellwether::policy
