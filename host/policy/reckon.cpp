#include "policy/reckon.hpp"

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

// Where no figure tells: something may have been generated that nobody has seen.
bool may_hide(Ending ending, const Heard& heard, Shows shows, bool thinks) {
    if (shows != Shows::unknown) return shows == Shows::not_all;
    if (ending == Ending::complete) return false;
    return heard.seen == 0 || thinks || ending == Ending::left;
}

class Reckoning {
  public:
    Reckoning(const Bound& bound, const Heard& heard) : bound_(bound), heard_(heard) {
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
        const bool told = output > 0 || (output == 0 && heard_.seen == 0 && heard_.reported_last);
        if (told && heard_.reported_last && !is_too_little(output)) {
            return at_most(output, bound_.believed.output);
        }
        if (told && is_too_little(output)) doubt(Doubt::too_little);
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
        return out_;
    }

  private:
    bool is_too_little(std::int64_t output) const {
        return output < heard_.text_bytes / k_text_bytes_for_token_max - k_tokens_grace;
    }
    void at_most(std::int64_t& tokens, std::int64_t most) {
        if (tokens <= most) return;
        // What was seen is no lie of the provider's.
        tokens = std::max(most, std::min(tokens, heard_.seen));
        doubt(Doubt::too_much);
    }
    void doubt(Doubt doubt) { out_.doubt = doubt; }

    const Bound& bound_;
    const Heard& heard_;
    Reckoned out_;
};

}  // namespace

Ending ending_of(const Result<void>& result, plugin::Reach reach) {
    using plugin::Reach;
    if (result) return Ending::complete;
    const Error& error = result.error();
    const bool left = error.kind == ErrorKind::cancelled;
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
            if (error.code == "connect_timeout") return Ending::nothing;
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
    Reckoning reckoning(bound, heard);
    reckoning.input();
    reckoning.output(may_hide(ending, heard, shows, thinks));
    return reckoning.result();
}

bool is_past_hold(const Bound& bound, const Heard& heard) {
    const ledger::Wide held = bound.held.output;
    return heard.text_bytes > held * k_text_bytes_for_token_max + k_past_hold_text_bytes ||
           heard.pieces > held * k_pieces_for_token_max + k_past_hold_pieces;
}

}  // namespace bw::policy
