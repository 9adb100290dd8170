#include "observe/timestamp.hpp"

#include <cstddef>

namespace bellwether::observe {

namespace {

// Digits of `value` up to `end`, with zeros in front.
void write_digits(char* begin, char* end, unsigned value) {
    while (end != begin) {
        *--end = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

}  // namespace

// Uses no format string, so as to be fast: the access line of every request has a timestamp.
void append_timestamp(std::string& out, std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<milliseconds>(time - day));
    const std::size_t begin = out.size();
    out += "0000-00-00T00:00:00.000Z";
    char* const at = out.data() + begin;
    write_digits(at, at + 4, static_cast<unsigned>(int(date.year())));
    write_digits(at + 5, at + 7, unsigned(date.month()));
    write_digits(at + 8, at + 10, unsigned(date.day()));
    write_digits(at + 11, at + 13, static_cast<unsigned>(clock.hours().count()));
    write_digits(at + 14, at + 16, static_cast<unsigned>(clock.minutes().count()));
    write_digits(at + 17, at + 19, static_cast<unsigned>(clock.seconds().count()));
    write_digits(at + 20, at + 23, static_cast<unsigned>(clock.subseconds().count()));
}

}  // namespace bellwether::observe
