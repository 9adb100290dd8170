// Amounts as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace bellwether::cli {

// "12,345,678"
std::string grouped(std::int64_t number);
// "$1,234.57"; less than a dollar that is no whole number of cents has six decimals: "$0.000190".
std::string dollars(std::int64_t micro_usd);
// "12.000000", for programs.
std::string exact_dollars(std::int64_t micro_usd);
// "0.4 ms", "812 ms", "1.23 s", "340 s"
std::string time_text(std::int64_t us);

}  // namespace bellwether::cli
