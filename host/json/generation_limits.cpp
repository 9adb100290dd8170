#include "json/generation_limits.hpp"

#include <algorithm>
#include <string_view>

#include "json/member_names.hpp"

namespace bw::json {
namespace {

constexpr int k_depth_max = 4;

bool is_no(const Value& value) {
    return value.equals("none") || value.equals("disabled") || value.equals("off");
}

// Reads the members at one depth of a request, and those of the containers among them.
class LimitReader {
  public:
    LimitReader(Call& call, int depth, bool of_thinking)
        : call_(call), depth_(depth), of_thinking_(of_thinking) {}

    void read(const KnownMember& known, const Value& value) {
        if (value.kind() == Kind::null) return;
        switch (known.means) {
            case MemberRole::answer:
                if (depth_ == 0) return limit(known.name, value, call_.max_tokens);
                return of_thinking_ ? take_thinking(known.name, value)
                                    : take_other(known.name, value);
            case MemberRole::other: return take_other(known.name, value);
            case MemberRole::thinking: return take_thinking(known.name, value);
            case MemberRole::shown:
                if (depth_ == 0) limit(known.name, value, call_.choices_shown);
                return limit(known.name, value, call_.choices);
            case MemberRole::choices: return limit(known.name, value, call_.choices);
            case MemberRole::free_switch:
                call_.thinks_freely = call_.thinks_freely || value.boolean(false);
                return take_wish(value);
            case MemberRole::wish: return take_wish(value);
            case MemberRole::hide:
                call_.thinks = call_.thinks || !value.boolean(true) || value.equals("hidden");
                return;
            case MemberRole::echo: call_.echo = call_.echo || value.boolean(false); return;
            case MemberRole::container: return enter(value, of_thinking_);
            default: return;  // it says nothing of limits
        }
    }

  private:
    void limit(std::string_view name, const Value& value, std::int64_t& most) {
        const auto number = value.integer();
        if (number && *number > 0) {
            most = std::max(most, *number);
        } else {
            call_.invalid_limit = name;
        }
    }

    // A negative number means that there is no limit.
    void limit_or_none(std::string_view name, const Value& value, std::int64_t& most, bool& none) {
        const auto number = value.integer();
        if (!number) {
            call_.invalid_limit = name;
        } else if (*number < 0) {
            none = true;
        } else {
            most = std::max(most, *number);
        }
    }

    void take_other(std::string_view name, const Value& value) {
        limit_or_none(name, value, call_.other_max_tokens, call_.no_limit);
    }

    void take_thinking(std::string_view name, const Value& value) {
        limit_or_none(name, value, call_.thinking_tokens, call_.thinks_freely);
        call_.thinks = call_.thinks || call_.thinking_tokens > 0 || call_.thinks_freely;
    }

    void take_wish(const Value& value) {
        bool wanted = value.boolean(false);
        if (value.kind() == Kind::string) wanted = !is_no(value);
        if (value.kind() == Kind::object) {
            wanted =
                value["enabled"].boolean(true) && !is_no(value["type"]) && !is_no(value["effort"]);
            enter(value, true);
        }
        call_.thinks = call_.thinks || wanted;
        call_.refuses_thinking = !call_.thinks;
    }

    void enter(const Value& value, bool of_thinking) {
        if (value.kind() != Kind::object || depth_ == k_depth_max) return;
        LimitReader inner(call_, depth_ + 1, of_thinking);
        for (const Member& member : value.members()) {
            const KnownMember* const known = meaning_of(member.raw_key());
            if (known != nullptr) inner.read(*known, member.value());
        }
    }

    Call& call_;
    int depth_;
    bool of_thinking_;
};

}  // namespace

void read_generation_limit(Call& call, const KnownMember& known, const Value& value) {
    LimitReader(call, 0, false).read(known, value);
}

}  // namespace bw::json
