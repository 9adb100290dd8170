#include "plugin/secret_check.hpp"

#include <fmt/format.h>

#include <string>

#include "config/secret.hpp"

namespace bellwether::plugin {
namespace {

using config::Severity;

std::string with_article(std::string_view vendor) {
    const bool vowel = !vendor.empty() &&
                       std::string_view("AEIOUaeioux").find(vendor[0]) != std::string_view::npos;
    return fmt::format("{} {}", vowel ? "an" : "a", vendor);
}

}  // namespace

bool SecretCheck::passes(const CredentialSpec& spec, std::string_view value,
                         std::string_view reference, config::Position at) {
    return is_of_vendor(spec, value, reference, at) && has_form(value, reference, at);
}

bool SecretCheck::is_of_vendor(const CredentialSpec& spec, std::string_view value,
                               std::string_view reference, config::Position at) {
    for (const auto& foreign : spec.foreign) {
        if (foreign.prefix.empty() || !value.starts_with(foreign.prefix)) continue;
        const bool nobodys = foreign.vendor.starts_with("nobody");
        const std::string whose = nobodys ? "a placeholder for a" : with_article(foreign.vendor);
        diagnostics_.push_back(
            {.severity = foreign.certain ? Severity::error : Severity::warning,
             .file = {},
             .at = at,
             .what = fmt::format(
                 "the key in {} begins with \"{}\": {} {} key, not one for provider \"{}\"",
                 reference, foreign.prefix, foreign.certain ? "it is" : "it looks like", whose,
                 wanted_.name),
             .expected = {},
             .hint = "check that the variable holds this provider's key, and that base_url is its "
                     "own"});
        return !foreign.certain;
    }
    return true;
}

// A warning is left out if the last diagnostic is about the same reference.
bool SecretCheck::has_form(std::string_view value, std::string_view reference,
                           config::Position at) {
    const auto fault = config::credential_fault(value);
    if (!fault) return true;
    const bool is_error = fault->severity == Severity::error;
    const std::string begin = fmt::format("the key in {} ", reference);
    if (!is_error && !diagnostics_.empty() && diagnostics_.back().what.starts_with(begin)) {
        return true;
    }
    diagnostics_.push_back(
        {.severity = fault->severity,
         .file = {},
         .at = at,
         .what = fmt::format("{}for provider \"{}\" {}", begin, wanted_.name, fault->what),
         .expected = {},
         .hint = fault->hint});
    return !is_error;
}

}  // namespace bellwether::plugin
