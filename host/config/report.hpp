// Collects the mistakes of one file while it is read.
#pragma once

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
    explicit Report(std::string file) : file_(std::move(file)) {}

    void error(Position at, std::string what, std::string expected = {}, std::string hint = {});
    void warning(Position at, std::string what, std::string expected = {}, std::string hint = {});

    // Records the error that a section has none of these keys. take() leaves it out if the advice
    // on an unknown key of that section names one of them, so that nothing is reported twice.
    void absent(Position section, std::vector<std::string> keys, std::string what,
                std::string expected);
    // Reports an unknown key of the section; `advice` is the hint of the message.
    void unknown(Position section, Position at, std::string what, std::string expected,
                 std::string advice);

    // Whether there is an error at `begin` or between `begin` and `end`.
    bool has_error(Position begin, Position end) const;
    // Replaces the hint of what was reported of the value at `at`; false: nothing was reported.
    bool advise(Position at, const std::string& hint);

    // Gives all diagnostics in the order of the file; those without a position come last.
    std::vector<Diagnostic> take();

  private:
    struct Absence {
        Position section;
        std::vector<std::string> keys;
        Diagnostic diagnostic;
    };
    struct Advice {
        Position section;
        std::string text;
    };
    void add(Diagnostic diagnostic);
    bool is_explained(const Absence& absence) const;

    std::string file_;
    std::vector<Absence> absences_;
    std::vector<Advice> advice_;
    std::vector<Diagnostic> diagnostics_;
};

}  // namespace bellwether::config
