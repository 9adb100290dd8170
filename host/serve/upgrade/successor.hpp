// `Successor` is the host that this one has started to follow it. It ends with the object, unless
// it has been told to live on.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "serve/upgrade/control.hpp"

namespace bellwether::serve {

class Successor {
  public:
    // Starts the program by which this host was started, wherever that name leads now, with the
    // same arguments and environment. The error is a sentence.
    static std::expected<Successor, std::string> start();
    Successor(Successor&& other) noexcept;
    Successor& operator=(Successor&&) = delete;
    ~Successor();

    pid_t id() const { return id_; }
    Control& control() { return control_; }
    // How it has ended, as a sentence; waits for it, and kills it if it does not end by itself
    // within this time.
    std::string end(std::chrono::milliseconds within);
    void kill();
    // Once it serves: the process that it has said to have taken over from it, if any.
    std::optional<std::uint64_t> followed_by();
    // From now on it outlives the object.
    void live_on() { lives_on_ = true; }
    // Readable when it has ended; then end() tells how.
    int ended() const { return ended_.get(); }

  private:
    Successor(pid_t id, Control control);

    pid_t id_;  // 0: it has ended
    Descriptor ended_;
    Control control_;
    bool lives_on_ = false;
};

}  // namespace bellwether::serve
