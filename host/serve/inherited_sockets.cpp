#include "serve/inherited_sockets.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "config/quantity.hpp"
#include "serve/address.hpp"

namespace bellwether::serve {
namespace {

using Refusal = std::unexpected<std::string>;

constexpr int k_first = 3;  // the descriptor after standard error
constexpr unsigned k_count_max = 1'024;

std::vector<std::string> split(std::string_view names) {
    std::vector<std::string> all;
    for (;;) {
        const auto colon = names.find(':');
        all.emplace_back(names.substr(0, colon));
        if (colon == names.npos) return all;
        names.remove_prefix(colon + 1);
    }
}

int option_of(int socket, int name) {
    int value = -1;
    socklen_t length = sizeof(value);
    return getsockopt(socket, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

bool is_listener(int socket) {
    return option_of(socket, SO_TYPE) == SOCK_STREAM &&
           option_of(socket, SO_PROTOCOL) == IPPROTO_TCP && option_of(socket, SO_ACCEPTCONN) == 1 &&
           address_of(socket);
}

void prepare(int socket) {
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
}

}  // namespace

std::expected<std::vector<std::string>, std::string> inherited_names(const InheritedWords& words,
                                                                     pid_t own_pid) {
    if (words.pid == nullptr || words.count == nullptr) return {};
    const auto pid = config::whole_number<pid_t>(words.pid);
    if (!pid) return Refusal(fmt::format("$LISTEN_PID is \"{}\", which is no process", words.pid));
    if (*pid != own_pid) return {};
    const auto count = config::whole_number<unsigned>(words.count);
    if (!count || *count > k_count_max) {
        return Refusal(fmt::format("$LISTEN_FDS is \"{}\"; expected a number from 0 to {}",
                                   words.count, k_count_max));
    }
    if (words.names == nullptr || *count == 0) return std::vector<std::string>(*count);
    auto names = split(words.names);
    if (names.size() != *count) {
        return Refusal(fmt::format("$LISTEN_FDNAMES has {} names for the {} sockets of $LISTEN_FDS",
                                   names.size(), *count));
    }
    return names;
}

std::expected<InheritedSockets, std::string> take_inherited_sockets() {
    const auto names = inherited_names({.pid = std::getenv("LISTEN_PID"),
                                        .count = std::getenv("LISTEN_FDS"),
                                        .names = std::getenv("LISTEN_FDNAMES")},
                                       getpid());
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
    if (!names) return Refusal(names.error());
    InheritedSockets sockets;
    for (std::size_t i = 0; i < names->size(); ++i) {
        const std::string& name = (*names)[i];
        const int socket = k_first + static_cast<int>(i);
        if (!is_listener(socket)) {
            return Refusal(fmt::format(
                "the inherited descriptor {} (\"{}\") is no listening TCP socket; of systemd, a "
                "socket unit with ListenStream=ADDRESS:PORT and without Accept=yes makes one",
                socket, name));
        }
        prepare(socket);
        (name == "admin" ? sockets.admin : sockets.api).add(socket);
    }
    return sockets;
}

}  // namespace bellwether::serve
