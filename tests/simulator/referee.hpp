// Watches all calls of a simulation: where each is tried, how its tries end, and what its client is
// told; and says whether the host has kept its rules.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/clock.hpp"
#include "front/context.hpp"
#include "json/value.hpp"
#include "key_book.hpp"
#include "policy/admission/waiting_counts.hpp"
#include "policy/upstreams/upstreams.hpp"
#include "route/table.hpp"
#include "script.hpp"
#include "tally.hpp"

namespace bellwether::simulator {

inline std::string id_of_call(std::uint64_t number) { return "call-" + std::to_string(number); }

class Referee {
  public:
    // All must outlive it.
    Referee(const front::Host& host, const policy::Upstreams& upstreams,
            const policy::WaitingCounts& waiting);

    // A call comes in. Calls are numbered from 1, in this order.
    void asked(const std::string& model, std::string user, Clock::time_point deadline);

    // A try begins, and gets a number within its call; `second`: another one of the call runs.
    struct Begun {
        std::size_t number = 0;
        bool second = false;
    };
    struct Request {
        std::string_view provider;
        std::string_view model;
        std::size_t key = 0;  // which one of its provider's
        json::Value body;
        std::string_view
            said;  // of the answer that it wants the rest of; empty: it wants a whole one
    };
    Begun try_begins(std::uint64_t call, const Request& request);
    // What its upstream will answer.
    void foretell(std::uint64_t call, std::size_t number, const Answer& answer);
    // The upstream has said all that it says.
    void answered(std::uint64_t call, std::size_t number);
    // The first content of a try has gone to the host, which has closed all other tries by now.
    void content(std::uint64_t call, std::size_t number);
    void closed(std::uint64_t call, std::size_t number);
    // The client has something of an answer.
    void heard(std::uint64_t call) { at(call).has_content = true; }
    // It reads this of the answer; and its last chunk.
    void reads(std::uint64_t call, std::string_view text) { at(call).text += text; }
    void reads_end(std::uint64_t call) { at(call).is_finished = true; }
    // The client is told an error.
    void told(std::uint64_t call, std::string_view code, std::string_view message);
    // The ledger has answered the last question for this call.
    void held(std::string_view id_of_call, bool yes);

    // Whether all upstreams of the call's tries have kept to what was asked of them.
    bool upstreams_are_true(std::string_view id_of_call) const;
    // Of its route, and where it was tried.
    std::string text_of(std::string_view id_of_call) const;
    // At a moment when nothing is left to do.
    void look();
    void check_end();
    // How many calls were never tried.
    std::uint64_t untried() const;
    // What else has happened.
    Tally& tally() { return tally_; }
    const Tally& tally() const { return tally_; }

  private:
    // A prompt that is larger than all of the simulation.
    static constexpr std::int64_t k_tokens = 100'000;

    // A target of a call's route, and how it was when the call came in.
    struct Stand {
        route::Candidate target;
        bool in_service = true;
        bool has_room = true;
        bool tried = false;
        std::uint32_t keys_offered = 0;  // its keys that were not set aside when the call came in
        // When the last try ended; before the first one, when the call came in.
        bool was_well = true;          // it was in service, and had room
        std::uint32_t keys_ready = 0;  // those of its keys that could be used, as bits
        std::uint32_t keys_tried = 0;
    };
    struct OneTry {
        std::size_t stand = 0;
        std::size_t key = 0;
        Clock::time_point began{};
        Blame blame = Blame::upstream;
        OfKey says_of_key = OfKey::nothing;
        bool second = false;  // another one of the call ran when it began
        bool is_answered = false;
        bool runs = true;
        Clock::time_point ended{};  // once it does not run
    };
    struct Watched {
        const config::Route* route = nullptr;
        std::string user;
        Clock::time_point asked;
        Clock::time_point deadline;
        std::vector<Stand> stands;
        std::vector<OneTry> tries;
        Blame blame = Blame::upstream;  // of the errors that have ended tries, what says most
        bool has_content = false;
        std::string text;  // of the answer, as its client has read it
        bool is_finished = false;
        std::int64_t max_tokens = 0;  // of the first request; 0: it does not say
        bool is_true = true;
        bool held = true;
        bool denied = false;  // the ledger gave no hold for one of its tries
    };
    // How a target was when last looked at.
    struct Seen {
        route::Service service = route::Service::in;
        Clock::time_point out_until{};
    };
    // Calls and repetitions of one second.
    struct Second {
        std::uint64_t calls = 0;
        std::uint64_t unseen = 0;  // that may have been calls of the retry budget, too
        std::uint64_t repeats = 0;
    };

    Watched& at(std::uint64_t call) { return calls_.at(call - 1); }
    std::size_t stand_of(const Watched& call, const Request& request,
                         const std::string& name) const;
    std::string tries_text(const Watched& call) const;
    void judge_first(const Watched& call, std::size_t stand, const std::string& name);
    void judge_order(const Watched& call, std::size_t stand, const std::string& name);
    void judge_next(const Watched& call, std::size_t stand, std::size_t key,
                    const std::string& name);
    void judge_request(const Stand& stand, const Request& request, const std::string& name);
    void judge_key(const Watched& call, const Stand& stand, std::size_t key,
                   const std::string& name);
    void judge_rest(const Watched& call, const Stand& stand, const Request& request,
                    const std::string& name);
    bool goes_on(const route::Candidate& target) const;
    std::uint32_t accepted_keys(const route::Candidate& target) const;
    std::uint32_t ready_keys(const route::Candidate& target) const;
    std::uint32_t ready_keys(const Stand& stand) const;
    void note_key(const Watched& call, const OneTry& one);
    bool is_repetition(const Watched& call, std::size_t stand, std::size_t key) const;
    bool is_used_up(const Watched& call, const Stand& stand) const;
    config::Retry allowed_after(const Watched& call,
                                config::Retry (*choose)(const config::Retry&,
                                                        const config::Retry&)) const;
    std::size_t other_keys(const Watched& call, std::size_t stand, std::size_t key) const;
    void judge_repeat(const Watched& call, const std::string& name) const;
    void judge_idle(const Watched& call, const std::string& name) const;
    void judge_refusal(const Watched& call, const std::string& name) const;
    void judge_repeats();
    void count_try(const Watched& call, std::size_t stand, std::size_t key);
    void count_first(const Watched& call, std::size_t stand);
    void count_end(const Watched& call);
    void count_target(std::size_t id);
    void count_waiting();
    bool is_limited(std::size_t provider) const;
    bool may_be_left_out(const Watched& call, const route::Candidate& target) const;
    bool in_service(const route::Candidate& target) const;
    bool has_room(const route::Candidate& target) const;
    bool is_waited_for(const route::Candidate& target) const;

    const front::Host& host_;
    const policy::Upstreams& upstreams_;
    const policy::WaitingCounts& waiting_;
    std::vector<Watched> calls_;
    std::vector<std::uint32_t> under_way_;      // by the target's id
    std::vector<Seen> seen_;                    // by the target's id
    std::map<std::string, std::size_t> homes_;  // by user: the id of the target of a sticky route
    std::map<std::int64_t, Second> seconds_;
    KeyBook keys_;
    std::uint64_t taken_ = 0;  // of the retry budget, when last looked at
    Tally tally_;
};

}  // namespace bellwether::simulator
