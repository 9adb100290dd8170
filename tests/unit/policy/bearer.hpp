// A credential of the kind `bearer`, as loading makes one.
#pragma once

#include <memory>
#include <string>

#include "credentials/credential.hpp"

namespace bellwether::policy {

inline std::shared_ptr<const credentials::Credential> bearer(std::string secret) {
    auto made = credentials::Credential::make(credentials::BearerKind(),
                                              {.secret = std::move(secret)}, {.name = "a"});
    return std::make_shared<const credentials::Credential>(*std::move(made));
}

}  // namespace bellwether::policy
