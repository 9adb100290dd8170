// Files of certificates and keys, looked at before anything is started with them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace bw::config {

// What is wrong with the file, continuing `client_cert = "file" ...`; nothing if it will do.
std::optional<std::string> readable_fault(const std::filesystem::path& file);
std::optional<std::string> certificate_fault(const std::filesystem::path& file);
std::optional<std::string> private_key_fault(const std::filesystem::path& file);

}  // namespace bw::config
