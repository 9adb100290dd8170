// One attempt at a chat: the uploads that it needs, then the question and its answer.
#pragma once

#include "gemini/answer.hpp"
#include "gemini/api.hpp"
#include "gemini/errors.hpp"
#include "gemini/generate.hpp"
#include "gemini/signatures.hpp"
#include "gemini/stream_lines.hpp"
#include "gemini/upload.hpp"

#include <bellwether/chat/request.hpp>
#include <bellwether/json/text.hpp>
#include <bellwether/provider.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gemini {

class Chat {
  public:
    Chat(const Api& api, Signatures& signatures, const bw::Request& request,
         const bw::Attempt& attempt, std::chrono::milliseconds now)
        : Chat(api, signatures, request, attempt, now,
               generate_body(api, chat::Request(request.json()), request.model(), signatures)) {}

    void head(const bw::Head& head) {
        if (!asked_) return uploader_.head(head);
        constexpr std::string_view k_json = "application/json";
        if (!stream_ || head.header("content-type").substr(0, k_json.size()) != k_json) return;
        attempt_.frame(bw::Frame::item);  // one array, for all that was asked for
    }
    void data(const bw::Frame& frame) {
        if (!asked_) return uploader_.body(frame.data());
        if (frame.kind() != bw::Frame::line) return answer_.take(frame.data());
        const bool taken =
            lines_.feed(frame.data(), [this](std::string_view text) { answer_.take(text); });
        if (!taken) throw senseless(*api_, "sent an object without an end");
    }
    void end() {
        if (asked_) {
            if (lines_.is_cut()) throw senseless(*api_, "cut its answer");
            return answer_.end();
        }
        uploader_.ended();
        uploader_.done() ? ask() : uploader_.ask(attempt_);
    }

  private:
    Chat(const Api& api, Signatures& signatures, const bw::Request& request,
         const bw::Attempt& attempt, std::chrono::milliseconds now, Draft draft)
        : api_(&api),
          attempt_(attempt),
          stream_(request.stream()),
          url_(method_url(api, request.model(),
                          stream_ ? "streamGenerateContent?alt=sse" : "generateContent")),
          body_(std::move(draft.body)),
          uploader_(api, std::move(draft.uploads)),
          answer_(api, signatures, request, attempt, now) {
        uploader_.done() ? ask() : uploader_.ask(attempt_);
    }

    // The body, with the addresses of the files where they belong. A stream is read line by line;
    // stream_lines.hpp says why.
    void ask() {
        asked_ = true;
        bw::Send send("POST", url_);
        send.frame(stream_ ? bw::Frame::line : bw::Frame::whole).auth(api_->credential);
        std::vector<std::string> uris;
        uris.reserve(uploader_.uris().size());
        std::string_view rest = body_;
        std::size_t passed = 0;
        for (std::size_t i = 0; i < uploader_.uris().size(); ++i) {
            std::string& uri = uris.emplace_back();
            bw::json::append_escaped(uri, uploader_.uris()[i]);
            const std::size_t at = uploader_.files()[i].at;
            send.body(rest.substr(0, at - passed)).body(uri);
            rest.remove_prefix(at - passed);
            passed = at;
        }
        attempt_.send(send.body(rest));
        body_ = {};
    }

    const Api* api_;
    bw::Attempt attempt_;
    bool stream_;
    bool asked_ = false;  // else files are being uploaded
    std::string url_;
    std::string body_;
    Uploader uploader_;
    StreamLines lines_;
    Answer answer_;
};

}  // namespace gemini
