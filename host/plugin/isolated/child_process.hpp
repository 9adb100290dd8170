// `ChildProcess` is one run of a plugin's child process: started, watched, ended. It ends with the
// object.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "plugin/isolated/library_copies.hpp"

namespace bellwether::plugin::isolated {

class ChildProcess {
  public:
    // `words`: its argv. `memory` and `library`, of which it gets the descriptors. From a thread
    // that outlives it, as the kernel ends it with that thread.
    static std::expected<ChildProcess, std::string> start(const std::vector<std::string>& words,
                                                          int memory, const LibraryCopies& library);
    ~ChildProcess();
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;

    pid_t id() const { return id_; }
    int ended() const { return ended_.get(); }    // readable when it has ended; -1: no such thing
    int bell() const { return bell_.get(); }      // readable when it has something to tell
    int output() const { return output_.get(); }  // what it writes to standard error

    void kill() const;
    // Nothing: it has not ended yet.
    struct Remains {
        int status = 0;                // as wait(2) gives it
        std::uint64_t peak_bytes = 0;  // of memory that it used
    };
    std::optional<Remains> reap();

  private:
    ChildProcess() = default;

    pid_t id_ = -1;  // -1: reaped
    Descriptor ended_;
    Descriptor bell_;
    Descriptor output_;
};

// "SIGSEGV", or its number.
std::string signal_name(int signal);

}  // namespace bellwether::plugin::isolated
