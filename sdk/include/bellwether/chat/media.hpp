// Pictures, sounds and files of a request: at an address, or with their bytes. Part of
// <bellwether/chat/request.hpp>.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/base64.hpp>
#include <bellwether/json/scan.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace bw::v1::chat {

namespace detail {

// `text` with each %XX as the byte that it stands for.
inline std::string percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high =
            i + 2 < text.size() && text[i] == '%' ? json::detail::hex_digit(text[i + 1]) : -1;
        const int low = high < 0 ? -1 : json::detail::hex_digit(text[i + 2]);
        if (low >= 0) i += 2;
        out += low < 0 ? text[i] : static_cast<char>(high * 16 + low);
    }
    return out;
}

}  // namespace detail

// A picture, a sound or a file. It owns its texts.
class Media {
  public:
    // What is at an address, or in a data URL (RFC 2397): that is taken apart. Data that is not in
    // base64 there is brought into it.
    static Media of_url(std::string url) {
        Media media;
        const std::string_view text(url);
        const std::size_t comma = text.find(',');
        if (!ascii::starts_with_nocase(text, "data:")) {
            media.url_ = std::move(url);
        } else if (comma != std::string_view::npos) {
            media.take(std::move(url), comma);
        }
        return media;
    }
    static Media of_data(std::string media_type, std::string base64) {
        Media media;
        media.type_ = std::move(media_type);
        media.data_ = std::move(base64);
        return media;
    }
    // One that was uploaded before.
    static Media of_id(std::string id) {
        Media media;
        media.id_ = std::move(id);
        return media;
    }

    // True if neither an address nor data nor an id was given, or the data URL is none.
    bool empty() const { return url_.empty() && data_.empty() && id_.empty(); }
    // True if the bytes themselves are there.
    bool is_data() const { return !data_.empty(); }

    // Where it is; empty if it is not at an address.
    const std::string& url() const { return url_; }
    // In base64, as the client wrote it, not checked; empty if the bytes are not there.
    const std::string& base64() const { return data_; }
    // "image/png", in lower case and without parameters; empty if it was not said.
    const std::string& media_type() const { return type_; }
    // Of one that was uploaded before; else empty.
    const std::string& id() const { return id_; }
    // Of a file; empty if it was not said.
    const std::string& name() const { return name_; }
    Media& name(std::string name) { return name_ = std::move(name), *this; }
    // As a data URL if the bytes are there, else the address.
    std::string as_url() const {
        if (!is_data()) return url_;
        return "data:" + (type_.empty() ? "application/octet-stream" : type_) + ";base64," + data_;
    }

  private:
    // A data URL: between "data:" and the comma stand a type, its parameters and ";base64".
    void take(std::string url, std::size_t comma) {
        constexpr std::string_view k_base64 = ";base64";
        const std::string_view about = std::string_view(url).substr(5, comma - 5);
        const bool in_base64 =
            about.size() >= k_base64.size() &&
            ascii::equal_nocase(about.substr(about.size() - k_base64.size()), k_base64);
        type_ = ascii::lower(about.substr(0, about.find(';')));
        if (type_.empty()) type_ = "text/plain";
        url.erase(0, comma + 1);
        data_ = url.find('%') == std::string::npos ? std::move(url) : detail::percent_decoded(url);
        if (!in_base64) data_ = base64::encode(data_);
    }

    std::string url_;
    std::string data_;
    std::string type_;
    std::string id_;
    std::string name_;
};

}  // namespace bw::v1::chat
