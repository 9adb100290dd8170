#include "serve/upgrade/surroundings.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

namespace bellwether::serve {
namespace {

// The first program of a container, beside which nothing lives when the host has ended.
bool is_init_of_container(std::string_view name) {
    constexpr std::string_view k_names[] = {"tini", "docker-init", "dumb-init", "catatonit",
                                            "conmon-init"};
    return std::ranges::find(k_names, name) != std::end(k_names);
}

}  // namespace

std::optional<std::string> why_not_to_end() {
    std::string parent;
    if (getppid() == 1) std::getline(std::ifstream("/proc/1/comm"), parent);
    if (getpid() != 1 && !is_init_of_container(parent)) return std::nullopt;
    return "the container ends with this host; replace the container instead";
}

}  // namespace bellwether::serve
