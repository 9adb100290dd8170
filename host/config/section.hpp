// A table of the config while it is read. Its typed look-ups report a wrong value with its place,
// and finish() reports the keys that no look-up has asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/quantity.hpp"
#include "config/report.hpp"

namespace toml {
inline namespace v3 {
class node;
class table;
struct source_region;
}  // namespace v3
}  // namespace toml

namespace bellwether::config {

Position position_of(const toml::node& node);
Position position_of(const toml::source_region& source);  // of its beginning
std::string_view type_of(const toml::node& node);         // "a string", "an integer", ...

// Whether a key, wherever it is found, is meant for the top of the file, above the first [section].
bool is_of_the_top(std::string_view key);

struct Text {
    std::string value;
    Position at;
};

// What the files are read with, besides their texts.
struct ReadContext {
    Secrets secrets = Secrets::looked_up;
    bool has_keys = false;  // without client keys, only this machine may reach the host
};

class Section {
  public:
    // Messages write `name` before a key: "server" for "server.listen"; empty at the top level.
    // `around` must outlive the section and every section that is taken out of it.
    Section(const toml::table& table, std::string name, Report& report, const ReadContext& around);

    // Each look-up marks its key as known. A key that is absent or wrong gives nothing, and a wrong
    // one is reported.
    std::optional<Text> text(std::string_view key,
                             std::size_t bytes_max = std::numeric_limits<std::size_t>::max());
    std::optional<bool> flag(std::string_view key);
    // `word` may stand for `min` - 1; empty: there is no such word.
    std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max,
                                        std::string_view word = {});
    std::optional<std::uint64_t> quantity(std::string_view key, const Quantity& rule);
    // `meant` gives the hint for a word of another program; empty: it does not know the word.
    using Meant = std::string (*)(std::string_view word);
    std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> names,
                                      Meant meant = nullptr);
    // One of the names, or an array of them. Empty: absent or wrong.
    std::vector<std::size_t> choices(std::string_view key, std::span<const std::string_view> names,
                                     Meant meant = nullptr);
    std::vector<Text> texts(std::string_view key);
    std::vector<Text> text_or_texts(std::string_view key);  // one, or an array of them
    std::optional<Section> table(std::string_view key);
    std::optional<std::vector<Section>> tables(std::string_view key);  // [[key]]
    const toml::node* find(std::string_view key);

    // The keys that no look-up has asked for so far, in the order of the file. finish() reports
    // each of them as unknown.
    std::vector<Text> rest() const;
    void finish();

    // The keys whose values have been found wrong so far.
    std::vector<std::string> refused() const;
    const std::vector<std::string>& known() const { return known_; }

    bool has(std::string_view key) const;
    Position at() const;
    Position key_at(std::string_view key) const;
    Position value_at(std::string_view key) const;  // of a key that is there
    std::string full(std::string_view key) const;   // "server.listen"
    // The absolute path that a text stands for: a relative one counts from the folder of the file
    // that it stands in.
    std::filesystem::path path_of(const Text& given) const;
    Report& report() const { return *report_; }
    const ReadContext& around() const { return *around_; }
    // An error of a key's value: "server.listen <fault>".
    void error(Position at, std::string_view key, std::string_view fault, std::string expected = {},
               std::string hint = {});
    // Records the error that the section lacks this key.
    void missing(std::string_view key, std::string what, std::string expected);
    void wrong_type(const std::string& name, const toml::node& node, std::string expected);

  private:
    std::optional<std::size_t> chosen(std::string_view key, const Text& given,
                                      std::span<const std::string_view> names, Meant meant);
    void unknown(const Text& key);
    void wrong_quantity(std::string_view key, const toml::node& node, const Quantity& rule);

    const toml::table* table_;
    std::string name_;
    Report* report_;
    const ReadContext* around_;
    std::vector<std::string> known_;
};

}  // namespace bellwether::config
