#include "policy/estimate/reckon.hpp"

#include <algorithm>

#include "ledger/amount.hpp"

namespace bw::policy {
namespace {

// The host sees text and not tokens: four times as many bytes as usual are still a token, where
// text is blanks or markup. In short answers nothing can be told.
constexpr std::int64_t k_text_bytes_for_token_max = 16;
constexpr std::int64_t k_tokens_grace = 16;

// A stream that is stopped was this far beyond its hold. Nobody sends less than a token at once,
// but for those who cut text anew.
constexpr std::int64_t k_past_hold_text_bytes = 4'096;
constexpr std::int64_t k_pieces_for_token_max = 4;
constexpr std::int64_t k_past_hold_pieces = 1'000;

constexpr std::uint64_t k_bytes_for_token = 4;

// Searches, pictures and the like: no call makes more.
constexpr std::int64_t k_pieces_of_a_kind_max = 100;

bool has_figure(const Usage& reported) {
    return reported.input_tokens > 0 || reported.output_tokens > 0;
}

// Not even what a body of so many bytes could say was generated.
Usage by_its_bytes(const Bound& bound, std::uint64_t bytes) {
    const auto tokens = static_cast<std::int64_t>(bytes / k_bytes_for_token);
    const std::int64_t output = std::min(bound.held.output, tokens);
    return {.input_tokens = std::min(bound.held.input, tokens - output),
            .output_tokens = output,
            .source = UsageSource::estimate};
}

bool is_broken_off(Ending ending) { return ending == Ending::cut || ending == Ending::left; }

// Where no figure tells: something may have been generated that nobody has seen.
bool may_hide(Ending ending, const Heard& heard, Shows shows, bool thinks) {
    const bool complete = !is_broken_off(ending);
    if ((heard.seen == 0 && !complete) || shows == Shows::not_all) return true;
    // Of a model that is asked to think, and shows nothing of it here.
    if (thinks && !heard.thoughts && !(complete && shows == Shows::all)) return true;
    return shows == Shows::unknown && ending == Ending::left;
}

class Reckoning {
  public:
    // Of an answer that is broken off before its last word, a figure is only a part.
    Reckoning(const Bound& bound, const Heard& heard, Ending ending)
        : bound_(bound),
          heard_(heard),
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
        // Beside a prompt, a zero for a word is no further off than a one.
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

    Reckoned result() {
        Usage& usage = out_.usage;
        usage.cached_input_tokens = std::min(usage.cached_input_tokens, usage.input_tokens);
        usage.reasoning_tokens = std::min(usage.reasoning_tokens, usage.output_tokens);
        for (UsedUnit& unit : usage.units) {
            if (unit.count <= k_pieces_of_a_kind_max) continue;
            unit.count = k_pieces_of_a_kind_max;
            doubt(Doubt::too_much);
        }
        return out_;
    }

  private:
    void at_most(std::int64_t& tokens, std::int64_t most) {
        if (tokens <= most) return;
        // What was seen is no lie of the provider's.
        tokens = std::max(most, std::min(tokens, heard_.seen));
        doubt(Doubt::too_much);
    }
    void doubt(Doubt doubt) { out_.doubt = doubt; }

    const Bound& bound_;
    const Heard& heard_;
    const bool final_;
    Reckoned out_;
};

}  // namespace

Ending ending_of(const Result<void>& result, plugin::Reach reach) {
    using plugin::Reach;
    if (result) return Ending::complete;
    const Error& error = result.error();
    // Time that it sets itself is up to the client like its hanging up.
    const bool left = error.kind == ErrorKind::cancelled || error.code == "deadline_exceeded";
    const bool senseless = error.kind == ErrorKind::protocol || error.kind == ErrorKind::internal;
    // By a limit of time, or because the host ends. A connection that ends before an answer begins
    // has done no work.
    const bool ended_by_host =
        error.kind == ErrorKind::timeout || error.kind == ErrorKind::unavailable;
    switch (reach) {
        case Reach::none:
        case Reach::refused: return Ending::nothing;
        case Reach::sent:
            if (left) return Ending::left;
            return ended_by_host ? Ending::cut : Ending::nothing;
        case Reach::answered: return left ? Ending::left : Ending::cut;
        case Reach::judged: return senseless ? Ending::senseless : Ending::told;
    }
    return Ending::cut;
}

Reckoned reckon(const Bound& bound, const Heard& heard, Ending ending, Shows shows, bool thinks) {
    const bool unheard = heard.seen == 0 && !has_figure(heard.reported);
    if (ending == Ending::nothing || (ending == Ending::told && unheard)) return {};
    if (ending == Ending::senseless && unheard) return {by_its_bytes(bound, heard.body_bytes)};
    Reckoning reckoning(bound, heard, ending);
    reckoning.input();
    reckoning.output(may_hide(ending, heard, shows, thinks));
    return reckoning.result();
}

bool is_too_little(const Heard& heard, std::int64_t output_tokens) {
    return output_tokens < heard.text_bytes / k_text_bytes_for_token_max - k_tokens_grace;
}

bool is_past_hold(const Bound& bound, const Heard& heard) {
    const ledger::Wide held = bound.held.output;
    return heard.text_bytes > held * k_text_bytes_for_token_max + k_past_hold_text_bytes ||
           heard.pieces > held * k_pieces_for_token_max + k_past_hold_pieces;
}

}  // namespace bw::policy
