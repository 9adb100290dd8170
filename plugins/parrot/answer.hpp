// A call's outputs as OpenAI's chunks or reply, of chat and of completions.
#pragma once

#include <bellwether/chat/usage_json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask.hpp"
#include "generation.hpp"
#include "stops.hpp"
#include "tokens.hpp"

namespace parrot {

class Answer {
  public:
    Answer(const Ask& ask, const bw::Request& request, const Model& model,
           std::chrono::milliseconds now)
        : vocabulary_(model.vocabulary()),
          chat_(ask.chat),
          stream_(request.stream()),
          logprobs_(ask.logprobs),
          id_((chat_ ? "chatcmpl-" : "cmpl-") + std::string(request.id())),
          model_(request.model()),
          fingerprint_("fp_" + std::to_string(model.fingerprint())),
          created_s_(std::chrono::duration_cast<std::chrono::seconds>(now).count()),
          choices_(ask.choices()) {}

    // Says what a stream can say of it by now: a chunk a token.
    void add(Output output, const bw::Attempt& attempt) {
        Said& choice = choices_[output.choice];
        if (stream_) {
            if (chat_ && !std::exchange(choice.begun, true)) emit_role(output.choice, attempt);
            emit_chunk(output, choice.text_bytes, attempt);
            choice.text_bytes += output.piece.text.size();
        } else if (output.finish != nullptr) {
            choice.finish = output.finish;
        } else {
            choice.pieces.push_back(std::move(output.piece));
        }
    }
    // The reply, or the closing chunk with the usage.
    void end(const bw::Usage& usage, const bw::Attempt& attempt) {
        json_.clear();
        bw::json::Writer json(json_);
        begin(json);
        if (!stream_) {
            for (std::size_t i = 0; i < choices_.size(); ++i) write_choice(json, i);
        }
        json.end().key("usage");
        bw::chat::write_usage(json, usage);
        json.finish();
        if (stream_) {
            attempt.emit_usage_chunk(json_);
        } else {
            attempt.emit_reply(json_);
        }
    }

  private:
    struct Said {
        std::vector<Piece> pieces;  // empty of a stream
        const char* finish = nullptr;
        std::size_t text_bytes = 0;
        bool begun = false;
    };

    // Up to the choices.
    void begin(bw::json::Writer& json) const {
        const std::string_view chat = stream_ ? "chat.completion.chunk" : "chat.completion";
        json.object().member("id", id_).member("object", chat_ ? chat : "text_completion");
        json.member("created", created_s_).member("model", model_);
        json.member("system_fingerprint", fingerprint_).array("choices");
    }

    void emit_role(std::size_t index, const bw::Attempt& attempt) {
        json_.clear();
        bw::json::Writer json(json_);
        begin(json);
        json.object().member("index", index).object("delta").member("role", "assistant");
        json.member("content", "").end();
        json.member("logprobs", nullptr).member("finish_reason", nullptr).finish();
        attempt.emit_chunk(json_);
    }
    void emit_chunk(const Output& output, std::size_t offset, const bw::Attempt& attempt) {
        json_.clear();
        bw::json::Writer json(json_);
        begin(json);
        json.object().member("index", output.choice);
        const bool piece = output.finish == nullptr;
        if (chat_) {
            json.object("delta");
            if (piece) json.member("content", output.piece.text);
            json.end();
        } else {
            json.member("text", output.piece.text);
        }
        json.key("logprobs");
        if (piece) {
            write_logprobs(json, &output.piece, 1, offset);
        } else {
            json.null();
        }
        if (piece) {
            json.member("finish_reason", nullptr);
        } else {
            json.member("finish_reason", output.finish);
        }
        json.finish();
        attempt.emit_chunk(json_);
    }
    void write_choice(bw::json::Writer& json, std::size_t index) const {
        const Said& choice = choices_[index];
        std::string text;
        for (const Piece& piece : choice.pieces) text += piece.text;
        json.object().member("index", index);
        if (chat_) {
            json.object("message").member("role", "assistant").member("content", text);
            json.member("refusal", nullptr).end();
        } else {
            json.member("text", text);
        }
        json.key("logprobs");
        write_logprobs(json, choice.pieces.data(), choice.pieces.size(), 0);
        json.member("finish_reason", choice.finish).end();
    }

    void write_logprobs(bw::json::Writer& json, const Piece* pieces, std::size_t count,
                        std::size_t offset) const {
        if (!logprobs_) {
            json.null();
        } else if (chat_) {
            json.object().array("content");
            for (std::size_t i = 0; i < count; ++i) {
                write_token(json, pieces[i].token, pieces[i].logprob);
                json.array("top_logprobs");
                for (const Likely& likely : pieces[i].likeliest) {
                    write_token(json, likely.token, likely.logprob);
                    json.end();
                }
                json.end().end();
            }
            json.end().member("refusal", nullptr).end();
        } else {
            write_columns(json, pieces, count, offset);
        }
    }
    // Begins the object of a token.
    void write_token(bw::json::Writer& json, Token token, double logprob) const {
        const std::string& text = vocabulary_.text(token);
        json.object().member("token", text).member("logprob", logprob).array("bytes");
        for (const char c : text) json.value(static_cast<int>(static_cast<unsigned char>(c)));
        json.end();
    }
    void write_columns(bw::json::Writer& json, const Piece* pieces, std::size_t count,
                       std::size_t offset) const {
        json.object().array("tokens");
        for (std::size_t i = 0; i < count; ++i) json.value(vocabulary_.text(pieces[i].token));
        json.end().array("token_logprobs");
        for (std::size_t i = 0; i < count; ++i) json.value(pieces[i].logprob);
        json.end().array("top_logprobs");
        for (std::size_t i = 0; i < count; ++i) {
            json.object();
            for (const Likely& likely : pieces[i].likeliest) {
                json.member(vocabulary_.text(likely.token), likely.logprob);
            }
            json.end();
        }
        json.end().array("text_offset");
        for (std::size_t i = 0; i < count; ++i) {
            json.value(offset);
            offset += pieces[i].text.size();
        }
        json.end().end();
    }

    const Vocabulary& vocabulary_;
    const bool chat_;
    const bool stream_;
    const bool logprobs_;
    const std::string id_;
    const std::string model_;
    const std::string fingerprint_;
    const std::int64_t created_s_;
    std::vector<Said> choices_;
    std::string json_;  // kept for its room
};

}  // namespace parrot
