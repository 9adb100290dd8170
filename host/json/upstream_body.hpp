// Makes the body that is sent to an upstream from the client's own: without a DOM, and with every
// byte that need not change as the client wrote it. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"

namespace bellwether::json {

// A member that a target gives to requests whose client left it out.
struct AddedMember {
    std::string_view name;
    std::string_view json;
};

// How a target changes the requests that it is sent. First the members named in `drop` are taken
// out, however the client spells their names by escapes, and as often as they are there. Then each
// member of `set` is added that is not there. `max_tokens` and `max_completion_tokens` are one
// member in this: each of them is left out where the client gave the other one. A member that is
// null is there.
struct BodyChanges {
    std::vector<AddedMember> set;
    std::span<const std::string> drop;

    bool empty() const { return set.empty() && drop.empty(); }
};

// Why a target cannot set a member to this value, or cannot drop it, as the end of a sentence that
// begins with the member's name; empty: it can. The members that the host writes itself, and the
// prompt, stay as they are. A member that limits what is generated must have a value by which the
// host can count, because calls are held for by it.
std::string fault_of_set(std::string_view name, std::string_view json);
std::string fault_of_drop(std::string_view name);

// The body for an upstream: `model` replaced, `stream_options.include_usage` set if it streams, and
// changed for its target. Empty if the client's own body will do as it is.
std::string upstream_body(const Call& call, std::string_view model,
                          const BodyChanges& changes = {});

// The call as if its client had sent the changed body: what the host needs to know of the body that
// goes to the target. Nothing that does not come from the body is filled in.
Call with_changes(const Call& call, const BodyChanges& changes);

}  // namespace bellwether::json
