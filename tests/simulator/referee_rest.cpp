// What the referee asks of a try for the rest of an answer that broke off.
#include <fmt/format.h>

#include "referee.hpp"
#include "rules.hpp"

namespace bellwether::simulator {

// Whether the target's provider can go on with an answer that was begun elsewhere.
bool Referee::goes_on(const route::Candidate& target) const {
    return host_.config.providers[target.provider].plugin == "holysheep";
}

// Nothing is tried after content but the rest of a stream, where the route says so. It is asked for
// with all that its client has read, which may be less than the host has relayed; and where the
// client allows so many tokens, for fewer.
void Referee::judge_rest(const Watched& call, const Stand& stand, const Request& request,
                         const std::string& name) {
    // A chunk whose last byte never came may be content as well, which only the host sees.
    if (!call.has_content && request.said.empty()) return;
    require(call.route->continue_stream, name + ": nothing is tried after content");
    require(request.body["stream"].boolean(false), name + ": only a stream goes on");
    require(goes_on(stand.target), name + ": its provider can go on with an answer");
    require(!call.is_finished, name + ": an answer that is finished does not go on");
    require(!request.said.empty() && request.said.starts_with(call.text),
            fmt::format("{}: the rest of \"{}\" is asked for, of which the client has \"{}\"", name,
                        request.said, call.text));
    const auto limit = request.body["max_tokens"].integer();
    require(call.max_tokens == 0 ||
                (limit && *limit >= 1 && (*limit < call.max_tokens || call.max_tokens == 1)),
            name + ": what was said counts within the client's limit");
    tally_.count(Happening::continued);
}

}  // namespace bellwether::simulator
