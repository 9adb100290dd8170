// The ledger's operations are Lua scripts that run inside of Redis, where each is atomic and uses
// the one clock that all hosts share. The scripts are the .lua files of this folder; this header
// has the values that the scripts and the C++ code must agree on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bellwether::ledger {

enum class Script : std::uint8_t { hold, settle, renew, reap, thin, leave, counters, reset };
inline constexpr std::size_t k_scripts = 8;

// The greatest amount that a script can hold: Lua has only doubles, which are exact up to here.
inline constexpr std::int64_t k_redis_amount_max = (std::int64_t{1} << 53) - 1;

// The first element of the answer of `hold`.
enum class HoldCode : std::int64_t {
    held = 0,
    refused = 1,
    withdrawn = 2,  // this hold was withdrawn or settled before
    known = 3,      // a hold with this number is there already
    full = 4,
    emptied = 5  // the server is not in the epoch that the hold names
};
// An argument of `hold`: a hold is given for the first time, or again after the server has lost it.
// One that is given again is never refused, even if it exceeds a limit.
inline constexpr char k_hold_first[] = "first";
inline constexpr char k_hold_again[] = "again";
// The answer of `settle` if the hold is not there and was given in another epoch: it was lost.
inline constexpr std::int64_t k_settle_lost = -1;
// An argument of `settle`: whether to record the usage, or to withdraw the hold. A withdrawn hold
// is not given any more, even if its command arrives later.
inline constexpr char k_settle_recorded[] = "recorded";
inline constexpr char k_settle_unrecorded[] = "unrecorded";
inline constexpr char k_settle_withdrawn[] = "withdrawn";

// The text of a script, without the constants that the host puts before it. The build generates
// this function (BellwetherLua.cmake).
std::string_view lua_text(Script script);

}  // namespace bellwether::ledger
