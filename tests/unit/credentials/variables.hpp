// An environment of a test's own.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "credentials/aws_keys.hpp"

namespace bellwether::credentials {

inline Variables variables(std::map<std::string, std::string> set) {
    return [set = std::move(set)](const char* name) -> std::optional<std::string> {
        const auto found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional(found->second);
    };
}

}  // namespace bellwether::credentials
