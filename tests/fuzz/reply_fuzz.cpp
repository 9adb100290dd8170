// What the host reads out of a piece that a plugin emitted, and what it writes into it: tokens that
// were seen, the last word of each choice, `usage.cost`.
#include "json/value.hpp"

#include "fuzz.hpp"
#include "policy/cost/cost_in_body.hpp"
#include "policy/estimate/tokens.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

void check_seen(std::string_view piece) {
    const policy::PieceSeen seen = policy::look_at(piece);
    const auto bytes = static_cast<std::int64_t>(piece.size());
    require(seen.tokens >= 0 && seen.tokens <= bytes, "a token takes a byte at least");
    require(seen.text_bytes >= 0 && seen.text_bytes <= bytes, "text is a part of the piece");
    require(seen.text_bytes == 0 || seen.tokens > 0, "text is never free");
}

void check_cost(std::string_view piece) {
    const Usage usage{.input_tokens = 7, .output_tokens = 5, .source = UsageSource::observed};
    const std::string told = policy::with_cost(piece, usage, 1'234'567);
    require(json::valid(told, json::k_nesting_max), "with its cost it is JSON still");
    if (json::Value(piece).kind() != json::Kind::object) return require(told == piece, "untouched");
    require(json::Value(told)["usage"]["cost"].raw() == "1.234567", "the cost is told exactly");
    for (const json::Member& member : json::Value(piece).members()) {
        if (member.key_is("usage")) continue;
        require(told.contains(member.value().raw()), "the rest stays as it was");
    }
}

void run(std::string_view text) {
    const Fenced piece(text);
    const std::int64_t tokens = policy::estimate_tokens(piece.view());
    require(tokens >= 0 && tokens <= static_cast<std::int64_t>(text.size()), "tokens take bytes");
    require(text.empty() || tokens > 0, "text is never free");
    // The host lets nothing else of a plugin through.
    if (!json::valid(piece.view(), json::k_nesting_max - 2)) return;
    check_seen(piece.view());
    check_cost(piece.view());
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
