// [health].
#include <iterator>

#include "config/retry.hpp"
#include "config/sections.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
namespace {

constexpr Quantity time(std::uint64_t min) {
    return {k_duration, R"("10s", "30s" or "5m")", "s", min, 3'600'000};
}

constexpr KeyOf<Health> k_health_keys[] = {
    key<&Health::failures>("failures", Whole{0, 1'000},
                           "failures in a row that take a target out of service; 0: they are not "
                           "counted"),
    key<&Health::error_percent>("error_percent", Whole{0, 100},
                                "failures of a hundred tries that take it out; 0: they are not "
                                "measured"),
    key<&Health::calls_min>("calls_min", Whole{1, 100'000},
                            "tries that `window` must have for `error_percent`"),
    key<&Health::window>("window", time(1'000), "the time over which `error_percent` is measured"),
    key<&Health::first>("first", time(1), "how long it is out of service the first time"),
    key<&Health::longest>("longest", time(1), "the longest of the later times"),
};

}  // namespace

void read_health(Section& root, Health& health) {
    auto section = read_table<Health>(root, "health", k_health_keys, health);
    if (section) check_first(*section, health.first, health.longest);
}

void write_health(json::PrettyWriter& writer, const Health& health) {
    write_table<Health>(writer, "health", k_health_keys, health);
}

SectionFacts health_section() {
    return {"health", "`[health]`", "When a target is taken out of service",
            rows_of<Health>(k_health_keys)};
}

}  // namespace bellwether::config
