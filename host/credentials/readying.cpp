#include "credentials/readying.hpp"

#include <utility>

namespace bellwether::credentials {

std::optional<std::vector<ReadyCredential>> ready_now(
    TokenDesk& desk, std::span<const Credential* const> credentials) {
    std::vector<ReadyCredential> ready;
    ready.reserve(credentials.size());
    bool all = true;
    for (const Credential* const credential : credentials) {
        auto& one = ready.emplace_back(credential);
        if (!credential->tokens()) continue;
        one.token = desk.ready(credential->tokens());
        all = all && one.token;
    }
    return all ? std::optional(std::move(ready)) : std::nullopt;
}

Readying::Readying(TokenDesk& desk, std::span<const Credential* const> credentials, Done done)
    : waiting_(std::make_unique<Waiting>()) {
    Waiting& waiting = *waiting_;
    waiting.done = std::move(done);
    for (const Credential* const credential : credentials) {
        const std::size_t index = waiting.credentials.size();
        waiting.credentials.emplace_back(credential);
        if (!credential->tokens()) continue;
        ++waiting.missing;
        waiting.waits.push_back(desk.wait(
            credential->tokens(),
            [&waiting, index](const TokenOutcome& outcome) { waiting.take(index, outcome); }));
    }
}

// The last word of it may destroy this object.
void Readying::Waiting::take(std::size_t index, const TokenOutcome& outcome) {
    if (!outcome) {
        waits.clear();
        return std::exchange(done, {})(std::unexpected(outcome.error()));
    }
    credentials[index].token = *outcome;
    if (--missing == 0) std::exchange(done, {})(std::move(credentials));
}

}  // namespace bellwether::credentials
