// `LastWords` reads what a plugin's process writes to standard error: lines for the log, and the
// line by which a crash names its place.
#pragma once

#include <string>

#include "observe/seldom.hpp"

namespace bellwether::plugin::isolated {

class LastWords {
  public:
    LastWords(int output, std::string provider) : output_(output), provider_(std::move(provider)) {}

    // Reads what there is now; of a process that writes without pause a part.
    void read();
    // "in the plugin FILE 1.0, in call_open", or "exit(0) in ..."; empty: nothing was said.
    const std::string& place() const { return place_; }

  private:
    void take(std::string_view line);

    const int output_;
    const std::string provider_;
    std::string begun_;  // a line
    std::string place_;
    observe::Seldom told_{std::chrono::seconds(1)};
};

}  // namespace bellwether::plugin::isolated
