// The messages as `contents`: two sides that take turns, user and model.
#pragma once

#include "gemini/api.hpp"
#include "gemini/media.hpp"
#include "gemini/members.hpp"
#include "gemini/signatures.hpp"

#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemini {

// The words by which Google lets a call pass that a model of another vendor has made.
inline constexpr std::string_view k_foreign_signature = "skip_thought_signature_validator";

class Contents {
  public:
    Contents(const Api& api, const chat::Request& asked, std::string_view model,
             const Signatures& signatures, Draft& draft)
        : asked_(&asked),
          signatures_(&signatures),
          draft_(&draft),
          names_(asked.tool_names()),
          api_(&api),
          media_(api, draft.uploads),
          signs_(wants_signatures(model)) {}

    // `contents` and `systemInstruction`, as members of the object that `json` writes at the end
    // of the draft's body.
    void write(bw::json::Writer& json) {
        json.array("contents");
        for (const chat::Side& side : asked_->sides()) {
            side.is_assistant() ? write_model(json, side) : write_user(json, side);
        }
        const std::string instructions = asked_->instructions();
        if (!any_ && instructions.empty()) {
            throw bw::Error(BW_E_INVALID, "messages say nothing").param("messages");
        }
        const bool alone = !any_;  // it takes a message to answer
        if (alone) {
            add_text(bw::json::Value(bw::json::quote(instructions)));
            flush(json, "user");
        }
        json.end();
        if (alone || instructions.empty()) return;
        json.object("systemInstruction").array("parts").object().member("text", instructions);
        json.end().end().end();
    }

  private:
    // The result of a call, and which of the calls before it that was.
    struct Result {
        std::size_t rank;
        std::string json;
    };

    void add_text(const bw::json::Value& text) {
        if (text.kind() != bw::json::Kind::string || text.equals("")) return;
        separate();
        bw::json::Writer(parts_).object().member("text", text);
    }
    void add_parts(const chat::Turn& turn, bool with_text = true) {
        for (const chat::Part& part : turn.parts()) {
            if (part.text_json()) {
                if (with_text) add_text(part.text_json());
            } else if (part.kind() == chat::PartKind::other && !is_video(part)) {
                refuse(*api_, part.param(), "it is of no kind that the models read");
            } else {
                separate();
                media_.write(parts_, part);
            }
        }
    }
    void separate() {
        if (!parts_.empty()) parts_ += ',';
    }

    // Ends a content. One without parts is left out.
    void flush(bw::json::Writer& json, std::string_view role) {
        if (parts_.empty()) return;
        json.object().member("role", role).array("parts");
        const std::size_t before = draft_->body.size();
        json.raw(parts_).end().end();
        for (; placed_ < draft_->uploads.size(); ++placed_) draft_->uploads[placed_].at += before;
        parts_.clear();
        any_ = true;
    }

    void write_model(bw::json::Writer& json, const chat::Side& side) {
        ranks_.clear();
        for (const chat::Turn& turn : side) {
            add_parts(turn);
            const std::string refusal = turn.refusal();
            if (!refusal.empty()) add_text(turn.raw()["refusal"]);
            for (const chat::ToolCall& call : turn.tool_calls()) add_call(call);
        }
        flush(json, "model");
    }
    void add_call(const chat::ToolCall& call) {
        if (call.is_custom()) refuse(*api_, call.param(), "a tool is a function");
        separate();
        bw::json::Writer part(parts_);
        part.object().object("functionCall");
        if (is_googles(call.id())) part.member("id", call.id());
        part.member("name", call.name()).key("args").raw(call.arguments_object()).end();
        const bool first = ranks_.empty();
        const std::string signature = this->signature(call);
        if (signature.empty() && first && signs_) {
            part.member("thoughtSignature", k_foreign_signature);
        } else {
            part.maybe("thoughtSignature", signature);
        }
        ranks_.emplace(call.id(), ranks_.size());
    }
    // As the client hands it back, or else as it was kept.
    std::string signature(const chat::ToolCall& call) const {
        const std::string handed =
            call.raw()["extra_content"]["google"]["thought_signature"].string();
        return handed.empty() ? signatures_->of(call.id()) : handed;
    }

    // The results of calls come first and alone, in the order of the calls: the models tell them
    // apart by that.
    void write_user(bw::json::Writer& json, const chat::Side& side) {
        std::vector<Result> results;
        for (const chat::Turn& turn : side) {
            if (turn.is_tool_result()) results.push_back(result(turn));
        }
        std::stable_sort(results.begin(), results.end(),
                         [](const Result& a, const Result& b) { return a.rank < b.rank; });
        for (const Result& each : results) {
            separate();
            parts_ += each.json;
        }
        flush(json, "user");
        for (const chat::Turn& turn : side) add_parts(turn, !turn.is_tool_result());
        flush(json, "user");
        ranks_.clear();
    }
    Result result(const chat::Turn& turn) const {
        const std::string id = turn.tool_call_id();
        const std::string text = turn.text();
        const auto rank = ranks_.find(id);
        Result out{rank == ranks_.end() ? ranks_.size() : rank->second, {}};
        bw::json::Writer json(out.json);
        json.object().object("functionResponse");
        if (is_googles(id)) json.member("id", id);
        json.member("name", names_.of(id));
        const bool object =
            bw::json::Value(text).kind() == bw::json::Kind::object && bw::json::valid(text);
        if (object) {
            json.key("response").raw(text);
        } else {
            json.object("response").member("output", text).end();
        }
        json.finish();
        return out;
    }
    // Ids that were made up, here or by those whose ids look like that, are left out: not every
    // model takes one.
    bool is_googles(const std::string& id) const {
        return signs_ && id.compare(0, 5, "call_") != 0;
    }

    const chat::Request* asked_;
    const Signatures* signatures_;
    Draft* draft_;
    chat::ToolNames names_;
    const Api* api_;
    MediaWriter media_;
    bool signs_;
    bool any_ = false;                          // a content is written
    std::string parts_;                         // of the content that is being written
    std::size_t placed_ = 0;                    // uploads whose place in the body is known
    std::map<std::string, std::size_t> ranks_;  // the calls of the last turn of the model
};

}  // namespace gemini
