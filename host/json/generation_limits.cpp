#include "json/generation_limits.hpp"

#include <algorithm>
#include <string_view>

#include "json/member_names.hpp"

namespace bellwether::json {
namespace {

constexpr int k_levels_max = 4;

bool is_no(const Value& value) {
    return value.equals("none") || value.equals("disabled") || value.equals("off");
}

// Reads the members at one depth of a request, and those of the containers among them.
class LimitReader {
  public:
    LimitReader(AskedInBody& asked, int depth, bool of_thinking)
        : asked_(asked), depth_(depth), of_thinking_(of_thinking) {}

    void read(const KnownMember& known, const Value& value) {
        if (value.kind() == Kind::null) return;
        switch (known.means) {
            case MemberRole::answer:
                if (depth_ == 0) return limit(known.name, value, asked_.max_tokens);
                return of_thinking_ ? take_thinking(known.name, value)
                                    : take_other(known.name, value);
            case MemberRole::other: return take_other(known.name, value);
            case MemberRole::thinking: return take_thinking(known.name, value);
            case MemberRole::shown:
                if (depth_ == 0) limit(known.name, value, asked_.choices_shown);
                return limit(known.name, value, asked_.choices);
            case MemberRole::choices: return limit(known.name, value, asked_.choices);
            case MemberRole::free_switch:
                if (value.boolean(false)) say(Thinking::free);
                return take_wish(value);
            case MemberRole::wish: return take_wish(value);
            case MemberRole::hide:
                if (!value.boolean(true) || value.equals("hidden")) say(Thinking::hidden);
                return;
            case MemberRole::echo: asked_.echo = asked_.echo || value.boolean(false); return;
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
            asked_.invalid_limit = name;
        }
    }

    // True if the value says that there is no limit, as a negative number does.
    bool limit_or_none(std::string_view name, const Value& value, std::int64_t& most) {
        const auto number = value.integer();
        if (!number) {
            asked_.invalid_limit = name;
        } else {
            most = std::max(most, *number);
        }
        return number && *number < 0;
    }

    void take_other(std::string_view name, const Value& value) {
        if (limit_or_none(name, value, asked_.other_max_tokens)) asked_.no_limit = true;
    }

    void take_thinking(std::string_view name, const Value& value) {
        if (limit_or_none(name, value, asked_.thinking_tokens)) say(Thinking::free);
        if (asked_.thinking_tokens > 0) say(Thinking::asked);
    }

    void say(Thinking thinking) { asked_.thinking = std::max(asked_.thinking, thinking); }

    void take_wish(const Value& value) {
        bool wanted = value.boolean(false);
        if (value.kind() == Kind::string) wanted = !is_no(value);
        if (value.kind() == Kind::object) {
            wanted =
                value["enabled"].boolean(true) && !is_no(value["type"]) && !is_no(value["effort"]);
            enter(value, true);
        }
        say(wanted ? Thinking::asked : Thinking::refused);
    }

    void enter(const Value& value, bool of_thinking) {
        if (value.kind() != Kind::object || depth_ == k_levels_max) return;
        LimitReader inner(asked_, depth_ + 1, of_thinking);
        for (const Member& member : value.members()) {
            const KnownMember* const known = meaning_of(member.raw_key());
            if (known != nullptr) inner.read(*known, member.value());
        }
    }

    AskedInBody& asked_;
    int depth_;
    bool of_thinking_;
};

}  // namespace

void read_generation_limit(AskedInBody& asked, const KnownMember& known, const Value& value) {
    LimitReader(asked, 0, false).read(known, value);
}

}  // namespace bellwether::json
