// `TokenLine` is how a source reaches a worker: by its loop, from any thread, for as long as the
// worker's desk is there.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/mutex.hpp"

namespace bellwether::credentials {

struct LiveToken;
class TokenSource;
class TokenTurn;

using TokenOutcome = Result<std::shared_ptr<const LiveToken>>;

// What a source says to a worker; on the worker's thread.
class TokenListener {
  public:
    virtual void told(const std::shared_ptr<TokenSource>& source, const TokenOutcome& outcome) = 0;
    virtual void fetch(TokenTurn turn) = 0;

  protected:
    ~TokenListener() = default;
};

class TokenLine {
  public:
    TokenLine(boost::asio::io_context& loop, std::weak_ptr<TokenListener> listener)
        : listener_(std::move(listener)), loop_(&loop) {}

    // Calls `say(TokenListener&)` on the worker's loop. False: the desk is closed already. If it is
    // closed before its loop comes to it, `say` is only destroyed.
    template <typename Say>
    bool post(Say say) {
        const Lock lock(mutex_);
        if (loop_ == nullptr) return false;
        boost::asio::post(*loop_, [listener = listener_, say = std::move(say)]() mutable {
            if (const auto there = listener.lock()) say(*there);
        });
        return true;
    }

    // The loop may end after this.
    void close() {
        const Lock lock(mutex_);
        loop_ = nullptr;
    }
    bool is_open() const {
        const Lock lock(mutex_);
        return loop_ != nullptr;
    }

  private:
    const std::weak_ptr<TokenListener> listener_;
    mutable Mutex mutex_;
    boost::asio::io_context* loop_ GUARDED_BY(mutex_);
};

}  // namespace bellwether::credentials
