#include "plugin/side_notes.hpp"

#include <algorithm>
#include <bellwether/provider/rules.hpp>
#include <cmath>

#include "base/ascii.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "plugin/instance.hpp"
#include "plugin/secret_texts.hpp"

namespace bellwether::plugin {
namespace {

constexpr std::size_t k_pairs_max = 32;
constexpr std::size_t k_name_bytes_max = 128;
constexpr std::size_t k_value_bytes_max = 1'024;

// The value as JSON; empty: it is of a type that this host does not know.
std::string json_of(const bw_attribute& attribute, const LoadedProvider& provider) {
    switch (attribute.type) {
        case BW_TEXT: {
            const std::string_view text = view(attribute.text).substr(0, k_value_bytes_max);
            return json::quote(presentable(text, provider));
        }
        case BW_INTEGER: return std::to_string(attribute.integer);
        case BW_REAL:
            return std::isfinite(attribute.real) ? std::to_string(attribute.real) : "null";
        case BW_BOOLEAN: return attribute.integer != 0 ? "true" : "false";
        default: return {};
    }
}

}  // namespace

void SideNotes::set(Pairs& pairs, std::string name, std::string value) {
    const auto known = std::ranges::find(pairs, name, &Pairs::value_type::first);
    if (known != pairs.end()) {
        known->second = std::move(value);
    } else if (pairs.size() < k_pairs_max) {
        pairs.emplace_back(std::move(name), std::move(value));
    }
}

void SideNotes::header(const bw_header& header, const LoadedProvider& provider) {
    const auto& allowed = provider.manifest.response_headers;
    std::string name = lower(view(header.name));
    const std::string_view value = view(header.value);
    const bool fits = value.size() <= k_value_bytes_max && bw::rules::detail::is_field_value(value);
    if (!fits || std::ranges::find(allowed, name) == allowed.end()) return;
    if (!holds_credential(value, provider)) set(headers_, std::move(name), std::string(value));
}

void SideNotes::attribute(const bw_attribute& attribute, const LoadedProvider& provider) {
    std::string value = json_of(attribute, provider);
    if (value.empty()) return;
    const std::string_view name = view(attribute.name).substr(0, k_name_bytes_max);
    set(attributes_, presentable(name, provider), std::move(value));
}

std::string SideNotes::header_lines() const {
    std::string lines;
    for (const auto& [name, value] : headers_) {
        lines.append(name).append(": ").append(value).append("\r\n");
    }
    return lines;
}

std::string SideNotes::attributes() const {
    if (attributes_.empty()) return {};
    json::Writer writer;
    writer.begin_object();
    for (const auto& [name, value] : attributes_) writer.key(name).raw(value);
    return writer.end_object().text();
}

}  // namespace bellwether::plugin
