// Pictures, sounds, films and documents: with their bytes in the request, uploaded, or at an
// address that Google reads itself.
#pragma once

#include "gemini/api.hpp"
#include "gemini/members.hpp"

#include <bellwether/ascii.hpp>
#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemini {

// A file that is to be uploaded before the request can be sent.
struct Upload {
    std::string media_type;
    std::string base64;
    std::string name;
    std::string param;   // of the part that it stands in
    std::size_t at = 0;  // where its address belongs, in the request's body
};

// A request's body, with the files whose addresses it waits for, in their order.
struct Draft {
    std::string body;
    std::vector<Upload> uploads;
};

namespace detail {

struct Extension {
    std::string_view extension;
    std::string_view media_type;
};
inline constexpr Extension k_extensions[] = {
    {"jpg", "image/jpeg"},      {"jpeg", "image/jpeg"},       {"png", "image/png"},
    {"webp", "image/webp"},     {"gif", "image/gif"},         {"heic", "image/heic"},
    {"heif", "image/heif"},     {"pdf", "application/pdf"},   {"txt", "text/plain"},
    {"md", "text/markdown"},    {"csv", "text/csv"},          {"html", "text/html"},
    {"xml", "text/xml"},        {"json", "application/json"}, {"wav", "audio/wav"},
    {"mp3", "audio/mpeg"},      {"flac", "audio/flac"},       {"ogg", "audio/ogg"},
    {"aac", "audio/aac"},       {"m4a", "audio/mp4"},         {"mp4", "video/mp4"},
    {"mov", "video/quicktime"}, {"webm", "video/webm"},       {"mpeg", "video/mpeg"}};

// By the end of a name or of an address; empty if that says nothing.
inline std::string_view type_of_name(std::string_view name) {
    name = name.substr(0, name.find_first_of("?#"));
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return {};
    for (const Extension& known : k_extensions) {
        if (bw::ascii::equal_nocase(name.substr(dot + 1), known.extension)) {
            return known.media_type;
        }
    }
    return {};
}

// A type and a subtype, of characters that may stand in a header.
inline bool is_media_type(std::string_view type) {
    std::size_t slashes = 0;
    for (const char c : type) {
        if (c == '/') {
            ++slashes;
        } else if (!bw::ascii::is_alnum(c) &&
                   std::string_view("!#$&-^_.+").find(c) == std::string_view::npos) {
            return false;
        }
    }
    return slashes == 1 && type.front() != '/' && type.back() != '/';
}

inline std::string_view usual_type(const chat::Part& part) {
    switch (part.kind()) {
        case chat::PartKind::image: return "image/jpeg";
        case chat::PartKind::audio: return "audio/wav";
        case chat::PartKind::file: return "application/pdf";
        default: return "video/mp4";
    }
}

}  // namespace detail

// Films, which OpenAI's dialect has not got, come as others have them: `video_url`.
inline bool is_video(const chat::Part& part) {
    return part.kind() == chat::PartKind::other && part.raw()["type"].equals("video_url");
}

inline chat::Media media_of(const chat::Part& part) {
    if (!is_video(part)) return part.media();
    const bw::json::Value video = part.raw()["video_url"];
    const bool bare = video.kind() == bw::json::Kind::string;
    return chat::Media::of_url((bare ? video : video["url"]).string());
}

// Writes the parts of one content that are media, and counts what they add to the request.
class MediaWriter {
  public:
    // `uploads` takes the files that are too much for the request; both must live longer.
    MediaWriter(const Api& api, std::vector<Upload>& uploads) : api_(&api), uploads_(&uploads) {}

    // Appends an element to `parts`. `at` of an upload counts from the beginning of `parts`.
    void write(std::string& parts, const chat::Part& part) {
        chat::Media media = media_of(part);
        if (media.empty()) {
            const std::string param = part.param();
            throw bw::Error(BW_E_INVALID, param + " has neither data nor an address").param(param);
        }
        std::string type = media.media_type();
        if (type.empty()) type = detail::type_of_name(media.is_data() ? media.name() : media.url());
        if (type.empty() && media.id().empty()) type = detail::usual_type(part);
        if (!type.empty() && !detail::is_media_type(type)) {
            throw bw::Error(BW_E_INVALID, part.param() + " has a type that is none")
                .param(part.param());
        }
        bw::json::Writer json(parts);
        json.object();
        if (!media.is_data()) {
            json.object("fileData").maybe("mimeType", type);
            json.member("fileUri", media.url().empty() ? file_uri(part, media.id()) : media.url());
        } else if (fits(media)) {
            inline_bytes_ += media.base64().size();
            json.object("inlineData").member("mimeType", type).member("data", media.base64());
        } else {
            json.object("fileData").member("mimeType", type).member("fileUri", "");
            uploads_->push_back(
                {type, media.base64(), media.name(), part.param(), parts.size() - 1});
        }
    }

  private:
    bool fits(const chat::Media& media) const {
        if (api_->uploads_url.empty()) return true;
        const auto room = static_cast<std::size_t>(api_->inline_bytes_max);
        return media.base64().size() <= room && inline_bytes_ <= room - media.base64().size();
    }
    // Of a file that the client has uploaded itself: its address, or its name.
    std::string file_uri(const chat::Part& part, const std::string& id) const {
        if (id.find("://") != std::string::npos) return id;
        if (api_->is_vertex()) refuse(*api_, part.param(), "it has no files; give a gs:// address");
        const bool folder = id.compare(0, 6, "files/") == 0;
        return api_->base_url + (folder ? "/" : "/files/") + id;
    }

    const Api* api_;
    std::vector<Upload>* uploads_;
    std::size_t inline_bytes_ = 0;
};

}  // namespace gemini
