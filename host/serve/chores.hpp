// What is done beside the calls, on the thread of the signals.
#pragma once

#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>

#include "net/client.hpp"
#include "policy/upstreams/probes.hpp"
#include "serve/canary_watch.hpp"
#include "serve/generation.hpp"
#include "serve/memory_return.hpp"

namespace bellwether::serve {

class Chores {
  public:
    explicit Chores(boost::asio::io_context& loop)
        : loop_(loop), memory_return_(loop), client_(loop), canary_watch_(loop) {}

    // Probes the providers of this generation from now on, and looks after its canaries. On the
    // loop's thread, or before it runs.
    void follow(std::shared_ptr<const Generation> generation);

  private:
    struct ProbesOf {
        ProbesOf(Chores& owner, std::shared_ptr<const Generation> one);
        std::shared_ptr<const Generation> generation;
        policy::Probes probes;
    };

    boost::asio::io_context& loop_;
    MemoryReturn memory_return_;
    net::Client client_;
    CanaryWatch canary_watch_;
    std::list<ProbesOf>
        probes_;  // the last of them are current, the others end with their question
};

// Runs the loop of the chores, until it is stopped.
void run_with_chores(boost::asio::io_context& loop);

}  // namespace bellwether::serve
