#include "plugin/isolated/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "plugin/isolated/child_entry.hpp"

namespace bellwether::plugin::isolated {
namespace {

constexpr const char* k_program = "/proc/self/exe";
constexpr int k_above_given = 16;  // descriptors below are set by the start

std::unexpected<std::string> cannot_start(int error) {
    return std::unexpected(fmt::format("its child process cannot be started: {}", strerror(error)));
}

// The same descriptor under a number that no step of the start overwrites.
Descriptor moved_up(int number) {
    return Descriptor(fcntl(number, F_DUPFD_CLOEXEC, k_above_given));
}

class Actions {
  public:
    Actions() { posix_spawn_file_actions_init(&actions_); }
    ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    void give(const Descriptor& from, int as) {
        posix_spawn_file_actions_adddup2(&actions_, from.get(), as);
    }
    void close_from(int first) { posix_spawn_file_actions_addclosefrom_np(&actions_, first); }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_;
};

// Whatever the host blocks or ignores is not inherited.
class Attributes {
  public:
    Attributes() {
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Attributes() { posix_spawnattr_destroy(&attributes_); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    const posix_spawnattr_t* get() const { return &attributes_; }

  private:
    posix_spawnattr_t attributes_;
};

}  // namespace

std::expected<ChildProcess, std::string> ChildProcess::start(const std::vector<std::string>& words,
                                                             int memory, int library) {
    ChildProcess child;
    std::array<int, 2> pipe{};
    if (pipe2(pipe.data(), O_CLOEXEC) != 0) return cannot_start(errno);
    child.output_ = Descriptor(pipe[0]);
    const Descriptor writing(pipe[1]);
    fcntl(pipe[0], F_SETFL, O_NONBLOCK);
    child.bell_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const Descriptor output = moved_up(writing.get());
    const Descriptor bell = moved_up(child.bell());
    const Descriptor shared = moved_up(memory);
    const Descriptor file = moved_up(library);
    if (output.get() < 0 || bell.get() < 0 || shared.get() < 0 || file.get() < 0) {
        return cannot_start(errno);
    }
    Actions actions;
    actions.give(output, STDIN_FILENO);  // of which nothing can be read
    actions.give(output, STDOUT_FILENO);
    actions.give(output, STDERR_FILENO);
    actions.give(shared, k_memory_descriptor);
    actions.give(file, k_library_descriptor);
    actions.give(bell, k_bell_descriptor);
    actions.close_from(k_bell_descriptor + 1);
    const Attributes attributes;
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    char* no_environment[] = {nullptr};
    const int error = posix_spawn(&child.id_, k_program, actions.get(), attributes.get(),
                                  arguments.data(), no_environment);
    if (error != 0) {
        child.id_ = -1;
        return cannot_start(error);
    }
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
