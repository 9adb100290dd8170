#include "plugin/isolated/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/spawn.hpp"
#include "plugin/isolated/child_entry.hpp"

namespace bellwether::plugin::isolated {
namespace {

constexpr const char* k_program = "/proc/self/exe";

std::unexpected<std::string> cannot_start(int error) {
    return std::unexpected(fmt::format("its child process cannot be started: {}", strerror(error)));
}

}  // namespace

std::expected<ChildProcess, std::string> ChildProcess::start(const std::vector<std::string>& words,
                                                             int memory,
                                                             const LibraryCopies& library) {
    ChildProcess child;
    std::array<int, 2> pipe{};
    if (pipe2(pipe.data(), O_CLOEXEC) != 0) return cannot_start(errno);
    child.output_ = Descriptor(pipe[0]);
    const Descriptor writing(pipe[1]);
    fcntl(pipe[0], F_SETFL, O_NONBLOCK);
    child.bell_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!child.bell_) return cannot_start(errno);
    std::vector<GivenDescriptor> given = {{memory, k_memory_descriptor},
                                          {library.plugin.get(), k_library_descriptor},
                                          {child.bell(), k_bell_descriptor}};
    // Standard input, too: nothing can be read of it.
    for (const int as : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        given.push_back({writing.get(), as});
    }
    int next = k_first_brought_descriptor;
    for (const auto& brought : library.libraries) given.push_back({brought.copy.get(), next++});
    const auto id = start_program({.program = k_program,
                                   .words = words,
                                   .environment = {},
                                   .given = std::move(given),
                                   .first_closed = next});
    if (!id) return cannot_start(id.error());
    child.id_ = *id;
    child.ended_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, child.id_, 0)));
    return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      ended_(std::move(other.ended_)),
      bell_(std::move(other.bell_)),
      output_(std::move(other.output_)) {}

ChildProcess::~ChildProcess() {
    if (id_ < 0) return;
    kill();
    waitpid(id_, nullptr, 0);
}

// Through its descriptor, where there is one: that never means another process.
void ChildProcess::kill() const {
    if (ended_.get() >= 0) {
        syscall(SYS_pidfd_send_signal, ended_.get(), SIGKILL, nullptr, 0);
    } else if (id_ > 0) {
        ::kill(id_, SIGKILL);
    }
}

std::optional<ChildProcess::Remains> ChildProcess::reap() {
    int status = 0;
    rusage used{};
    if (id_ < 0 || wait4(id_, &status, WNOHANG, &used) != id_) return std::nullopt;
    id_ = -1;
    return Remains{status, static_cast<std::uint64_t>(used.ru_maxrss) << 10};
}

std::string signal_name(int signal) {
    const char* const name = sigabbrev_np(signal);
    return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

}  // namespace bellwether::plugin::isolated
