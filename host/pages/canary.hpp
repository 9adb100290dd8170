// What operators are shown of new versions of plugins that have a share of the calls.
#pragma once

#include "front/context.hpp"
#include "json/writer.hpp"
#include "observe/prometheus.hpp"
#include "plugin/registry.hpp"

namespace bellwether::pages {

// The member "canary" of a provider in /admin/plugins; null: it has none.
void write_canary(json::PrettyWriter& writer, const plugin::Registry& registry,
                  const std::string& provider);
void write_canary_metrics(observe::PrometheusText& text, const front::Host& host);

}  // namespace bellwether::pages
