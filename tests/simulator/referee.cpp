#include "referee.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rules.hpp"

namespace bellwether::simulator {
namespace {

std::int64_t second_of(Clock::time_point now) {
    return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

std::uint64_t number_of(std::string_view id) {
    std::uint64_t number = 0;
    const auto digits = id.substr(id.rfind('-') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

const config::Retry& retry_at(const route::Candidate& target) { return target.target->retry; }

// What may follow a try is said by its target. Of a hedged call that may be either of two.
config::Retry most_of(const config::Retry& one, const config::Retry& other) {
    return {.attempts = std::max(one.attempts, other.attempts),
            .within = std::max(one.within, other.within)};
}
config::Retry least_of(const config::Retry& one, const config::Retry& other) {
    return {.attempts = std::min(one.attempts, other.attempts),
            .within = std::min(one.within, other.within)};
}

}  // namespace

Referee::Referee(const front::Host& host, const policy::Upstreams& upstreams,
                 const policy::WaitingCounts& waiting)
    : host_(host),
      upstreams_(upstreams),
      waiting_(waiting),
      under_way_(host.routes.targets().size()),
      seen_(host.routes.targets().size()) {}

void Referee::asked(const std::string& model, std::string user, Clock::time_point deadline) {
    Watched call{.user = std::move(user), .asked = Clock::now(), .deadline = deadline};
    if (auto match = host_.routes.match(model)) {
        call.route = match->route;
        for (route::Candidate& target : match->candidates) {
            const bool in = in_service(target);
            const bool room = has_room(target) && !is_waited_for(target);
            const std::uint32_t offered = accepted_keys(target);
            const std::uint32_t keys = ready_keys(target);
            call.stands.push_back({.target = std::move(target),
                                   .in_service = in,
                                   .has_room = room,
                                   .keys_offered = offered,
                                   .keys_ready = keys});
        }
        const auto& provider = host_.config.providers[call.stands.front().target.provider];
        if (provider.base_url.empty()) ++seconds_[second_of(call.asked)].unseen;
    }
    calls_.push_back(std::move(call));
}

// ---- a try begins -------------------------------------------------------------------------------

Referee::Begun Referee::try_begins(std::uint64_t number, const Request& request) {
    Watched& call = at(number);
    const std::string name =
        fmt::format("call {} of {}, try {} after {}", number, call.route->model,
                    call.tries.size() + 1, tries_text(call));
    const std::size_t stand = stand_of(call, request, name);
    Stand& here = call.stands[stand];
    const auto running = std::ranges::count(call.tries, true, &OneTry::runs);
    judge_rest(call, here, request, name);
    if (call.tries.empty()) call.max_tokens = request.body["max_tokens"].integer().value_or(0);
    require(running == 0 || (running == 1 && call.route->hedge && !here.tried),
            name + ": two run only if the route says so, and at two targets");
    if (call.tries.empty()) {
        judge_first(call, stand, name);
    } else {
        judge_next(call, stand, request.key, name);
    }
    judge_request(here, request, name);
    judge_key(call, here, request.key, name);
    tally_.count(Happening::hedges, static_cast<std::uint64_t>(running));
    count_try(call, stand, request.key);
    require(
        tally_.of(Happening::hedges) + tally_.of(Happening::repeats) <= upstreams_.retries.taken(),
        name + ": the retry budget knows of it");
    here.tried = true;
    here.keys_tried |= 1U << request.key;
    call.tries.push_back(
        {.stand = stand, .key = request.key, .began = Clock::now(), .second = running == 1});
    ++under_way_[here.target.id];
    return {.number = call.tries.size() - 1, .second = running == 1};
}

std::size_t Referee::stand_of(const Watched& call, const Request& request,
                              const std::string& name) const {
    const auto found = std::ranges::find_if(call.stands, [&](const Stand& stand) {
        return stand.target.model == request.model &&
               host_.config.providers[stand.target.provider].name == request.provider;
    });
    require(found != call.stands.end(), name + " is at a target of its route");
    return static_cast<std::size_t>(found - call.stands.begin());
}

void Referee::judge_first(const Watched& call, std::size_t stand, const std::string& name) {
    ++seconds_[second_of(Clock::now())].calls;
    require(Clock::now() < call.deadline, name + " begins before the client's deadline");
    const auto chain = call.stands[stand].target.chain;
    require(chain == route::Chain::none || chain == route::Chain::budget,
            name + ": no chain is tried without a reason");
    count_first(call, stand);
    if (call.asked == Clock::now()) judge_order(call, stand, name);
}

// Only a call that was sent at once went to the targets as they are now.
void Referee::judge_order(const Watched& call, std::size_t stand, const std::string& name) {
    const auto own = static_cast<std::size_t>(std::ranges::count(
        call.stands, route::Chain::none, [](const Stand& one) { return one.target.chain; }));
    if (stand >= own) return;
    const auto strategy = call.route->strategies.front();
    if (strategy == config::Strategy::ordered) {
        std::size_t out = 0;
        for (const Stand& passed : std::span(call.stands).first(stand)) {
            if (is_limited(passed.target.provider) || !passed.has_room) continue;
            require(!passed.in_service, name + ": a target that is well is passed over");
            ++out;
        }
        require(
            out <= own / 2,
            fmt::format("{}: {} of {} targets are passed over as out of service", name, out, own));
    }
    const bool all_well = std::ranges::all_of(
        call.stands, [](const Stand& one) { return one.in_service && one.has_room; });
    if (strategy != config::Strategy::sticky || !all_well) return;
    const std::size_t id = call.stands[stand].target.id;
    const auto home = homes_.emplace(call.user, id).first;
    require(home->second == id, name + ": a user's calls go to the same target");
    tally_.count(Happening::loyal);
}

void Referee::judge_next(const Watched& call, std::size_t stand, std::size_t key,
                         const std::string& name) {
    const route::Candidate& target = call.stands[stand].target;
    const auto now = Clock::now();
    const config::Retry allowed = allowed_after(call, most_of);
    require(call.tries.size() - other_keys(call, stand, key) < allowed.attempts,
            name + " is one too many");
    require(now < call.deadline, name + " begins before the client's deadline");
    require(now < call.asked + allowed.within, name + " begins in time");
    require(call.blame != Blame::request, name + ": what is wrong everywhere is not tried again");
    const bool repeats = is_repetition(call, stand, key);
    if (repeats && target.chain == route::Chain::none) judge_repeat(call, name);
}

// By the targets where the call was tried: what `choose` makes of what they allow.
config::Retry Referee::allowed_after(const Watched& call,
                                     config::Retry (*choose)(const config::Retry&,
                                                             const config::Retry&)) const {
    config::Retry allowed = retry_at(call.stands[call.tries.front().stand].target);
    for (const OneTry& one : call.tries) {
        allowed = choose(allowed, retry_at(call.stands[one.stand].target));
    }
    return allowed;
}

// The most tries that may have been made only because another credential of the same target was
// refused, the one included that begins at the stand with this key.
std::size_t Referee::other_keys(const Watched& call, std::size_t stand, std::size_t key) const {
    const auto is_other = [](const OneTry& one, std::size_t next_stand, std::size_t next_key) {
        return one.stand == next_stand && one.key != next_key;
    };
    std::size_t count = is_other(call.tries.back(), stand, key) ? 1 : 0;
    for (std::size_t i = 1; i < call.tries.size(); ++i) {
        count += is_other(call.tries[i - 1], call.tries[i].stand, call.tries[i].key) ? 1 : 0;
    }
    return count;
}

// A call is repeated only where no other target of its route could serve it at once: neither when
// that was decided, after its last try, nor now.
void Referee::judge_repeat(const Watched& call, const std::string& name) const {
    if (call.denied) return;
    for (const Stand& stand : call.stands) {
        const route::Candidate& target = stand.target;
        if (stand.tried || target.chain != route::Chain::none) continue;
        if (may_be_left_out(call, target)) continue;
        if (call.has_content && !goes_on(target)) continue;
        const bool is_well = stand.was_well && in_service(target) && ready_keys(stand) != 0;
        require(!is_well, fmt::format("{} is a repetition, and target \"{}\", which is well, was "
                                      "not tried",
                                      name, host_.config.providers[target.provider].name));
    }
}

// ---- how a try goes on --------------------------------------------------------------------------

void Referee::foretell(std::uint64_t number, std::size_t which, const Answer& answer) {
    Watched& call = at(number);
    call.tries[which].blame = answer.blame;
    call.tries[which].says_of_key = answer.of_key;
    call.is_true = call.is_true && answer.is_true;
}

void Referee::answered(std::uint64_t number, std::size_t which) {
    Watched& call = at(number);
    const Blame blame = call.tries[which].blame;
    // A target that refuses to go on with an answer may not know how; others may.
    const bool may_differ = call.has_content && blame == Blame::request;
    if (blame != Blame::upstream && blame != Blame::key && !may_differ) call.blame = blame;
    note_key(call, call.tries[which]);
    call.tries[which].is_answered = true;
}

void Referee::content(std::uint64_t number, std::size_t which) {
    Watched& call = at(number);
    call.has_content = true;
    for (std::size_t i = 0; i < call.tries.size(); ++i) {
        if (i == which) continue;
        require(!call.tries[i].runs,
                fmt::format("call {}: the others are closed once try {} has content", number,
                            which + 1));
        if (call.tries[i].ended != Clock::now()) continue;
        if (call.tries[i].second) tally_.count(Happening::hedges_first);
        if (call.tries[which].second) tally_.count(Happening::hedges_second);
    }
}

void Referee::closed(std::uint64_t number, std::size_t which) {
    Watched& call = at(number);
    require(std::exchange(call.tries[which].runs, false),
            fmt::format("call {}: try {} is closed once", number, which + 1));
    OneTry& one = call.tries[which];
    one.ended = Clock::now();
    // The host may have seen enough, or its client has left.
    if (!one.is_answered && one.says_of_key == OfKey::accepts) one.says_of_key = OfKey::unclear;
    if (!one.is_answered && one.says_of_key == OfKey::unclear) note_key(call, one);
    for (Stand& stand : call.stands) {
        stand.keys_ready = ready_keys(stand);
        stand.was_well = in_service(stand.target) && stand.keys_ready != 0;
    }
    --under_way_[call.stands[call.tries[which].stand].target.id];
}

// Where the call was tried, in order.
std::string Referee::tries_text(const Watched& call) const {
    if (call.tries.empty()) return "no try";
    std::string text = "tries at";
    for (const OneTry& one : call.tries) {
        text += " " + host_.config.providers[call.stands[one.stand].target.provider].name;
    }
    return text;
}

// ---- what the client is told --------------------------------------------------------------------

void Referee::told(std::uint64_t number, std::string_view code, std::string_view message) {
    const Watched& call = at(number);
    if (call.route == nullptr) return;
    const std::string name = fmt::format("call {} of {} ends with {} after {}", number,
                                         call.route->model, code, tries_text(call));
    count_end(call);
    // Where the ledger has no more room for the call, nothing more may be tried.
    if (call.has_content || call.denied || code == "ledger_unavailable") return;
    if (Clock::now() >= call.deadline) return;
    if (!call.tries.empty()) return judge_idle(call, name);
    if (message.find("has no room for") != message.npos) judge_refusal(call, name);
}

// No target that is well, has room, and was not tried by the call could have served it.
void Referee::judge_idle(const Watched& call, const std::string& name) const {
    const bool is_wrong = call.blame == Blame::request || call.blame == Blame::content;
    const bool is_chained = !call.route->on_context_length.empty();
    const bool is_spent = std::ranges::any_of(call.tries, [&](const OneTry& one) {
        return call.stands[one.stand].target.chain == route::Chain::budget;
    });
    if (is_wrong || is_spent || (is_chained && call.blame == Blame::length)) return;
    const config::Retry allowed = allowed_after(call, least_of);
    if (call.tries.size() >= allowed.attempts) return;
    if (Clock::now() >= call.asked + allowed.within) return;
    for (const Stand& stand : call.stands) {
        const route::Candidate& target = stand.target;
        if (is_used_up(call, stand) || target.chain != route::Chain::none) continue;
        if (is_limited(target.provider)) continue;
        require(!in_service(target) || ready_keys(stand) == 0,
                fmt::format("{}, and target \"{}\", which is well, was not tried", name,
                            host_.config.providers[target.provider].name));
    }
}

// Whether the call was tried at the target, and not only with keys to which the errors were due
// while others were left.
bool Referee::is_used_up(const Watched& call, const Stand& stand) const {
    if (!stand.tried) return false;
    const auto at = static_cast<std::size_t>(&stand - call.stands.data());
    const bool by_keys = std::ranges::all_of(
        call.tries, [at](const OneTry& one) { return one.stand != at || one.blame == Blame::key; });
    return !by_keys || (stand.keys_ready & ready_keys(stand) & ~stand.keys_tried) == 0;
}

void Referee::judge_refusal(const Watched& call, const std::string& name) const {
    for (const Stand& stand : call.stands) {
        const route::Candidate& target = stand.target;
        if (target.chain != route::Chain::none || is_limited(target.provider)) continue;
        require(!has_room(target) || is_waited_for(target),
                fmt::format(
                    "{}, {} ms after it came, and target \"{}\", in service: {}, has room", name,
                    std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - call.asked)
                        .count(),
                    host_.config.providers[target.provider].name, in_service(target)));
    }
}

void Referee::held(std::string_view id, bool yes) {
    Watched& call = at(number_of(id));
    call.held = yes;
    call.denied = call.denied || !yes;
    if (!yes) tally_.count(Happening::not_held);
}

bool Referee::upstreams_are_true(std::string_view id) const {
    return calls_.at(number_of(id) - 1).is_true;
}

std::string Referee::text_of(std::string_view id) const {
    const Watched& call = calls_.at(number_of(id) - 1);
    return fmt::format("{} of {}, with {}", id, call.route->model, tries_text(call));
}

// ---- all calls together -------------------------------------------------------------------------

void Referee::look() {
    for (std::size_t id = 0; id < under_way_.size(); ++id) {
        const auto& target = host_.routes.targets()[id];
        count_target(id);
        if (host_.config.providers[target.provider].base_url.empty()) continue;
        require(upstreams_.targets.under_way(id) == under_way_[id],
                fmt::format("{} tries are under way at a target, and {} are counted",
                            under_way_[id], upstreams_.targets.under_way(id)));
    }
    count_waiting();
    judge_repeats();
}

void Referee::judge_repeats() {
    const std::uint64_t taken = upstreams_.retries.taken();
    if (taken == taken_) return;
    const std::int64_t now = second_of(Clock::now());
    seconds_[now].repeats += taken - std::exchange(taken_, taken);
    seconds_.erase(seconds_.begin(), seconds_.lower_bound(now - 20));
    Second sum;
    for (const auto& [second, counts] : seconds_) {
        sum.unseen += counts.unseen;  // one that waited may have begun later
        if (second <= now - 10) continue;
        sum.calls += counts.calls;
        sum.repeats += counts.repeats;
    }
    const config::RetryBudget& budget = host_.config.retry_budget;
    const std::uint64_t allowed =
        (sum.calls + sum.unseen) * budget.percent / 100 + std::uint64_t{10} * budget.per_second;
    require(sum.repeats <= allowed,
            fmt::format("{} repetitions in 10 s, and {} are allowed", sum.repeats, allowed));
}

void Referee::check_end() {
    for (std::size_t id = 0; id < under_way_.size(); ++id) {
        require(upstreams_.targets.under_way(id) == 0, "no try is under way at the end");
        tally_.count(Happening::ejections, upstreams_.targets.times_out(id));
    }
}

std::uint64_t Referee::untried() const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(calls_, [](const Watched& call) { return call.tries.empty(); }));
}

}  // namespace bellwether::simulator
