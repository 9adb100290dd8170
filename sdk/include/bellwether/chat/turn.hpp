// The messages of a chat request: who says what. Part of <bellwether/chat/request.hpp>.
#pragma once

#include <bellwether/chat/items.hpp>
#include <bellwether/chat/media.hpp>
#include <bellwether/json/value.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace bw::v1::chat {

// ---- parts -----------------------------------------------------------------------------------

enum class PartKind { text, image, audio, file, refusal, other };

// One part of what a message says.
class Part {
  public:
    Part(const json::Value& part, detail::Place place) : raw_(part), place_(place) {
        if (part.kind() == json::Kind::string) {
            kind_ = PartKind::text;
            text_ = part;
            return;
        }
        json::Value type;
        json::collect(part.raw(), {{"type", &type},
                                   {"text", &text_},
                                   {"image_url", &image_},
                                   {"input_audio", &audio_},
                                   {"file", &file_},
                                   {"refusal", &refusal_}});
        kind_ = kind_of(type);
    }

    PartKind kind() const { return kind_; }
    // The text, or the words of a refusal; empty for other parts.
    std::string text() const { return text_json().string(); }
    // The same as the JSON string that it is, which a json::Writer copies as it is; missing for
    // other parts.
    json::Value text_json() const {
        if (kind_ == PartKind::refusal) return refusal_;
        return kind_ == PartKind::text ? text_ : json::Value();
    }
    // The picture, sound or file; empty for other parts.
    Media media() const {
        switch (kind_) {
            case PartKind::image: return Media::of_url(url_of(image_).string());
            case PartKind::audio: return audio();
            case PartKind::file: return file();
            default: return {};
        }
    }
    // True if it has what its kind is about: a text, or media that can be read. Copies nothing.
    bool is_complete() const {
        switch (kind_) {
            case PartKind::text:
            case PartKind::refusal: return text_json().kind() == json::Kind::string;
            case PartKind::image: return is_url(url_of(image_));
            case PartKind::audio: return says(audio_["data"]);
            case PartKind::file: {
                const json::Value data = file_["file_data"];
                return says(data) ? is_url(data) : says(file_["file_id"]);
            }
            default: return true;
        }
    }
    // How closely a picture is to be looked at: "low", "high", "auto"; empty if it was not said.
    std::string detail() const { return image_["detail"].string(); }
    // The part as the client wrote it, for what has no function here.
    const json::Value& raw() const { return raw_; }

    // Its name for bw::Error::param: "messages[3].content[0].image_url".
    std::string param() const {
        const std::string part = detail::path_of(place_, "content");
        switch (kind_) {
            case PartKind::text: return place_.item == detail::k_nowhere ? part : part + ".text";
            case PartKind::image: return part + ".image_url";
            case PartKind::audio: return part + ".input_audio";
            case PartKind::file: return part + ".file";
            case PartKind::refusal: return part + ".refusal";
            default: return part + ".type";
        }
    }

  private:
    static PartKind kind_of(const json::Value& type) {
        if (type.equals("text")) return PartKind::text;
        if (type.equals("image_url")) return PartKind::image;
        if (type.equals("input_audio")) return PartKind::audio;
        if (type.equals("file")) return PartKind::file;
        return type.equals("refusal") ? PartKind::refusal : PartKind::other;
    }
    // Some clients leave out the object around the URL.
    static json::Value url_of(const json::Value& image) {
        return image.kind() == json::Kind::string ? image : image["url"];
    }
    static bool says(const json::Value& text) {
        return text.kind() == json::Kind::string && !text.equals("");
    }
    // Of a data URL that is as long as a picture only the beginning is read, as a rule.
    static bool is_url(const json::Value& text) {
        if (!says(text)) return false;
        const std::string_view inner = text.raw().substr(1, text.raw().size() - 2);
        const std::string_view about = inner.substr(0, inner.find(','));
        if (about.find('\\') != std::string_view::npos)
            return !Media::of_url(text.string()).empty();
        return !ascii::starts_with_nocase(about, "data:") || about.size() + 1 < inner.size();
    }
    Media audio() const {
        const std::string format = audio_["format"].string();
        const std::string type = format == "mp3" ? "audio/mpeg" : "audio/" + format;
        return Media::of_data(format.empty() ? "" : type, audio_["data"].string());
    }
    Media file() const {
        std::string data = file_["file_data"].string();
        const std::string name = file_["filename"].string();
        if (data.empty()) return Media::of_id(file_["file_id"].string()).name(name);
        if (data.compare(0, 5, "data:") != 0) return Media::of_data("", std::move(data)).name(name);
        return Media::of_url(std::move(data)).name(name);
    }

    json::Value raw_;
    detail::Place place_;
    PartKind kind_ = PartKind::other;
    json::Value text_;
    json::Value image_;
    json::Value audio_;
    json::Value file_;
    json::Value refusal_;
};

using Parts = detail::Items<Part>;

// ---- tool calls ------------------------------------------------------------------------------

// A call that the assistant has made.
class ToolCall {
  public:
    ToolCall(const json::Value& call, detail::Place place) : place_(place), raw_(call) {
        json::Value custom;
        json::collect(call.raw(), {{"id", &id_}, {"function", &function_}, {"custom", &custom}});
        if (!function_ && custom) {
            function_ = custom;
            custom_ = true;
        } else if (!function_ && is_old()) {
            function_ = call;  // the old `function_call`: one call, which has no id
        }
    }

    // Results refer to it by this. The old `function_call` goes by its name.
    std::string id() const { return is_old() ? name() : id_.string(); }
    std::string name() const { return function_["name"].string(); }
    // As the assistant gave them: the text of a JSON object, unless the model made a mistake; of a
    // custom tool, any text.
    std::string arguments() const {
        const json::Value given = function_[custom_ ? "input" : "arguments"];
        return given.kind() == json::Kind::string ? given.string() : std::string(given.raw());
    }
    // As a JSON object: `{}` if they are none.
    std::string arguments_object() const {
        std::string text = arguments();
        const bool object = json::Value(text).kind() == json::Kind::object && json::valid(text);
        return object ? text : "{}";
    }
    // A tool whose arguments are text, not JSON.
    bool is_custom() const { return custom_; }
    // The call as the client wrote it, for what has no function here.
    const json::Value& raw() const { return raw_; }

    // Its name for bw::Error::param: "messages[3].tool_calls[0]".
    std::string param() const {
        return detail::path_of(place_, is_old() ? "function_call" : "tool_calls");
    }

  private:
    // The message has `function_call` in place of `tool_calls`.
    bool is_old() const { return place_.item == detail::k_nowhere; }

    detail::Place place_;
    json::Value raw_;
    json::Value id_;
    json::Value function_;
    bool custom_ = false;
};

using ToolCalls = detail::Items<ToolCall>;

// ---- turns -----------------------------------------------------------------------------------

enum class Role { system, developer, user, assistant, tool, function, other };

// One message.
class Turn {
  public:
    Turn(const json::Value& message, detail::Place place) : raw_(message), index_(place.item) {
        json::Value function_call;
        json::collect(message.raw(), {{"role", &role_},
                                      {"content", &content_},
                                      {"tool_calls", &tool_calls_},
                                      {"function_call", &function_call},
                                      {"tool_call_id", &tool_call_id_},
                                      {"name", &name_},
                                      {"refusal", &refusal_},
                                      {"reasoning_content", &reasoning_}});
        if (tool_calls_.kind() != json::Kind::array) tool_calls_ = function_call;
    }

    Role role() const {
        if (role_.equals("user")) return Role::user;
        if (role_.equals("assistant")) return Role::assistant;
        if (role_.equals("tool")) return Role::tool;
        if (role_.equals("system")) return Role::system;
        if (role_.equals("developer")) return Role::developer;
        return role_.equals("function") ? Role::function : Role::other;
    }
    // It tells the model how to behave.
    bool is_instruction() const { return role_.equals("system") || role_.equals("developer"); }
    bool is_assistant() const { return role_.equals("assistant"); }
    // It is what a tool gave back; see tool_call_id.
    bool is_tool_result() const { return role_.equals("tool") || role_.equals("function"); }

    // What it says, part by part; a plain text is one part.
    Parts parts() const { return Parts(content_, index_); }
    // All its texts, each on a line of its own.
    std::string text() const {
        std::string out;
        for (const Part& part : parts()) {
            if (part.kind() != PartKind::text) continue;
            if (!out.empty()) out += '\n';
            out += part.text();
        }
        return out;
    }
    // The calls that an assistant makes in it. Whatever the role, so that none is lost.
    ToolCalls tool_calls() const { return ToolCalls(tool_calls_, index_); }
    // The id of the call that a result is of; the name where the old role "function" is used.
    std::string tool_call_id() const { return (tool_call_id_ ? tool_call_id_ : name_).string(); }
    // Who speaks, or the function; empty if it was not said.
    std::string name() const { return name_.string(); }
    // Of an assistant that would not answer; as a rule empty.
    std::string refusal() const { return refusal_.string(); }
    // An assistant's thoughts, where the client hands them back; as a rule empty.
    std::string reasoning() const { return reasoning_.string(); }
    // The message as the client wrote it, for what has no function here.
    const json::Value& raw() const { return raw_; }

    // Counted from 0, in the request.
    std::size_t index() const { return index_; }
    // Its name for bw::Error::param, "messages[3]", or that of one of its members.
    std::string param(std::string_view member = {}) const {
        std::string path = "messages[" + std::to_string(index_) + "]";
        return member.empty() ? path : path.append(".").append(member);
    }

  private:
    json::Value raw_;
    std::size_t index_;
    json::Value role_;
    json::Value content_;
    json::Value tool_calls_;
    json::Value tool_call_id_;
    json::Value name_;
    json::Value refusal_;
    json::Value reasoning_;
};

using Turns = detail::Items<Turn>;

}  // namespace bw::v1::chat
