#include "report/moment.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "calendar/window.hpp"

namespace bellwether::report {
namespace {

constexpr std::int64_t k_day = 86'400;
constexpr std::int64_t k_span_max = 100'000;  // of units; weeks of that are 1,900 years

// The whole number that the text is; nothing: it is none, or it has a sign.
std::optional<int> number_in(std::string_view text) {
    int number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = fault == std::errc() && end == text.data() + text.size();
    if (!whole || text.starts_with('-')) return std::nullopt;
    return number;
}

// The length of a unit in seconds; 0: there is no such unit.
std::int64_t length_of(char unit) {
    switch (unit) {
        case 'm': return 60;
        case 'h': return 3'600;
        case 'd': return k_day;
        case 'w': return 7 * k_day;
        default: return 0;
    }
}

std::optional<std::int64_t> parse_day(std::string_view text, const calendar::Zone& zone) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = number_in(text.substr(0, 4));
    const auto month = number_in(text.substr(5, 2));
    const auto day = number_in(text.substr(8, 2));
    if (!year || !month || !day || *year < 1) return std::nullopt;
    const auto date = std::chrono::year(*year) / *month / *day;
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return zone.instant_of(days * k_day) * k_us_per_second;
}

}  // namespace

std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now_us,
                                         const calendar::Zone& zone) {
    if (text == "now") return now_us;
    if (text.size() < 2) return std::nullopt;
    const std::int64_t length = length_of(text.back());
    if (length == 0) return parse_day(text, zone);
    const auto count = number_in(text.substr(0, text.size() - 1));
    if (!count || *count > k_span_max) return std::nullopt;
    return now_us - *count * length * k_us_per_second;
}

const std::string& DayNames::of(std::int64_t us) {
    const std::int64_t second = calendar::seconds_of_us(us);
    if (second < begin_ || second >= end_) {
        const calendar::Period day{.unit = calendar::Unit::day};
        const auto window = calendar::window_at(day, zone_, second);
        begin_ = window.start;
        end_ = window.end;
        name_ = calendar::rfc3339(second, zone_).substr(0, 10);
    }
    return name_;
}

}  // namespace bellwether::report
