// `TokenDesk` is where a worker's calls get tokens. Each worker has one, on its own thread; it asks
// the sources that all workers share, fetches when it is its turn, and tells the calls that wait.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "credentials/token_source.hpp"
#include "net/transport.hpp"

namespace bellwether::credentials {

// A call that waits for a token. Dropping it ends the waiting: nothing is called afterwards. On the
// worker's thread; it may outlive the desk.
class TokenWait;

class TokenDesk {
  public:
    using Done = std::function<void(const TokenOutcome&)>;

    // Both must outlive it.
    TokenDesk(boost::asio::io_context& loop, net::Transport& transport);
    ~TokenDesk();  // a fetch of its own goes to another worker if one waits for it
    TokenDesk(const TokenDesk&) = delete;
    TokenDesk& operator=(const TokenDesk&) = delete;

    // The token, if it can be used at once; null: wait for it. A fetch of the next one may begin.
    std::shared_ptr<const LiveToken> ready(const std::shared_ptr<TokenSource>& source);

    // Calls `done` once, from the loop, never from inside this: with a token, or with why there is
    // none. `done` may drop anything, the desk included.
    [[nodiscard]] TokenWait wait(const std::shared_ptr<TokenSource>& source, Done done);

    struct State;

  private:
    std::shared_ptr<State> state_;
};

class TokenWait {
  public:
    TokenWait() = default;
    TokenWait(TokenWait&& other) noexcept;
    TokenWait& operator=(TokenWait&& other) noexcept;
    ~TokenWait();

    void reset();
    explicit operator bool() const { return id_ != 0; }  // was not dropped; it may be over

  private:
    friend class TokenDesk;
    std::weak_ptr<TokenDesk::State> state_;
    const TokenSource* source_ = nullptr;
    std::uint64_t id_ = 0;
};

}  // namespace bellwether::credentials
