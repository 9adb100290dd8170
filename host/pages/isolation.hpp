// What operators are shown of plugins that run in child processes.
#pragma once

#include "front/context.hpp"
#include "json/writer.hpp"
#include "observe/prometheus.hpp"
#include "plugin/registry.hpp"

namespace bellwether::pages {

// The member "isolated" of a provider in /admin/plugins; null: it runs in the host.
void write_isolation(json::PrettyWriter& writer, const plugin::LoadedProvider& provider);
void write_isolation_metrics(observe::PrometheusText& text, const front::Host& host);

}  // namespace bellwether::pages
