// `ShadowCalls` owns the copies of calls that go to the shadows of their routes, while they run. A
// copy that has no room is left out: clients come first. Each worker has one, on its own thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <list>
#include <memory>

#include "front/shadow_call.hpp"

namespace bellwether::front {

class ShadowCalls {
  public:
    // How many copies one worker has under way at most.
    static constexpr std::size_t k_at_once_max = 100;

    explicit ShadowCalls(boost::asio::io_context& loop) : loop_(loop) {}

    // Copies the call, which is not changed and need not outlive this, and lets the copy begin with
    // the loop's next turn. A host that drains takes no more.
    void copy(Context& context, const Call& call, policy::Destination shadow);
    std::size_t count() const { return all_.size(); }
    // Ends those of this context, which has been replaced.
    void end(const Context& context);
    // Ends all that are left, as the host ends.
    void end();

  private:
    struct Copy {
        std::shared_ptr<Context> context;  // null: it outlives the copy anyway
        std::unique_ptr<ShadowCall> call;
    };

    bool add(Context& context, const Call& call, policy::Destination shadow);
    void start(const ShadowCall* one);
    void leave_soon(const ShadowCall* one);

    boost::asio::io_context& loop_;
    std::list<Copy> all_;
};

}  // namespace bellwether::front
