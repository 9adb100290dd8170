// The keys of [providers.NAME] that say in which process its plugin runs.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <cmath>

#include "config/sections.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
namespace {

using Processes = Isolation::Processes;

constexpr Worded k_isolate{R"(boolean, `"worker"`)", R"("enum": [true, false, "worker"])"};
constexpr Quantity k_isolate_memory{k_size, R"("512MiB")", "MiB", 64u << 20,
                                    std::uint64_t{1} << 40};
constexpr Worded k_isolate_cpu{"number",
                               R"("type": "number", "exclusiveMinimum": 0, "maximum": 1024)"};
constexpr Quantity k_callback_budget{k_duration, R"("250ms")", "ms", 10, 60'000};

constexpr int k_processor = 100;  // in hundredths

void read_isolate(Section& section, std::string_view key, Isolation& isolation) {
    const toml::node* node = section.find(key);
    if (node == nullptr) return;
    if (const auto on = node->value<bool>(); on && node->is_boolean()) {
        isolation.processes = *on ? Processes::one : Processes::none;
    } else if (node->is_string() && node->as_string()->get() == "worker") {
        isolation.processes = Processes::each_worker;
    } else {
        section.error(
            position_of(*node), key, "is no way to isolate a plugin",
            R"(true: a process for the provider, "worker": one for each worker, or false)");
    }
}

Value isolate_of(const Isolation& isolation) {
    if (isolation.processes == Processes::each_worker) return std::string("worker");
    return isolation.is_on();
}

void read_isolate_cpu(Section& section, std::string_view key, Isolation& isolation) {
    const toml::node* node = section.find(key);
    if (node == nullptr) return;
    constexpr int k_most = 1024 * k_processor;
    const auto number = node->is_number() ? node->value<double>() : std::nullopt;
    const double hundredths = number.value_or(0) * k_processor;
    if (hundredths >= 1 && hundredths <= k_most) {
        isolation.cpu_hundredths = static_cast<int>(std::lround(hundredths));
    } else {
        section.error(position_of(*node), key, "is no number of processors",
                      "a number from 0.01 to 1024, such as 1.5");
    }
}

Value isolate_cpu_of(const Isolation& isolation) {
    return fmt::format("{}.{:02}", isolation.cpu_hundredths / k_processor,
                       isolation.cpu_hundredths % k_processor);
}

constexpr KeyOf<Isolation> k_isolation_keys[] = {
    {.facts = {"isolate", k_isolate,
               "`true`: the plugin runs in a child process, without rights "
               "([isolation](isolation.md)); `\"worker\"`: in one for each worker"},
     .read = read_isolate,
     .get = isolate_of},
    key<&Isolation::memory_bytes>("isolate_memory", k_isolate_memory,
                                  "memory of such a process; one that wants more ends"),
    {.facts = {"isolate_cpu", k_isolate_cpu,
               "processors that such a process may keep busy on average over 10 s, such as 1.5; "
               "one that takes more is ended",
               "no limit"},
     .read = read_isolate_cpu,
     .get = isolate_cpu_of,
     .is_shown = [](const Isolation& isolation) { return isolation.cpu_hundredths != 0; }},
    key<&Isolation::callback_budget>("callback_budget", k_callback_budget,
                                     "how long a function of an isolated plugin may take; one that "
                                     "takes longer ends its process"),
};

}  // namespace

void read_isolation(Section& section, Isolation& isolation) {
    read_keys<Isolation>(section, k_isolation_keys, isolation);
}

void write_isolation(json::PrettyWriter& writer, const Isolation& isolation) {
    write_keys<Isolation>(writer, k_isolation_keys, isolation);
}

std::vector<Row> isolation_rows() { return rows_of<Isolation>(k_isolation_keys); }

}  // namespace bellwether::config
