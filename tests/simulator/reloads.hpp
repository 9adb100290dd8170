// The configurations that a simulated host comes under, one after the other: that of the plan, and
// one in which nothing of it has the same place any more.
#pragma once

#include <filesystem>
#include <string>

#include "front/host.hpp"

namespace bellwether::simulator {

class Configs {
  public:
    explicit Configs(const char* file);
    ~Configs();
    Configs(const Configs&) = delete;
    Configs& operator=(const Configs&) = delete;

    // The two in turn, first the other one. `before`: what is the same is kept; null: nothing is.
    front::Host next(const front::Host* before);

  private:
    const std::string file_;
    const std::filesystem::path moved_;  // a file that goes with the object
    std::uint64_t turn_ = 0;
};

}  // namespace bellwether::simulator
