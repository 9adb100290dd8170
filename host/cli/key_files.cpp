#include "cli/key_files.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/file_update.hpp"
#include "cli/diagnostic_text.hpp"
#include "config/document.hpp"
#include "config/key_form.hpp"
#include "config/keys_file.hpp"

namespace bellwether::cli {
namespace {

namespace fs = std::filesystem;

Reported<void> cannot_write(const fs::path& file, const std::string& why) {
    return std::unexpected(
        ReportFailure{fmt::format("{} cannot be written: {}", file.string(), why), k_failed});
}

// Prints the diagnostics, as nothing can be done while a file has these mistakes.
std::unexpected<ReportFailure> mistakes(const Diagnostics& diagnostics) {
    print_diagnostics(diagnostics);
    return std::unexpected(ReportFailure{{}, k_usage});
}

// What keeps a text from being read again; empty: nothing.
std::string text_fault(const std::string& text, const fs::path& file) {
    if (text.size() > config::k_config_bytes_max) {
        return fmt::format("it would be longer than {} bytes", config::k_config_bytes_max);
    }
    const auto read = config::parse_keys_file(text, file);
    return read.ok() ? std::string() : to_string(read.diagnostics.front());
}

}  // namespace

std::string PlacedKey::place() const { return fmt::format("{}:{}", file, key.at.line); }

Reported<KeyFiles> KeyFiles::find(const Common& common, const KeyOptions& options) {
    KeyFiles files;
    files.keys_file_ = options.keys_file;
    const bool named = !common.config.empty();
    if (!named && !options.keys_file.empty()) return files;
    const auto file = find_config(common);
    if (!file) return files;
    files.config_ = config::load(*file, config::Secrets::left_out);
    const config::Config& config = files.config_.config;
    if (files.keys_file_.empty()) files.keys_file_ = config.keys_file;
    const bool unread = config.providers.empty() && config.keys.empty();
    if (named && unread && files.keys_file_.empty() && !files.config_.ok()) {
        return mistakes(files.config_.diagnostics);
    }
    return files;
}

std::vector<PlacedKey> KeyFiles::fixed_keys() const {
    std::vector<PlacedKey> keys;
    for (const config::Key& key : config_.config.keys) {
        const fs::path& file = config_.config.file_of(key.at);
        std::error_code ignored;
        if (!fs::equivalent(file, keys_file_, ignored)) keys.push_back({key, file.string()});
    }
    return keys;
}

Reported<std::vector<PlacedKey>> KeyFiles::all_keys() const {
    if (config_.config.file.empty() && keys_file_.empty()) return std::unexpected(no_keys_file());
    if (!config_.ok() && config_.config.keys.empty()) return mistakes(config_.diagnostics);
    auto keys = fixed_keys();
    if (keys_file_.empty()) return keys;
    auto read = config::read_keys_file(keys_file_);
    if (!read.ok()) return mistakes(read.diagnostics);
    for (config::Key& key : read.keys) keys.push_back({std::move(key), keys_file_.string()});
    return keys;
}

Reported<void> KeyFiles::change(const Change& change) const {
    if (keys_file_.empty()) return std::unexpected(no_keys_file());
    const auto update = FileUpdate::begin(keys_file_);
    if (!update) return cannot_write(keys_file_, update.error());
    auto read = config::read_keys_file(update->file());
    if (!read.ok()) return mistakes(read.diagnostics);
    if (auto changed = change(read.keys); !changed) return changed;
    const std::string text = config::keys_file_text(read.keys);
    if (const auto fault = text_fault(text, update->file()); !fault.empty()) {
        return cannot_write(keys_file_, fault);
    }
    const auto written = update->replace(text, config_.config.file);
    if (!written) return cannot_write(keys_file_, written.error());
    return {};
}

ReportFailure KeyFiles::no_keys_file() const {
    const std::string config = config_.config.file.string();
    return {config.empty() ? "there is no config that names a keys_file; name one with --config "
                             "FILE, or the keys_file with --keys-file FILE"
                           : fmt::format("{} names no keys_file; write keys_file = \"keys.toml\" "
                                         "at its top, or name one with --keys-file FILE",
                                         config),
            k_usage};
}

bool is_active(const config::Key& key) {
    return !key.disabled && !config::has_ended(key, std::chrono::system_clock::now());
}

}  // namespace bellwether::cli
