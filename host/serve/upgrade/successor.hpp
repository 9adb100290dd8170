// `Successor` is the host that this one has started to follow it. Unless that host is let go, it
// ends with the object.
#pragma once

#include <sys/types.h>

#include <expected>
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
    // soon.
    std::string end();
    void kill();
    void let_go() { id_ = 0; }

  private:
    Successor(pid_t id, Control control) : id_(id), control_(std::move(control)) {}

    pid_t id_;  // 0: it has ended, or goes on without this host
    Control control_;
};

}  // namespace bellwether::serve
