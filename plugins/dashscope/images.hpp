// Images: OpenAI's request as DashScope's task that makes images of a text, and what becomes of it.
#pragma once

#include "failure.hpp"
#include "messages.hpp"

#include <bellwether/ascii.hpp>
#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dashscope {

// Members that DashScope has no counterpart of, unless they leave the choice to the model.
inline void refuse(const json::Member& member) {
    for (const char* name : {"quality", "style", "background", "moderation", "output_format",
                             "output_compression", "partial_images", "stream"}) {
        const json::Value& value = member.value();
        const bool free = value.equals("auto") || value.equals("standard") || value.equals("png") ||
                          value.raw() == "false" || value.raw() == "0";
        if (member.key_is(name) && !free) throw unsupported(name, "is not served");
    }
}

inline std::string images_body(const json::Value& asked) {
    if (asked["response_format"].equals("b64_json")) {
        throw unsupported("response_format", "must be url: DashScope gives addresses");
    }
    if (asked["prompt"].kind() != json::Kind::string || asked["prompt"].equals("")) {
        throw bw::Error(BW_E_INVALID, "prompt must be a text that is not empty").param("prompt");
    }
    std::string body;
    json::Writer json(body);
    json.object().member("model", asked["model"].string()).object("input");
    json.member("prompt", asked["prompt"]).maybe("negative_prompt", asked["negative_prompt"]);
    json.maybe("ref_img", asked["ref_img"]).end().object("parameters");
    std::string size = asked["size"].string("auto");
    std::replace(size.begin(), size.end(), 'x', '*');
    if (size != "auto") json.member("size", size);
    for (const json::Member& member : asked.members()) {
        if (!member.value()) continue;
        for (const char* own :
             {"n", "seed", "prompt_extend", "watermark", "ref_mode", "ref_strength"}) {
            if (member.key_is(own)) json.member(own, member.value());
        }
        refuse(member);
    }
    json.finish();
    return body;
}

// How many images a request may come to.
inline std::int64_t images_asked(const json::Value& asked) {
    return std::max<std::int64_t>(asked["n"].integer().value_or(1), 1);
}

// OpenAI's reply to a task that has succeeded. Some of its images may have failed; `made` becomes
// the number of the others.
inline std::string images_reply(const json::Value& output, std::chrono::milliseconds now,
                                std::int64_t& made) {
    std::string reply;
    json::Writer json(reply);
    json.object().member("created", now.count() / 1000).array("data");
    made = 0;
    for (const json::Value& result : output["results"].elements()) {
        if (result["url"].kind() != json::Kind::string) continue;
        json.object().member("url", result["url"]);
        json.maybe("revised_prompt", result["actual_prompt"].string()).end();
        ++made;
    }
    json.finish();
    return reply;
}

// A task, from its making to its end. It is asked for again and again, at first after a second, and
// at last each five; its time ends with that of the attempt.
class Task {
  public:
    // `deadline`: how long it may take; zero: not limited. `now`: the wall clock.
    Task(std::chrono::milliseconds deadline, std::chrono::milliseconds now)
        : deadline_(deadline), begun_(now) {}

    bool is_made() const { return !id_.empty(); }
    bool is_over() const { return over_; }
    const std::string& id() const { return id_; }

    // False: it goes on. Throws if it has failed.
    bool take(const json::Value& body) {
        const json::Value output = body["output"];
        const json::Value state = output["task_status"];
        if (id_.empty()) id_ = output["task_id"].string();
        const bool proper = std::all_of(id_.begin(), id_.end(), [](char c) {
            return bw::ascii::is_alnum(c) || c == '-' || c == '_';
        });
        if (id_.empty() || !proper) {
            throw bw::Error(BW_E_PROTOCOL, "DashScope made no task that can be asked for");
        }
        if (state.equals("FAILED")) throw failure(200, output, body.raw(), {});
        for (const char* lost : {"CANCELED", "UNKNOWN"}) {
            if (!state.equals(lost)) continue;
            throw bw::Error(BW_E_UPSTREAM, "DashScope's task " + id_ + " is " + lost).code(lost);
        }
        return over_ = state.equals("SUCCEEDED");
    }
    // A question that failed may be asked again, a few times in a row.
    bool may_fail(const bw::Error& error) {
        constexpr int k_failures_max = 5;
        const bool passing = error.status() == BW_E_RATE || error.status() == BW_E_UPSTREAM;
        return is_made() && passing && ++failures_ < k_failures_max;
    }
    void answered() { failures_ = 0; }
    // How long to wait before the next question. `told`: how long the vendor wants to be left
    // alone.
    std::chrono::milliseconds next_wait(std::optional<std::chrono::milliseconds> told,
                                        std::chrono::milliseconds now) {
        constexpr std::chrono::milliseconds k_longest{5'000};
        const auto wait = std::max(wait_, told.value_or(wait_));
        waited_ += wait;
        const auto spent = std::max(waited_, now - begun_ + wait);
        if (deadline_.count() > 0 && spent >= deadline_) {
            throw bw::Error(BW_E_UPSTREAM, "DashScope's task " + id_ +
                                               " would not be done in the time of the attempt")
                .code("task_not_done");
        }
        wait_ = std::min(wait_ * 3 / 2, k_longest);
        return wait;
    }

  private:
    std::string id_;
    bool over_ = false;
    int failures_ = 0;
    std::chrono::milliseconds wait_{1'000};
    std::chrono::milliseconds waited_{0};
    std::chrono::milliseconds deadline_;
    std::chrono::milliseconds begun_;
};

}  // namespace dashscope
