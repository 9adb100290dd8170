// Values that are variables as other programs write them: "${NAME}", "os.environ/NAME". Nothing
// replaces them here, so each would be taken for what it stands for.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/foreign_words.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

// Far more than any section has; a dotted key of one line may have thousands of parts.
constexpr int k_depth_max = 16;

// Keys whose values may refer to a variable.
bool takes_reference(std::string_view key) {
    return names_secret(key) || key == "base_url" || key == "url" || key == "password" ||
           key == "proxy_secret";
}

// The name of a variable by itself, "OPENAI_API_KEY", as nobody's key and no URL is.
bool is_bare_name(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto ends = [&](std::string_view word) { return text.ends_with(word); };
    constexpr std::string_view k_ends[] = {"_KEY",      "_TOKEN", "_SECRET",
                                           "_PASSWORD", "_URL",   "_BASE"};
    return std::ranges::all_of(text, fits) && std::ranges::any_of(k_ends, ends);
}

// Whether the name is one as variables have: what else looks like one may be a credential.
bool is_usual_name(std::string_view name) {
    return std::ranges::all_of(
        name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

class VariableCheck {
  public:
    explicit VariableCheck(Report& report) : report_(report) {}

    void check(const toml::table& table, const std::string& name) {
        if (depth_ == k_depth_max) return;
        ++depth_;
        for (const auto& [key, value] : table) {
            const std::string full =
                name.empty() ? std::string(key.str()) : fmt::format("{}.{}", name, key.str());
            check(value, key.str(), full);
        }
        --depth_;
    }

  private:
    void check(const toml::node& node, std::string_view key, const std::string& full) {
        if (const auto* table = node.as_table()) return check(*table, full);
        if (const auto* array = node.as_array()) {
            for (const auto& element : *array) check(element, key, full);
        } else if (const auto* text = node.as_string()) {
            check_text(text->get(), position_of(node), key, full);
        }
    }

    void check_text(const std::string& text, Position at, std::string_view key,
                    const std::string& full) {
        std::string variable = foreign_variable(text);
        if (variable.empty() && takes_reference(key) && is_bare_name(text)) variable = text;
        if (variable.empty()) return;
        const bool usual = is_usual_name(variable);
        const std::string hint = takes_reference(key)
                                     ? fmt::format("write \"env:{}\"", usual ? variable : "NAME")
                                     : "no variables are replaced here: write the value itself";
        if (report_.advise(at, hint)) return;
        const std::string what = usual ? "the variable " + variable : "a variable";
        report_.warning(
            at, fmt::format("{} holds what looks like {}, and is taken as it stands", full, what),
            {}, hint);
    }

    Report& report_;
    int depth_ = 0;
};

}  // namespace

void check_foreign_variables(const toml::table& table, Report& report) {
    VariableCheck(report).check(table, {});
}

}  // namespace bw::config
