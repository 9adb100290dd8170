// Collects the mistakes of a config while its files are read.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace bellwether::config {

// Text with its control characters made visible, so that a message stays one line.
std::string visible(std::string_view text);

// Text of the file within a message: in quotes, cut if long, control characters made visible. A
// text that looks like a whole key is not repeated.
std::string in_quotes(std::string_view text);

// `did you mean "x"?`, or nothing if no known name is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> known);

// Masks keys and control characters in the texts of a diagnostic, which may hold any name of the
// file.
void make_printable(Diagnostic& diagnostic);

class Report {
  public:
    // `file` is the one that was asked for.
    explicit Report(const std::filesystem::path& file) : files_{file} {}

    // Takes in another file that is read. Gives the index that the positions in it have.
    int add_file(std::filesystem::path file);
    const std::vector<std::filesystem::path>& files() const { return files_; }
    const std::filesystem::path& file_of(Position at) const;
    // Names the place of a first value in a message about a second one: "line 3", or with its file
    // if that is another one, "conf.d/a.toml:3".
    std::string place(Position first, Position second) const;

    void error(Position at, std::string what, std::string expected = {}, std::string hint = {});
    void warning(Position at, std::string what, std::string expected = {}, std::string hint = {});

    // Records the error that a section has none of these keys. take() leaves it out if the advice
    // on an unknown key of that section names one of them, so that nothing is reported twice.
    void absent(Position section, std::vector<std::string> keys, std::string what,
                std::string expected);
    // Reports an unknown key of the section; `advice` is the hint of the message.
    void unknown(Position section, Position at, std::string what, std::string expected,
                 std::string advice);

    bool has_error() const;
    // Whether there is an error at `begin` or between `begin` and `end`.
    bool has_error(Position begin, Position end) const;
    // Replaces the hint of what was reported of the value at `at`; false: nothing was reported.
    bool advise(Position at, const std::string& hint);

    // Gives all diagnostics in the order of the files; those without a position come last in
    // theirs.
    std::vector<Diagnostic> take();

  private:
    struct Absence {
        Position section;
        std::vector<std::string> keys;
        std::string what;
        std::string expected;
    };
    struct Advice {
        Position section;
        std::string text;
    };
    void add(Severity severity, Position at, std::string what, std::string expected,
             std::string hint);
    bool is_explained(const Absence& absence) const;

    std::vector<std::filesystem::path> files_;
    std::vector<Absence> absences_;
    std::vector<Advice> advice_;
    std::vector<Diagnostic> diagnostics_;
};

}  // namespace bellwether::config
