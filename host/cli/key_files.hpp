// The files that hold client keys, for the verbs of `bellwether key`: the config, which they read
// only, and its keys_file, which they change.
#pragma once

#include <functional>
#include <vector>

#include "cli/cli.hpp"
#include "cli/report_source.hpp"
#include "config/config.hpp"

namespace bellwether::cli {

struct PlacedKey {
    config::Key key;
    std::string file;

    std::string place() const;  // "FILE:LINE"
};

class KeyFiles {
  public:
    // With --keys-file a config is looked at only if it is named. A config with mistakes will do as
    // long as it can be told where its keys are: a key has to be disabled also then.
    static Reported<KeyFiles> find(const Common& common, const KeyOptions& options);

    // Empty: there is none.
    const std::filesystem::path& keys_file() const { return keys_file_; }
    // The keys that stand elsewhere in the config, which no verb changes.
    std::vector<PlacedKey> fixed_keys() const;
    // Fails if there are none because of mistakes, which it prints, or if no file is named.
    Reported<std::vector<PlacedKey>> all_keys() const;

    // Reads the keys_file, lets `change` change its keys and writes it, while no other process
    // changes it. What `change` refuses, or a file with mistakes, leaves the file as it was.
    using Change = std::function<Reported<void>(std::vector<config::Key>& keys)>;
    Reported<void> change(const Change& change) const;

    // What to do without a keys_file.
    ReportFailure no_keys_file() const;

  private:
    config::Loaded config_;  // without a file: no config is looked at
    std::filesystem::path keys_file_;
};

// Whether the key lets anybody in at this time.
bool is_active(const config::Key& key);

}  // namespace bellwether::cli
