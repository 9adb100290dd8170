// Gives memory that the host has no more use for back to the system. The allocator by itself keeps
// it: what a thousand streams leave behind lies between blocks that are still in use.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>

#include "net/alarm.hpp"

namespace bw::serve {

// Looks from time to time how much the process holds without using it, and returns that when it is
// worth it. Away from the workers' loops; a worker that allocates meanwhile may have to wait. From
// its beginning on the allocator does not return less than that by itself: with each large body it
// would give away what the next one needs.
class MemoryReturn {
  public:
    explicit MemoryReturn(boost::asio::io_context& loop,
                          std::chrono::milliseconds interval = std::chrono::seconds(2));

  private:
    void wait();
    void look();

    const std::chrono::milliseconds interval_;  // between two looks
    net::Alarm alarm_;
    std::size_t before_ = 0;   // unused when it looked the last time
    std::size_t lasting_ = 0;  // unused, but cannot be returned: pages that are partly in use, code
};

}  // namespace bw::serve
