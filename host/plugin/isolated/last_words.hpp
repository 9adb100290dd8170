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
    // What is to be waited for; -1: the process has closed its standard error.
    int output() const { return is_open_ ? output_ : -1; }
    // "in the plugin FILE 1.0, in call_open", or "exit(0) in ..."; empty: nothing was said.
    const std::string& place() const { return place_; }

  private:
    void take(std::string_view line);

    const int output_;
    bool is_open_ = true;
    const std::string provider_;
    std::string begun_;  // a line
    std::string place_;
    observe::Seldom told_{std::chrono::seconds(1)};
};

}  // namespace bellwether::plugin::isolated
