// The operations of the ledger as scripts that run inside of Redis, where each is atomic and sees
// the one clock that all hosts share. They are the .lua files of this folder; here is what both
// sides must agree on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bw::ledger {

enum class Script : std::uint8_t { hold, settle, renew, reap, thin, leave, counters, reset };
inline constexpr std::size_t k_scripts = 8;

// What a number may be at most: Lua has doubles only, which are exact up to here.
inline constexpr std::int64_t k_redis_amount_max = (std::int64_t{1} << 53) - 1;

// The first element of what `hold` answers.
enum class HoldCode : std::int64_t {
    held = 0,
    refused = 1,
    withdrawn = 2,
    known = 3,
    full = 4,
    emptied = 5  // this is not the epoch that it was meant for
};
// How `hold` is meant. One that was given before, and lost with all else that Redis had, is given
// again whatever it comes to.
inline constexpr char k_hold_first[] = "first";
inline constexpr char k_hold_again[] = "again";
// What `settle` answers if the hold is not there and was given in another epoch: it was lost.
inline constexpr std::int64_t k_settle_lost = -1;
// How `settle` is meant. A withdrawn hold, should it come only later, is not given any more.
inline constexpr char k_settle_recorded[] = "recorded";
inline constexpr char k_settle_unrecorded[] = "unrecorded";
inline constexpr char k_settle_withdrawn[] = "withdrawn";

// Without the constants that stand before it. The build writes this function (BellwetherLua.cmake).
std::string_view lua_text(Script script);

}  // namespace bw::ledger
