// Returns memory that the host no longer uses to the system. The allocator by itself would keep it:
// what a thousand streams leave behind lies between blocks that are still in use.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>

#include "net/alarm.hpp"

namespace bellwether::serve {

// Looks regularly at how much memory the process holds without using it, and returns that memory if
// there is enough of it. `loop` must be no worker's; a worker that allocates meanwhile may have to
// wait. The constructor also stops the allocator from returning less than this by itself: after
// each large body it would return the memory that the next body needs.
class MemoryReturn {
  public:
    explicit MemoryReturn(boost::asio::io_context& loop,
                          std::chrono::milliseconds interval = std::chrono::seconds(2));

  private:
    void wait();
    void look();

    const std::chrono::milliseconds interval_;  // between two looks
    net::Alarm alarm_;
    std::size_t before_ = 0;   // bytes that were unused at the last look
    std::size_t lasting_ = 0;  // unused bytes that cannot be returned: code, pages used in part
};

}  // namespace bellwether::serve
