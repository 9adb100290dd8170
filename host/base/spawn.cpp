#include "base/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

#include <cerrno>

#include "base/descriptor.hpp"

namespace bellwether {
namespace {

class SpawnActions {
  public:
    SpawnActions() { posix_spawn_file_actions_init(&actions_); }
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;
    void give(int descriptor, int as) {
        posix_spawn_file_actions_adddup2(&actions_, descriptor, as);
    }
    void close_from(int first) { posix_spawn_file_actions_addclosefrom_np(&actions_, first); }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_;
};

class SpawnAttributes {
  public:
    SpawnAttributes() {
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    const posix_spawnattr_t* get() const { return &attributes_; }

  private:
    posix_spawnattr_t attributes_;
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
}

}  // namespace

std::expected<pid_t, int> start_program(const ProgramStart& wanted) {
    SpawnActions actions;
    std::vector<Descriptor> moved;  // to numbers that no step of the start overwrites
    for (const auto& [descriptor, as] : wanted.given) {
        moved.emplace_back(fcntl(descriptor, F_DUPFD_CLOEXEC, wanted.first_closed));
        if (!moved.back()) return std::unexpected(errno);
        actions.give(moved.back().get(), as);
    }
    actions.close_from(wanted.first_closed);
    const SpawnAttributes attributes;
    pid_t id = 0;
    const int error =
        posix_spawnp(&id, wanted.program.c_str(), actions.get(), attributes.get(),
                     pointers_to(wanted.words).data(), pointers_to(wanted.environment).data());
    if (error != 0) return std::unexpected(error);
    return id;
}

}  // namespace bellwether
