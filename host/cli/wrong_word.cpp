#include "cli/wrong_word.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <optional>

#include "base/nearest.hpp"

namespace bellwether::cli {
namespace {

using Names = std::vector<std::string>;

std::string guess(std::string_view word, const Names& names) {
    const auto near = nearest(word, names);
    return near ? fmt::format("; did you mean \"{}\"?", *near) : std::string();
}

Names verbs_of(const CLI::App& app) {
    Names names;
    for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
    return names;
}

Names options_of(const CLI::App& app) {
    Names names;
    for (const CLI::Option* option : app.get_options({})) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
    return names;
}

// The name of an option, without the value in "--url=X" or "-cFILE".
std::string name_of(const std::string& word) {
    if (word.starts_with("--")) return word.substr(0, word.find('='));
    return word.substr(0, 2);
}

bool is_control(char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }

// Walks through the words of the command line in the same way as CLI11.
class WordWalk {
  public:
    explicit WordWalk(const CLI::App& app) : app_(&app) {}

    // What is wrong with the next word; empty: nothing.
    std::string step(const std::string& word) {
        if (word == "--") rest_ = true;
        if (rest_) return {};
        if (is_option(word)) return option(word);
        if (values_ > 0) {
            --values_;
            return {};
        }
        const Names verbs = verbs_of(*app_);
        return verbs.empty() ? std::string() : verb(word, verbs);
    }

    std::string end() const {
        const Names verbs = verbs_of(*app_);
        if (verbs.empty() || helped_) return {};
        return fmt::format("{} needs a verb: one of {}", path_, fmt::join(verbs, ", "));
    }

  private:
    // Whether the word is an option: dashes and a name. "- hello" and "-5 degrees" are text.
    bool is_option(const std::string& word) const {
        if (word.size() < 2 || word.front() != '-') return false;
        const std::size_t dashes = word.starts_with("--") ? 2 : 1;
        if (word.size() == dashes) return false;
        const char first = word[dashes];
        if (first == ' ' || first == '!' || first == '-' || is_control(first)) return false;
        const bool digit = dashes == 1 && first >= '0' && first <= '9';
        return !digit || app_->get_option_no_throw(name_of(word)) != nullptr;
    }

    std::string option(const std::string& word) {
        const std::string name = name_of(word);
        const CLI::Option* const known = app_->get_option_no_throw(name);
        if (known == nullptr) return unknown_option(name);
        helped_ =
            helped_ || name == "--help" || name == "-h" || name == "--version" || name == "-V";
        const bool attached = name != word;
        values_ = attached ? 0 : known->get_expected_max();
        return {};
    }

    std::string unknown_option(const std::string& name) const {
        const std::string what = fmt::format("{} has no option {}", path_, name);
        const Names verbs = verbs_of(*app_);
        for (const CLI::App* verb : app_->get_subcommands({})) {
            if (verb->get_option_no_throw(name) != nullptr) {
                return what + ": the options of a verb stand behind it";
            }
        }
        return what + guess(name, options_of(*app_));
    }

    std::string verb(const std::string& word, const Names& verbs) {
        for (const CLI::App* verb : app_->get_subcommands({})) {
            if (verb->get_name() != word) continue;
            app_ = verb;
            path_ += " " + word;
            return {};
        }
        return fmt::format("{} has no verb \"{}\"{}{}", path_, word, guess(word, verbs),
                           nearest(word, verbs)
                               ? std::string()
                               : fmt::format("; there are {}", fmt::join(verbs, ", ")));
    }

    const CLI::App* app_;
    std::string path_ = "bellwether";
    int values_ = 0;       // of the last option, which are still to come
    bool rest_ = false;    // "--" has come: all that follows is text
    bool helped_ = false;  // help or the version is asked for, so no verb is needed
};

}  // namespace

std::string wrong_word(const CLI::App& app, const std::vector<std::string>& words) {
    WordWalk walk(app);
    for (const std::string& word : words) {
        if (std::string fault = walk.step(word); !fault.empty()) return fault;
    }
    return walk.end();
}

}  // namespace bellwether::cli
