// What a client has got of an answer that may go on at another target if it breaks off: the text so
// far, and what was used for it. Each call of a route with `continue_stream` has one, on its
// worker's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/value.hpp"

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/usage.hpp"
#include "config/routing.hpp"
#include "policy/attempts/failed_attempt.hpp"
#include "policy/estimate/reckoner.hpp"

namespace bellwether::policy {

// The request for the rest of an answer, for one attempt.
struct RestOfAnswer {
    // `whole`: the reckoner of the request for the whole answer.
    RestOfAnswer(Call rest, const Reckoner& whole) : call(std::move(rest)), reckoner(whole, call) {}
    RestOfAnswer(const RestOfAnswer&) = delete;
    RestOfAnswer& operator=(const RestOfAnswer&) = delete;

    const Call call;
    Reckoner reckoner;
};

// Whether the rest of an answer is to be asked for that broke off with this error. Not where the
// client, a limit or the moderation has ended it.
bool breaks_off(const Error& error);

// Whether what a target adds to requests leaves answers such that they can go on.
bool leaves_answers_open(const config::Target& target);

class Continuation {
  public:
    // `call` must outlive the object.
    explicit Continuation(const Call& call);

    // Takes note of a chunk that goes to the client.
    void relayed(std::string_view chunk);
    // True if the client has text of an answer whose rest can be asked for.
    bool is_possible() const { return follows_ && !text_.empty(); }
    // The attempt that had begun the answer, or gone on with it, has failed.
    void broke_off(const FailedAttempt& failed);

    // The call for the rest of the answer, at a provider that knows a beginning by `mark`.
    Call rest(std::string_view mark) const;
    // A chunk of the rest, as one of the answer that the client reads: it has the id of that
    // answer, and names no role again. Empty if it has no content.
    std::string as_rest(std::string_view chunk) const;
    // The chunk with the usage of the whole answer; empty if the client is to get none. `last` is
    // what the last attempt has used, and cost.
    std::string usage_chunk(const Usage& last, std::optional<std::int64_t> cost_micro_usd) const;

  private:
    void choice(const json::Value& choice);
    void give_up();

    const Call& call_;
    bool follows_;      // the answer so far is `text_`, and nothing else
    std::string text_;  // as it stands between the quotes of a JSON string
    std::string first_chunk_;
    // Of the attempts that broke off: the prompt of the first, the answers of all.
    std::optional<Usage> used_;
    std::optional<std::int64_t> cost_micro_usd_ = 0;  // nothing: not known
};

}  // namespace bellwether::policy
