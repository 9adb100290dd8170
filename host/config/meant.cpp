#include "config/meant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "config/letters.hpp"

namespace bellwether::config {
namespace {

constexpr std::size_t k_bytes_max = 40;

// The text in lower case, without the blanks and separators that people write within numbers.
std::string squeezed(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, std::min(text.size(), k_bytes_max))) {
        if (c == ' ' || c == ',' || c == '_') continue;
        result += lower(c);
    }
    return result;
}

struct Measured {
    std::string number;  // digits, perhaps with a point among them
    std::string word;
};

// Splits a text into its number and the word behind it; nothing: the text has no number first.
std::optional<Measured> measured(std::string_view text) {
    const auto fits = [](char c) { return is_digit(c) || c == '.'; };
    const auto end = std::ranges::find_if_not(text, fits);
    const std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    if (number.empty() || !is_digit(number.front()) || !is_digit(number.back())) return {};
    if (std::ranges::count(number, '.') > 1) return {};
    return Measured{std::string(number), std::string(text.substr(number.size()))};
}

// Removes the word from the text; false: the text does not hold the word.
bool take(std::string& text, std::string_view word) {
    const auto at = text.find(word);
    if (at == text.npos) return false;
    text.erase(at, word.size());
    return true;
}

std::string did_you_mean_text(std::string_view text) {
    return fmt::format("did you mean \"{}\"?", text);
}

struct Translation {
    std::string_view words;  // each between two blanks
    std::string_view meant;
};

std::string_view translated(std::span<const Translation> table, std::string_view word) {
    const std::string wanted = fmt::format(" {} ", word);
    for (const auto& [words, meant] : table) {
        if (words.find(wanted) != words.npos) return meant;
    }
    return {};
}

constexpr Translation k_token_words[] = {
    {" t tok token tokens ", "tok"},
    {" k kt ktok ktoken ktokens thousandtokens ", "ktok"},
    {" m mt mtok mtoken mtokens milliontokens million ", "Mtok"},
    {" g b gt gtok gtokens billiontokens billion ", "Gtok"}};

constexpr Translation k_periods[] = {
    {" 1m 1min 60s 1minute minutely perminute ", "minute"},
    {" 1h 1hr 60m 60min 3600s 1hour hourly perhour ", "hour"},
    {" 1d 24h 86400s 1day daily perday ", "day"},
    {" 1w 7d 7days 168h 1week weekly perweek ", "week"},
    {" 1mo 28d 30d 31d 30days 720h 1month monthly permonth ", "month"},
    {" never forever total lifetime unlimited infinite 0 inf ", "none"}};

constexpr Translation k_rate_words[] = {
    {" rpm tpm m /m perminute perm /minutes /1m /60s /1min ", "min"},
    {" rps tps persecond /sec /seconds /1s pers ", "s"},
    {" rph tph h perhour /hr /hours /1h ", "h"},
    {" rpd tpd d perday daily /d /days /1d /24h ", "day"}};

constexpr Translation k_unit_words[] = {{" ms msec msecs millisecond milliseconds ", "ms"},
                                        {" sec secs second seconds s ", "s"},
                                        {" min mins minute minutes m ", "m"},
                                        {" hr hrs hour hours h ", "h"},
                                        {" d day days ", "d"},
                                        {" b byte bytes ", "B"},
                                        {" k kb kib ", "KiB"},
                                        {" mb mib ", "MiB"},
                                        {" g gb gib ", "GiB"}};

bool has_unit(std::span<const QuantityUnit> units, std::string_view name) {
    return std::ranges::find(units, name, &QuantityUnit::name) != units.end();
}

// A number of days, weeks, months or years in days, or in hours if `units` has no days.
std::string long_time(std::uint64_t number, std::string_view word,
                      std::span<const QuantityUnit> units) {
    constexpr Translation k_days[] = {{" d day days ", "1"},
                                      {" w week weeks ", "7"},
                                      {" mo month months ", "30"},
                                      {" y yr year years ", "365"}};
    constexpr std::uint64_t k_hours = 24;
    constexpr std::uint64_t k_number_max = 100'000;
    const std::string_view days = translated(k_days, word);
    if (days.empty() || number > k_number_max) return {};
    const auto factor = whole_number<std::uint64_t>(days).value_or(0);
    if (has_unit(units, "d")) return fmt::format("{}d", number * factor);
    return has_unit(units, "h") ? fmt::format("{}h", number * factor * k_hours) : std::string();
}

}  // namespace

std::string meant_amount(std::string_view text) {
    std::string rest = squeezed(text);
    const bool money = take(rest, "us$") || take(rest, "$") || take(rest, "usd") ||
                       take(rest, "dollars") || take(rest, "dollar");
    if (money) take(rest, "usd");
    const auto parts = measured(rest);
    if (!parts) return {};
    if (money) return parts->word.empty() ? did_you_mean_text(parts->number + " USD") : "";
    const std::string_view unit = translated(k_token_words, parts->word);
    return unit.empty() ? "" : did_you_mean_text(fmt::format("{} {}", parts->number, unit));
}

std::string meant_period(std::string_view text) {
    const std::string word = squeezed(text);
    const std::string_view period = translated(k_periods, word);
    if (!period.empty() && period != "none" && is_digit(word.front())) {
        return did_you_mean_text(period) + " Windows follow the calendar; reset says from when";
    }
    if (!period.empty()) return did_you_mean_text(period);
    const auto parts = measured(word);
    return parts ? "windows follow the calendar: of days, weeks or months; reset says from when"
                 : "";
}

std::string meant_rate(std::string_view text) {
    const auto parts = measured(squeezed(text));
    if (!parts) return {};
    std::string word = parts->word;
    std::string factor;
    if (!word.empty() && (word.front() == 'k' || word.front() == 'm') &&
        translated(k_rate_words, word).empty()) {
        factor = word.front() == 'k' ? "k" : "M";
        word.erase(0, 1);
    }
    for (const std::string_view what : {"requests", "request", "tokens", "token", "calls", "req"}) {
        take(word, what);
    }
    const std::string_view time = translated(k_rate_words, word);
    return time.empty() ? "" : did_you_mean_text(parts->number + factor + "/" + std::string(time));
}

std::string meant_quantity(std::string_view text, std::span<const QuantityUnit> units) {
    const auto parts = measured(squeezed(text));
    if (!parts || parts->number.find('.') != std::string::npos) return {};
    std::string_view unit = translated(k_unit_words, parts->word);
    if (parts->word == "m" && has_unit(units, "MiB")) unit = "MiB";
    if (!unit.empty() && has_unit(units, unit)) {
        return did_you_mean_text(fmt::format("{}{}", parts->number, unit));
    }
    const auto number = whole_number<std::uint64_t>(parts->number).value_or(0);
    const std::string longer = long_time(number, parts->word, units);
    return longer.empty() ? "" : did_you_mean_text(longer);
}

}  // namespace bellwether::config
