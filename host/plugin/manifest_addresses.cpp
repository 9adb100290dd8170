#include "plugin/manifest_addresses.hpp"

#include <fmt/format.h>

#include <bellwether/provider/rules.hpp>

#include "config/url.hpp"
#include "plugin/braces.hpp"

namespace bellwether::plugin {
namespace {

using json::Kind;
using json::Value;

void check_origin(const Value& element, const std::string& where, const Value& root,
                  MemberChecks& checks) {
    if (!MemberChecks::given(element)) {
        return checks.mistake(fmt::format("\"{}\" is null, not a string", where));
    }
    if (!check_filled(element, where, root, checks)) return;
    const std::string text = element.string();
    const auto origin = config::upstream_origin(url_with_stand_ins(text));
    if (!origin) {
        return checks.mistake(
            fmt::format("\"{}\" is {}, which {}", where, shown(element), origin.error()));
    }
    if (text.find("*.") != text.npos && text.find('{') != text.npos) {
        checks.wrong(where, element, "a fixed domain behind the *");
    }
}

}  // namespace

void check_addresses(const Value& root, MemberChecks& checks) {
    const Value base_url = root["base_url"];
    if (check_filled(base_url, "base_url", root, checks) && !base_url.string().empty() &&
        bw::rules::origin(url_with_stand_ins(base_url.string())).empty()) {
        checks.wrong("base_url", base_url, "a URL: http://host[:port]/path or https://...");
    }
    if (!checks.is(root["origins"], Kind::array, "origins")) return;
    std::size_t index = 0;
    for (const auto& element : root["origins"].elements()) {
        check_origin(element, fmt::format("origins[{}]", index++), root, checks);
    }
}

bool check_filled(const Value& value, const std::string& where, const Value& root,
                  MemberChecks& checks) {
    if (!checks.text(value, where)) return false;
    const auto names = names_in(value.string());
    if (!names) {
        checks.wrong(where, value, "a text whose braces each hold the name of an option");
        return false;
    }
    for (const std::string& name : *names) {
        const Value option = root["options"][name];
        if (!option) {
            checks.mistake(
                fmt::format("\"{}\" names {{{}}}, which is none of the options", where, name));
            return false;
        }
        const std::string type = option["type"].string("string");
        if (type != "string" && type != "integer") {
            checks.mistake(
                fmt::format("\"{}\" names {{{}}}, an option of type {}, not a string or an integer",
                            where, name, type));
            return false;
        }
    }
    return true;
}

std::string with_stand_ins(std::string_view text) {
    return with_values(text, [](std::string_view, std::size_t) { return "1"; });
}

std::string url_with_stand_ins(std::string_view url) {
    return with_values(
        url, [](std::string_view, std::size_t at) { return at == 0 ? "https://1.example" : "1"; });
}

}  // namespace bellwether::plugin
