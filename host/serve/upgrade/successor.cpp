#include "serve/upgrade/successor.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "base/socket_pair.hpp"
#include "base/spawn.hpp"
#include "serve/upgrade/messages.hpp"
#include "serve/upgrade/predecessor.hpp"

namespace bellwether::serve {
namespace {

using Refusal = std::unexpected<std::string>;

constexpr std::chrono::milliseconds k_look_whether_ended{5};

std::vector<std::string> own_words() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::string> words;
    for (std::size_t at = 0; at < all.size();) {
        words.emplace_back(all.c_str() + at);
        at += words.back().size() + 1;
    }
    return words;
}

std::vector<std::string> environment() {
    std::vector<std::string> all;
    for (char** one = environ; *one != nullptr; ++one) all.emplace_back(*one);
    all.push_back(fmt::format("{}={}", k_upgrade_variable, k_upgrade_descriptor));
    return all;
}

std::expected<pid_t, std::string> spawn(int given) {
    auto words = own_words();
    if (words.empty()) {
        return Refusal(
            fmt::format("how this host was started cannot be read: /proc/self/cmdline: {}",
                        std::strerror(errno)));
    }
    const std::string program = words.front();
    const auto id = start_program({.program = program,
                                   .words = std::move(words),
                                   .environment = environment(),
                                   .given = {{given, k_upgrade_descriptor}},
                                   .first_closed = k_upgrade_descriptor + 1});
    if (id) return *id;
    return Refusal(fmt::format("{} cannot be started: {}", program, std::strerror(id.error())));
}

std::string ending_of(int status) {
    if (WIFSIGNALED(status)) {
        return fmt::format("the new host was ended by signal {}", WTERMSIG(status));
    }
    return fmt::format("the new host has ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace

std::expected<Successor, std::string> Successor::start() {
    auto sockets = socket_pair();
    if (!sockets) return Refusal(sockets.error());
    auto& [own, theirs] = *sockets;
    const auto id = spawn(theirs.get());
    if (!id) return Refusal(id.error());
    return Successor(*id, Control(std::move(own)));
}

Successor::Successor(pid_t id, Control control)
    : id_(id),
      ended_(static_cast<int>(syscall(SYS_pidfd_open, id, 0))),
      control_(std::move(control)) {}

Successor::Successor(Successor&& other) noexcept
    : id_(std::exchange(other.id_, 0)),
      ended_(std::move(other.ended_)),
      control_(std::move(other.control_)),
      lives_on_(other.lives_on_) {}

Successor::~Successor() {
    if (!lives_on_) kill();
}

void Successor::kill() {
    if (id_ == 0) return;
    ::kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
    id_ = 0;
}

std::optional<std::uint64_t> Successor::followed_by() {
    const auto got = control_.receive(std::chrono::steady_clock::now());
    const auto message = got ? read_upgrade_message(got->bytes) : std::nullopt;
    const auto* const followed = message ? std::get_if<HandedOn>(&*message) : nullptr;
    return followed == nullptr ? std::nullopt : std::optional(followed->process);
}

std::string Successor::end(std::chrono::milliseconds within) {
    const auto latest = std::chrono::steady_clock::now() + within;
    int status = 0;
    pid_t ended = waitpid(id_, &status, WNOHANG);
    while (ended == 0 && std::chrono::steady_clock::now() < latest) {
        std::this_thread::sleep_for(k_look_whether_ended);
        ended = waitpid(id_, &status, WNOHANG);
    }
    if (ended == 0) {
        kill();
        return "the new host has closed its channel to this one without ending, and was killed";
    }
    id_ = 0;
    return ended > 0 ? ending_of(status) : "the new host has ended";
}

}  // namespace bellwether::serve
