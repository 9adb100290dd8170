#include "plugin/option_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bellwether/provider/rules.hpp>

#include "credentials/percent.hpp"
#include "json/value.hpp"
#include "plugin/braces.hpp"
#include "plugin/option_type.hpp"

namespace bellwether::plugin {

std::optional<std::string> OptionValues::in_text(std::string_view text) {
    return fill(text, Form::text,
                [&](Lack lack, std::string_view name) { tell(lack, name, text); });
}

std::optional<std::string> OptionValues::in_url(std::string_view url) {
    return fill(url, Form::url, [&](Lack lack, std::string_view name) { tell(lack, name, url); });
}

std::string OptionValues::in_text_if_given(std::string_view text) const {
    return fill(text, Form::text, {}).value_or(std::string());
}

std::string OptionValues::in_url_if_given(std::string_view url) const {
    return fill(url, Form::url, {}).value_or(std::string());
}

std::optional<config::Position> OptionValues::place_in_config(std::string_view text) const {
    const auto names = names_in(text);
    if (!names) return std::nullopt;
    for (const std::string& name : *names) {
        if (const config::Option* const option = given(name)) return option->at;
    }
    return std::nullopt;
}

const config::Option* OptionValues::given(std::string_view name) const {
    const auto found = std::ranges::find(wanted_.options, name, &config::Option::key);
    return found == wanted_.options.end() ? nullptr : &*found;
}

std::optional<std::string> OptionValues::fill(std::string_view text, Form form,
                                              const OnLack& on_lack) const {
    bool good = true;
    const std::size_t host_end = form == Form::url ? end_of_authority(text) : 0;
    std::string filled = with_values(text, [&](std::string_view name, std::size_t at) {
        ValueFound found = find(name);
        const bool is_address = form == Form::url && at == 0;
        const bool is_in_path = form == Form::url && !is_address && at >= host_end;
        if (is_in_path) found.text = credentials::percent_encoded(found.text);
        if (is_address) take_address(found);
        if (found.lack == Lack::none && at < host_end && !fits_host(found.text)) {
            found.lack = Lack::not_for_host;
        }
        good &= found.lack == Lack::none;
        if (found.lack != Lack::none && on_lack) on_lack(found.lack, name);
        return std::move(found.text);
    });
    return good ? std::optional(std::move(filled)) : std::nullopt;
}

void OptionValues::take_address(ValueFound& found) {
    while (found.text.ends_with('/')) found.text.pop_back();
    const bool plain = found.text.find_first_of("?#") == std::string::npos;
    if (found.lack == Lack::none && (bw::rules::origin(found.text).empty() || !plain)) {
        found.lack = Lack::no_address;
    }
}

OptionValues::ValueFound OptionValues::find(std::string_view name) const {
    const config::Option* const option = given(name);
    const OptionSpec* const spec = manifest_.option(name);
    const json::Value value(option != nullptr ? option->json : spec->preset);
    if (option != nullptr && !has_type(value, spec->type)) return {{}, Lack::wrong_value};
    std::string text =
        value.kind() == json::Kind::number ? std::string(value.raw()) : value.string();
    const Lack lack = text.empty() ? Lack::no_value : Lack::none;
    return {std::move(text), lack};
}

// A value of another type than its option's is told where the options are checked.
void OptionValues::tell(Lack lack, std::string_view name, std::string_view text) {
    if (lack == Lack::wrong_value || !told_.emplace(name).second) return;
    const config::Option* const option = given(name);
    std::string what = fmt::format("\"{}\" is no part of the name of a host", name);
    std::string expected = "letters, digits, \"-\" and \".\" alone";
    if (lack == Lack::no_value) {
        what = fmt::format("provider \"{}\" has no \"{}\"", wanted_.name, name);
        expected = fmt::format("{} = \"...\"", name);
    } else if (lack == Lack::no_address) {
        what = fmt::format("\"{}\" is no URL", name);
        expected = "https://HOST, perhaps with a path, without a query";
    }
    diagnostics_.push_back({.severity = config::Severity::error,
                            .file = {},
                            .at = option != nullptr ? option->at : wanted_.at,
                            .what = std::move(what),
                            .expected = std::move(expected),
                            .hint = fmt::format("it belongs into {}", text)});
}

}  // namespace bellwether::plugin
