// What the model says, whole or piece by piece: a stream is made of the same objects.
#pragma once

#include "gemini/api.hpp"
#include "gemini/errors.hpp"
#include "gemini/signatures.hpp"
#include "gemini/usage.hpp"

#include <bellwether/chat/reply.hpp>
#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gemini {

namespace detail {

struct Ending {
    std::string_view reason;
    bw::chat::Finish finish;
};
inline constexpr Ending k_endings[] = {
    {"STOP", bw::chat::Finish::stop},
    {"MAX_TOKENS", bw::chat::Finish::length},
    {"SAFETY", bw::chat::Finish::content_filter},
    {"RECITATION", bw::chat::Finish::content_filter},
    {"BLOCKLIST", bw::chat::Finish::content_filter},
    {"PROHIBITED_CONTENT", bw::chat::Finish::content_filter},
    {"SPII", bw::chat::Finish::content_filter},
    {"MODEL_ARMOR", bw::chat::Finish::content_filter},
    {"IMAGE_SAFETY", bw::chat::Finish::content_filter},
    {"IMAGE_PROHIBITED_CONTENT", bw::chat::Finish::content_filter},
    {"IMAGE_RECITATION", bw::chat::Finish::content_filter}};

// Endings with which the model has failed, whatever it said before.
inline constexpr std::string_view k_failures[] = {
    "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE"};

}  // namespace detail

class Answer {
  public:
    Answer(const Api& api, Signatures& signatures, const bw::Request& request,
           const bw::Attempt& attempt, std::chrono::milliseconds now)
        : api_(&api),
          signatures_(&signatures),
          reply_(attempt, request, now),
          id_("chatcmpl-" + std::string(request.id())) {}

    // One object of the upstream's; a stream that is one array may come as that. Throws what is
    // told in place of an answer.
    void take(std::string_view text) {
        if (!bw::json::valid(text)) throw senseless(*api_, "sent what is not JSON");
        const Value value(text);
        if (value.kind() != bw::json::Kind::array) return response(value);
        for (const Value& each : value.elements()) response(each);
    }
    // Nothing more comes.
    void end() {
        for (const Seen& seen : seen_) finish(seen);
        if (!reply_.end()) throw senseless(*api_, "cut its answer");
    }

  private:
    // What has come of a candidate.
    struct Seen {
        std::int64_t index;
        bool said = false;
        std::string reason;  // some models repeat it in each piece
        std::string message;
    };
    static constexpr std::size_t k_candidates_max = 128;

    void response(const Value& response) {
        if (response["error"]) throw error_of(*api_, 200, {}, response.raw());
        if (response.kind() != bw::json::Kind::object) throw senseless(*api_, "sent no object");
        if (const std::string id = response["responseId"].string(); !id.empty()) {
            if (seen_.empty()) id_ = id;
            reply_.id(id);
        }
        reply_.model(response["modelVersion"].string());
        if (const Value usage = response["usageMetadata"]) reply_.usage(read_usage(usage));
        std::int64_t position = 0;
        for (const Value& candidate : response["candidates"].elements()) {
            take_candidate(candidate, candidate["index"].integer().value_or(position));
            ++position;
        }
        const Value feedback = response["promptFeedback"];
        if (feedback["blockReason"] && seen_.empty()) refuse_prompt(feedback, response.raw());
    }
    [[noreturn]] void refuse_prompt(const Value& feedback, std::string_view raw) const {
        const std::string reason = feedback["blockReason"].string();
        const std::string words = feedback["blockReasonMessage"].string();
        bw::Error failure(BW_E_CONTENT_FILTER, api_->vendor + " does not let the prompt through: " +
                                                   (words.empty() ? reason : words));
        throw failure.code(reason).type("blocked").raw(raw).param("messages");
    }

    void take_candidate(const Value& candidate, std::int64_t index) {
        Seen* const seen = find(index);
        if (seen == nullptr) return;
        for (const Value& part : candidate["content"]["parts"].elements()) take_part(part, *seen);
        if (const std::string reason = candidate["finishReason"].string(); !reason.empty()) {
            seen->reason = reason;
            seen->message = candidate["finishMessage"].string();
        }
        std::int64_t searches = 0;
        for (const Value& query : candidate["groundingMetadata"]["webSearchQueries"].elements()) {
            if (query) ++searches;
        }
        if (searches == 0) return;
        bw::Usage usage;
        usage.units.push_back({"web_search", searches});
        reply_.usage(usage);
    }
    Seen* find(std::int64_t index) {
        for (Seen& seen : seen_) {
            if (seen.index == index) return &seen;
        }
        if (index < 0 || seen_.size() == k_candidates_max) return nullptr;
        seen_.push_back({index, false, {}, {}});
        return &seen_.back();
    }

    void take_part(const Value& part, Seen& seen) {
        if (const Value call = part["functionCall"]) {
            take_call(call, part["thoughtSignature"].string(), seen);
        } else if (const Value image = part["inlineData"]) {
            say("![image](data:" + image["mimeType"].string("image/png") + ";base64," +
                    image["data"].string() + ")",
                seen);
        } else if (const Value code = part["executableCode"]) {
            say("```" + bw::ascii::lower(code["language"].string()) + "\n" + code["code"].string() +
                    "\n```\n",
                seen);
        } else if (const Value result = part["codeExecutionResult"]) {
            say("```\n" + result["output"].string() + "\n```\n", seen);
        } else if (part["thought"].boolean(false)) {
            reply_.reasoning(part["text"].string(), seen.index);
        } else {
            say(part["text"].string(), seen);
        }
    }
    void say(const std::string& text, Seen& seen) {
        seen.said = seen.said || !text.empty();
        reply_.text(text, seen.index);
    }
    // Calls come whole. The id that one gets here is known to the table of signatures, too.
    void take_call(const Value& call, const std::string& signature, Seen& seen) {
        const std::string name = call["name"].string();
        if (name.empty() || call["partialArgs"]) {
            throw senseless(*api_, "sent a call of a tool in pieces, which was not asked for");
        }
        seen.said = true;
        std::string id = call["id"].string();
        if (id.empty()) {
            id =
                bw::chat::made_up_id(bw::chat::seed_of(id_), static_cast<std::uint64_t>(seen.index),
                                     static_cast<std::int64_t>(reply_.tool_calls(seen.index)));
        }
        std::string extra;
        if (!signature.empty()) {
            signatures_->keep(id, signature);
            bw::json::Writer(extra).object().object("google").member("thought_signature",
                                                                     signature);
        }
        const Value args = call["args"];
        const bool object = args.kind() == bw::json::Kind::object;
        reply_.tool_call(id, name, object ? args.raw() : "{}", seen.index, extra);
    }

    void finish(const Seen& seen) {
        if (seen.reason.empty()) return;
        for (const detail::Ending& ending : detail::k_endings) {
            if (seen.reason == ending.reason) {
                reply_.finish(ending.finish, seen.index);
                return;
            }
        }
        bool failed = !seen.said;
        for (const std::string_view failure : detail::k_failures) {
            failed = failed || seen.reason == failure;
        }
        if (!failed) {
            reply_.finish(bw::chat::Finish::stop, seen.index);
            return;
        }
        const std::string words = seen.message.empty() ? std::string() : ": " + seen.message;
        throw bw::Error(BW_E_UPSTREAM,
                        api_->vendor + "'s model gave up with " + seen.reason + words)
            .code(seen.reason);
    }

    const Api* api_;
    Signatures* signatures_;
    bw::chat::Reply<bw::Attempt> reply_;
    std::string id_;  // tells this answer from others
    std::vector<Seen> seen_;
};

}  // namespace gemini
