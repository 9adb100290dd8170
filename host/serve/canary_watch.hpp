// Looks now and then whether the time of a canary is over, or its new version fails or refuses more
// than the old one; then it decides where calls go, says so in the log, and asks for a reload that
// drops the version which gets none. On the loop's thread, or before it runs.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "net/alarm.hpp"
#include "serve/generation.hpp"

namespace bellwether::serve {

class CanaryWatch {
  public:
    explicit CanaryWatch(boost::asio::io_context& loop) : alarm_(loop) {}

    // From now on it looks at the canaries of this generation.
    void follow(std::shared_ptr<const Generation> generation);

  private:
    void look();
    void look_again();

    std::shared_ptr<const Generation> generation_;  // null: it has no canary
    net::Alarm alarm_;
};

}  // namespace bellwether::serve
