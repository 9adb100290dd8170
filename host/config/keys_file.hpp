// The format of the file that `keys_file` names: [[keys]] as in the config, and nothing else. It is
// written by `bellwether key` and may be written by hand.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace bellwether::config {

// An entry of [[keys]], for any file of a config.
std::string key_entry(const Key& key);

// The whole file.
std::string keys_file_text(std::span<const Key> keys);

struct KeysFile {
    std::vector<Key> keys;
    std::vector<Diagnostic> diagnostics;
    bool ok() const { return diagnostics.empty(); }
};

// Reads a file alone, without its config. One that is not there has no keys.
KeysFile read_keys_file(const std::filesystem::path& file);
KeysFile parse_keys_file(std::string_view text, const std::filesystem::path& file);

// The same config with the keys that its keys_file has now, which may break what holds of all keys.
Loaded with_keys_of_file(const Config& config);

}  // namespace bellwether::config
