// The table `timeouts` of providers and of targets.
#include "config/names.hpp"
#include "config/sections.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
namespace {

constexpr Quantity k_timeout{
    k_duration, R"("500ms", "30s", "10m", "1h" or "none")", "s", 1, 86'400'000, "none"};

constexpr KeyOf<Timeouts> k_timeout_keys[] = {
    key<&Timeouts::connect>("connect", k_timeout, "name look-up, TCP and TLS"),
    key<&Timeouts::first_byte>(
        "first_byte", k_timeout,
        "from the request to the first byte of the reply's body, be it of a comment or a blank "
        "line"),
    key<&Timeouts::idle>("idle", k_timeout, "silence within the body"),
    key<&Timeouts::total>("total", k_timeout, "the whole of a plain reply"),
    key<&Timeouts::stream_total>("stream_total", k_timeout, "the whole of a streamed reply"),
    key<&Timeouts::alive>("alive", Choice{k_names<Alive>}, "what ends a silence for `idle`"),
};

}  // namespace

void read_timeouts(Section& owner, std::string_view key, Timeouts& timeouts) {
    read_table<Timeouts>(owner, key, k_timeout_keys, timeouts);
}

void write_timeouts(json::PrettyWriter& writer, const Timeouts& timeouts) {
    write_table<Timeouts>(writer, "timeouts", k_timeout_keys, timeouts);
}

SectionFacts timeouts_section() {
    return {"timeouts", "`timeouts`", "Limits on one attempt", rows_of<Timeouts>(k_timeout_keys)};
}

}  // namespace bellwether::config
