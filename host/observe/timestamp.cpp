#include "observe/timestamp.hpp"

#include <fmt/format.h>

#include <iterator>

namespace bw::observe {

void append_timestamp(std::string& out, std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<milliseconds>(time - day));
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                   int(date.year()), unsigned(date.month()), unsigned(date.day()),
                   clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                   clock.subseconds().count());
}

}  // namespace bw::observe
