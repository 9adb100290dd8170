// `key new`. The key goes to standard error, so that no redirection of standard output, such as
// `bellwether key new alice >> bellwether.toml`, writes it into a file.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/cli.hpp"
#include "cli/key_files.hpp"
#include "cli/key_input.hpp"
#include "config/keys_file.hpp"
#include "config/report.hpp"

namespace bellwether::cli {
namespace {

ReportFailure taken(const PlacedKey& known) {
    return {fmt::format("{}: there is a key named {} already; `bellwether key rotate` gives it a "
                        "new secret, and another caller has a name of its own",
                        known.place(), config::in_quotes(known.key.name)),
            k_usage};
}

Reported<void> store(const KeyFiles& files, const config::Key& key) {
    for (const PlacedKey& known : files.fixed_keys()) {
        if (known.key.name == key.name) return std::unexpected(taken(known));
    }
    if (files.keys_file().empty()) return {};
    return files.change([&](std::vector<config::Key>& keys) -> Reported<void> {
        const auto known = std::ranges::find(keys, key.name, &config::Key::name);
        if (known != keys.end()) {
            return std::unexpected(taken({*known, files.keys_file().string()}));
        }
        keys.push_back(key);
        return {};
    });
}

void print_json(const config::Key& key, const std::string& secret, const KeyFiles& files) {
    json::PrettyWriter writer;
    writer.begin_object().field("key", secret).field("sha256", key.sha256);
    write_shown_key(writer, key);
    writer.field_or_null("file", files.keys_file().string());
    fmt::print("{}\n", writer.field("toml", config::key_entry(key)).end_object().view());
}

void print_text(const config::Key& key, const std::string& secret, const KeyFiles& files) {
    fmt::print(stderr,
               "{}\n\nThat is the key of \"{}\". It is shown this once and stored nowhere: hand it "
               "over now.\n",
               secret, key.name);
    if (!files.keys_file().empty()) {
        fmt::print(stderr,
                   "{} has its hash. A host that runs with this file takes it on by itself.\n",
                   files.keys_file().string());
        return;
    }
    fmt::print(stderr,
               "What follows belongs into the config, at its end; it holds the key's hash only.\n"
               "\n");
    std::fflush(stderr);
    fmt::print("\n{}", config::key_entry(key));  // the file may end without a line end
}

}  // namespace

int key_new(const Common& common, const KeyOptions& options) {
    auto key = described_key(options);
    if (!key) return say_failure({key.error(), k_usage});
    const auto files = KeyFiles::find(common, options);
    if (!files) return say_failure(files.error());
    const auto secret = renew(*key);
    if (!secret) return say_failure({secret.error(), k_failed});
    if (const auto stored = store(*files, *key); !stored) return say_failure(stored.error());
    if (common.json) {
        print_json(*key, *secret, *files);
    } else {
        print_text(*key, *secret, *files);
    }
    return k_ok;
}

}  // namespace bellwether::cli
