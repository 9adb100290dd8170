// Shares of a whole are counted in hundredths of a percent.
#pragma once

namespace bellwether {

inline constexpr int k_whole_share = 10'000;

}  // namespace bellwether
