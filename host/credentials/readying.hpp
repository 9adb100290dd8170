// `Readying` gets the tokens that the credentials of one request need, all at once. On the worker's
// thread; dropping it ends the waiting.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "credentials/credential.hpp"
#include "credentials/token_desk.hpp"

namespace bellwether::credentials {

// The credentials with their tokens, if nothing must be waited for.
std::optional<std::vector<ReadyCredential>> ready_now(
    TokenDesk& desk, std::span<const Credential* const> credentials);

class Readying {
  public:
    using Done = std::function<void(Result<std::vector<ReadyCredential>>)>;

    Readying() = default;
    // Where `ready_now` gave nothing. Calls `done` once, from the loop: with all of them, or with
    // the first error. `done` may drop this. The credentials outlive it.
    Readying(TokenDesk& desk, std::span<const Credential* const> credentials, Done done);

    explicit operator bool() const { return waiting_ != nullptr; }
    void reset() { waiting_.reset(); }

  private:
    struct Waiting {
        std::vector<ReadyCredential> credentials;
        std::vector<TokenWait> waits;
        std::size_t missing = 0;
        Done done;

        void take(std::size_t index, const TokenOutcome& outcome);
    };

    std::unique_ptr<Waiting> waiting_;
};

}  // namespace bellwether::credentials
