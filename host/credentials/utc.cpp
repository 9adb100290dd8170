#include "credentials/utc.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/ascii.hpp"

namespace bellwether::credentials {
namespace {

using std::chrono::seconds;

// The system's clock counts nanoseconds and reaches from 1677 to 2262.
constexpr int k_year_min = 1970;
constexpr int k_year_max = 2261;

// Takes numbers and signs off the front of a text; after the first mistake it takes nothing more.
class TimeReader {
  public:
    explicit TimeReader(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_.empty() || !is_digit(rest_.front())) return fail();
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }
    char any_of(std::string_view letters) {
        if (rest_.empty() || letters.find(rest_.front()) == letters.npos) {
            fail();
            return '\0';
        }
        const char letter = rest_.front();
        rest_.remove_prefix(1);
        return letter;
    }
    void fraction() {
        if (!rest_.starts_with('.')) return;
        rest_.remove_prefix(1);
        number(1);
        while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
    }
    bool done() const { return good_ && rest_.empty(); }

  private:
    int fail() {
        good_ = false;
        rest_ = {};
        return 0;
    }

    std::string_view rest_;
    bool good_ = true;
};

}  // namespace

std::string compact_time(WallTime time) {
    const auto whole = std::chrono::floor<seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(whole);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(whole - day);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<WallTime> read_rfc3339(std::string_view text) {
    TimeReader reader(text);
    const int year = reader.number(4);
    reader.any_of("-");
    const int month = reader.number(2);
    reader.any_of("-");
    const int day = reader.number(2);
    reader.any_of("Tt ");
    const int hour = reader.number(2);
    reader.any_of(":");
    const int minute = reader.number(2);
    reader.any_of(":");
    const int second = reader.number(2);
    reader.fraction();
    const char sign = reader.any_of("Zz+-");
    std::chrono::minutes offset{0};
    if (sign == '+' || sign == '-') {
        offset = std::chrono::hours(reader.number(2));
        reader.any_of(":");
        offset += std::chrono::minutes(reader.number(2));
        if (sign == '-') offset = -offset;
    }
    const std::chrono::year_month_day date(std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    const bool in_range = year >= k_year_min && year <= k_year_max && hour <= 23 && minute <= 59;
    if (!reader.done() || !date.ok() || !in_range || second > 60) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           seconds(second) - offset;
}

std::int64_t unix_seconds(WallTime time) {
    return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

}  // namespace bellwether::credentials
