// What a Call makes of an upstream's answer. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/http/limit_headers.hpp>
#include <bellwether/openai_compatible.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bw::v1::openai {

// ---- Call: the answer ------------------------------------------------------------------------

inline void Provider::Call::head(const Head& head) {
    http_status_ = head.status();
    content_type_ = head.header("content-type");
    choose_frame(head);
    if (!head.ok()) retry_after_ = retry_after_of_headers(head, provider_.host_.unix_time());
    tell_limits(attempt_, head, provider_.api_.limit_headers, provider_.host_);
}

inline Failure Provider::Call::failure() const {
    return {provider_.api_, provider_.name_, model_,        url_,
            http_status_,   retry_after_,    provider_.key_};
}

inline std::string Provider::Call::content_type() const {
    return detail::shorten(detail::mask_keys(content_type_), 60);
}

inline void Provider::Call::protocol_error(std::string_view code, const std::string& what) const {
    throw Error(BW_E_PROTOCOL, provider_.name_ + " " + what).code(code).http_status(http_status_);
}

// The error for an answer that says that something failed. What the client did not ask for is not
// held against it: the next request goes without.
inline Error Provider::Call::failed(std::string_view body) const {
    std::string mended;
    if (!json::valid(body) && Mender(false).mend(body, mended)) body = mended;
    Error error = upstream_failure(failure(), body);
    if (error.status() != BW_E_INVALID && error.status() != BW_E_UNSUPPORTED) return error;
    std::vector<detail::Refused> suspects = added_;
    if (is_chat() && detail::contains_nocase(body, "max_completion_tokens")) {
        const bool configurable = provider_.quirks_.configurable;
        if (error.param() == "max_tokens") {
            suspects.push_back(
                {"max_tokens", "max_completion_tokens", configurable ? "max_tokens" : ""});
        } else if (error.param() == "max_completion_tokens") {
            suspects.push_back({"max_completion_tokens", "max_tokens",
                                configurable ? "max_completion_tokens" : ""});
        }
    }
    const UpstreamError said = read_error(body);
    for (const detail::Refused& refused : suspects) {
        if (!detail::refuses_member(said, refused.member)) continue;
        provider_.refusals_.add(model_, refused.member, refused.instead);
        return detail::addition_refused(failure(), error, refused, body);
    }
    return error;
}

inline Progress Provider::Call::data(const Frame& frame) {
    if (frame.kind() == Frame::raw) {
        take_bytes(frame.data());
        return Progress::more;
    }
    const std::string_view text = detail::bare(frame.data());
    if (http_status_ >= 300) throw failed(text);
    if (!frame.is_whole()) return take_event(text, frame.event());
    operation_ == Operation::models ? take_models(text) : take_whole(text);
    return Progress::more;
}

inline void Provider::Call::take_whole(std::string_view body) {
    if (!body.empty() && body.front() == '[') {
        if (read_error(body).found) throw failed(body);
    }
    if (!reader_.read(body, Form::whole)) {
        if (!Mender(false).mend(body, mended_) || !reader_.read(mended_, Form::whole)) {
            protocol_error("malformed_reply",
                           "answered with something that is not JSON, or is cut (content-type \"" +
                               content_type() + "\"): \"" + detail::excerpt(body) + "\"");
        }
        body = mended_;
    }
    take_usage();  // whatever the rest is worth
    if (reader_.excess() != nullptr) protocol_error("upstream_too_large", reader_.excess());
    if (reader_.is_error()) throw failed(body);
    if (operation_ == Operation::speech) take_no_bytes(body);
    const bool lists = has_data();
    const bool answered = lists ? !detail::is_hollow(reader_.data) : reader_.has_choices;
    if (!answered && detail::complains(body)) throw failed(body);
    if (lists ? reader_.data.substr(0, 1) != "[" : reader_.choices.empty()) {
        protocol_error("malformed_reply",
                       std::string("answered without \"") + (lists ? "data" : "choices") + "\"");
    }
    if (!lists && !answered) {
        protocol_error("empty_reply", "answered without a single choice");
    }
    // Of two members with this name, readers take one or the other.
    if (stream_ && json::Value(body)["choices"].kind() != json::Kind::array) {
        protocol_error("malformed_reply", "answered with \"choices\" that are no array");
    }
    done_ = true;
    if (reader_.needs_edit()) {
        reader_.edited(edited_);
        body = edited_;
    }
    if (operation_ == Operation::images) return emit_images(body);
    if (lists) return emit_embeddings(body);
    const std::string named = with_known_usage(body, reader_.usage);
    emit_whole(named.empty() ? body : std::string_view(named));
    if (stream_) take_usage();  // of all the chunks that it became
    if (!usage_chunk_.empty()) attempt_.emit_usage_chunk(usage_chunk_);
}

// The reply with the figures of its usage, `given`, under the names that clients know; empty if it
// has them.
inline std::string Provider::Call::with_known_usage(std::string_view reply,
                                                    std::string_view given) const {
    if (json::Value(given).kind() != json::Kind::object) return {};
    const std::string proper = proper_usage(given, usage_);
    return proper == given ? std::string() : json::with_member(reply, "usage", proper);
}

inline void Provider::Call::emit_embeddings(std::string_view body) {
    std::vector<detail::Edit> edits;
    if (!convert_embeddings(json::Value(body)["data"].raw(), base64_, edits)) {
        protocol_error("malformed_reply", "answered with an embedding that cannot be read");
    }
    if (edits.empty()) return attempt_.emit_reply(body);
    std::string converted;
    detail::apply_edits(body, edits, converted);
    attempt_.emit_reply(converted);
}

inline void Provider::Call::emit_whole(std::string_view body) {
    if (!stream_) return attempt_.emit_reply(body);
    unfold(body, is_chat(), [this](const std::string& chunk) { attempt_.emit_chunk(chunk); });
}

// ---- Call: events ----------------------------------------------------------------------------

inline Progress Provider::Call::take_event(std::string_view text, std::string_view name) {
    if (detail::is_done(text)) {
        // Some upstreams say so and leave the connection open: nobody waits for that.
        done_ = true;
        close_stream();
        return Progress::complete;
    }
    if (text.empty()) return Progress::more;
    const bool strict = text.front() == '{' && !mender_.holds() && reader_.read(text, form());
    if (name == "error" && (!strict || !reader_.has_choices)) throw failed(text);
    if (!strict) return take_odd_event(text);
    take_chunk(text);
    return Progress::more;
}

// What the usual reading refuses costs as little of the answer as possible.
inline Progress Provider::Call::take_odd_event(std::string_view text) {
    if (take_mended(text)) return Progress::more;
    if (text.find_first_of("\r\n") != std::string_view::npos) return take_lines(text);
    if (text.front() == '[' && json::valid(text)) {
        if (read_error(text).found) throw failed(text);
        bool any = false;
        for (const json::Value& element : json::Value(text).elements()) {
            any = take_mended(element.raw()) || any;
        }
        if (any) return Progress::more;
    }
    constexpr std::string_view k_field = "data:";
    if (text.substr(0, k_field.size()) != k_field) {
        pass_over(text);
        return Progress::more;
    }
    while (text.substr(0, k_field.size()) == k_field) {
        text = detail::bare(text.substr(k_field.size()));
    }
    return take_event(text, {});
}

// Events that are divided by single line ends come as one.
inline Progress Provider::Call::take_lines(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of("\r\n"), text.size());
        const std::string_view line = detail::bare(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (take_event(line, {}) == Progress::complete) return Progress::complete;
    }
    return Progress::more;
}

inline bool Provider::Call::take_mended(std::string_view text) {
    std::string mended;
    if (text.empty() || text.front() != '{' || !mender_.mend(text, mended)) return false;
    if (!json::valid(mended)) return false;
    mender_.keep(mended);
    take_lost(false);
    mended_ = std::move(mended);
    if (!reader_.read(mended_, form())) return false;
    take_chunk(mended_);
    return true;
}

// Half a character whose other half did not come.
inline void Provider::Call::take_lost(bool all) {
    for (const std::string& chunk : mender_.take_lost(all)) {
        if (reader_.read(chunk, form())) take_chunk(chunk);
    }
}

inline void Provider::Call::pass_over(std::string_view text) {
    // A part of the answer is nobody's business.
    if (unread_.empty()) {
        unread_ = text.front() == '{' ? std::to_string(text.size()) + " bytes of broken JSON"
                                      : "\"" + detail::excerpt(text) + "\"";
    }
    lost_ = lost_ || text.front() == '{';
    provider_.passed_over_.add(provider_.host_, model_, text.size());
}

// For the message of an answer that failed after all.
inline std::string Provider::Call::unread() const {
    constexpr std::size_t k_said_bytes = 400;
    std::string out;
    if (!unread_.empty()) out = "; it sent what cannot be read: " + unread_;
    const std::string words = read_error(complaint_).message;
    if (words.empty()) return out;
    return out + "; it said: " + detail::shorten(detail::mask_keys(words), k_said_bytes);
}

inline void Provider::Call::take_chunk(std::string_view chunk) {
    if (reader_.is_error()) throw failed(chunk);
    take_usage();
    if (reader_.excess() != nullptr) protocol_error("upstream_too_large", reader_.excess());
    any_chunk_ = any_chunk_ || reader_.has_choices;
    if (!reader_.has_choices && reader_.usage.empty()) return take_no_answer(chunk);
    if (!stream_) return fold(chunk);
    if (!reader_.has_choices && !reader_.usage.empty()) return;  // kept for the end
    // Before a last word that would make a whole answer of what has lost its content.
    if (reader_.all_finished()) check_answer();
    if (reader_.needs_edit()) {
        reader_.edited(edited_);
        chunk = edited_;
    }
    if (!of_prompt_.empty()) {
        edited_ = json::with_member(chunk, "prompt_filter_results", of_prompt_);
        of_prompt_.clear();
        chunk = edited_;
    }
    attempt_.emit_chunk(chunk);
}

// A ping, words, or what an upstream tells of the prompt.
inline void Provider::Call::take_no_answer(std::string_view chunk) {
    if (reader_.type.substr(0, 10) == "\"response.") {
        protocol_error("malformed_chunk", "answered with events of the Responses API");
    }
    if (detail::complains(chunk)) complaint_ = chunk;
    if (reader_.choices.substr(0, 1) != "[") return;  // none, or words where an array belongs
    // Azure begins so. Programs look at the first choice of the first chunk: the next one says it.
    const std::string_view of_prompt = json::Value(chunk)["prompt_filter_results"].raw();
    if (stream_ && !of_prompt.empty() && !any_chunk_) return void(of_prompt_ = of_prompt);
    if (stream_ && reader_.needs_edit()) {
        reader_.edited(edited_);
        chunk = edited_;
    }
    stream_ ? attempt_.emit_chunk(chunk) : fold(chunk);
}

inline void Provider::Call::fold(std::string_view chunk) {
    if (!folder_) folder_.emplace(is_chat());
    if (reader_.needs_edit()) {
        reader_.edited(edited_);
        chunk = edited_;
    }
    folder_->add(chunk);
    if (folder_->excess() != nullptr) protocol_error("upstream_too_large", folder_->excess());
}

// Reports the usage that the reader has found, wherever it stands.
inline void Provider::Call::take_usage() {
    if (reader_.service_tier.size() > 2 && reader_.service_tier.front() == '"') {
        usage_.service_tier = json::Value(reader_.service_tier).string();
    }
    for (const auto& [index, raw] : reader_.choice_usages) choice_usages_.add(index, raw);
    if (!reader_.choice_usages.empty()) {
        take_usage(reader_.choice_usages.back().second, choice_usages_.sum());
    }
    const std::string_view beside =
        reader_.usage.empty() ? json::Value(reader_.x_groq)["usage"].raw() : reader_.usage;
    if (!beside.empty()) take_usage(beside, read_usage(beside));
}

// Keeps its chunk for the end of the stream, where it must come after the last choice. The last one
// holds, unless it says less than what was said before.
inline void Provider::Call::take_usage(std::string_view raw, Usage said) {
    if (!says_anything(said)) return;
    const bool less = said.input < usage_.input || said.output < usage_.output;
    merge_usage(usage_, said);
    said.service_tier = usage_.service_tier;
    attempt_.usage(said);
    if (stream_ && (!less || usage_chunk_.empty())) usage_chunk_ = usage_chunk(raw);
}

inline std::string Provider::Call::usage_chunk(std::string_view raw) const {
    std::string out = "{";
    const auto add = [&](const char* key, std::string_view value) {
        if (!value.empty()) out.append("\"").append(key).append("\":").append(value).append(",");
    };
    add("id", reader_.id);
    add("object", is_chat() ? std::string_view("\"chat.completion.chunk\"")
                            : std::string_view("\"text_completion\""));
    add("created", reader_.created);
    add("model", reader_.model);
    return out.append("\"choices\":[],\"usage\":").append(proper_usage(raw, usage_)).append("}");
}

// The answer is complete, as far as its end goes; whether there was one is another thing.
inline void Provider::Call::check_answer() const {
    if (!any_chunk_) {
        if (!complaint_.empty()) throw failed(complaint_);
        if (!unread_.empty()) {
            // No cut answer, which BW_E_PROTOCOL says at the end of a stream: there was none.
            throw Error(BW_E_UPSTREAM,
                        provider_.name_ + " sent no event that is a JSON object: " + unread_)
                .code("malformed_chunk")
                .http_status(http_status_);
        }
        protocol_error("empty_reply", "ended its stream without an answer");
    }
    // What was lost may have been the content, or the finish.
    if (lost_ && !(reader_.has_content() && reader_.all_finished())) {
        protocol_error("malformed_chunk", "sent an answer that is not complete" + unread());
    }
}

inline void Provider::Call::close_stream() {
    if (!reader_.all_finished()) take_lost(true);
    check_answer();
    if (!stream_) {
        const std::string reply = folder_->reply();
        const std::string named = with_known_usage(reply, json::Value(reply)["usage"].raw());
        return attempt_.emit_reply(named.empty() ? reply : named);
    }
    if (!usage_chunk_.empty()) attempt_.emit_usage_chunk(usage_chunk_);
}

inline void Provider::Call::end() {
    if (http_status_ >= 300) throw failed({});
    if (done_ || operation_ == Operation::models) return;
    if (!any_chunk_ && complaint_.empty() && unread_.empty()) {
        protocol_error("empty_reply", "answered with status " + std::to_string(http_status_) +
                                          " and no answer (content-type \"" + content_type() +
                                          "\"); check that base_url is right");
    }
    if (!any_chunk_) check_answer();
    if (!reader_.all_finished()) {
        protocol_error(unread_.empty() ? "stream_truncated" : "malformed_chunk",
                       "cut its stream before the answer was complete" + unread());
    }
    close_stream();
}

}  // namespace bw::v1::openai
