// A report of usage as JSON: what the admin page answers, and the command line prints.
#pragma once

#include <string>

#include "config/config.hpp"
#include "pages/usage_question.hpp"
#include "report/usage_report.hpp"

namespace bw::pages {

std::string usage_json(const policy::UsageReport& report, const UsageQuestion& question,
                       const config::Config& config);

}  // namespace bw::pages
