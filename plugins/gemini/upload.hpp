// Files that are too large for a request, sent before it through Gemini's Files API: an upload that
// can be resumed, in pieces, so that no step keeps the loop busy for long.
#pragma once

#include "gemini/api.hpp"
#include "gemini/errors.hpp"
#include "gemini/media.hpp"

#include <bellwether/base64.hpp>
#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/provider/rules.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gemini {

// The bytes from `begin` to `end` of those that the base64 stands for; nothing if it is none.
inline std::optional<std::string> decode_range(std::string_view text, std::size_t begin,
                                               std::size_t end) {
    const std::size_t first = begin / 3 * 4;
    const std::size_t last = std::min(text.size(), (end + 2) / 3 * 4);
    auto bytes = bw::base64::decode(text.substr(first, last - first));
    if (!bytes || bytes->size() < end - begin / 3 * 3) return std::nullopt;
    return bytes->substr(begin % 3, end - begin);
}

class Uploader {
  public:
    Uploader(const Api& api, std::vector<Upload> files) : api_(&api), files_(std::move(files)) {}

    bool done() const { return uris_.size() == files_.size(); }
    // The address of each file, in the order of the files.
    const std::vector<std::string>& uris() const { return uris_; }
    const std::vector<Upload>& files() const { return files_; }

    // Sends what is next.
    void ask(const bw::Attempt& attempt) {
        switch (step_) {
            case Step::start: return start(attempt);
            case Step::piece: return send_piece(attempt);
            case Step::wait: return look(attempt);
        }
    }
    void head(const bw::Head& head) {
        if (step_ != Step::start) return;
        url_ = head.header("x-goog-upload-url");
        const std::string_view told = head.header("x-goog-upload-chunk-granularity");
        std::size_t granularity = 1;
        std::from_chars(told.data(), told.data() + told.size(), granularity);
        granularity = std::max<std::size_t>(granularity, 1);
        piece_bytes_ = std::max(granularity, k_piece_bytes / granularity * granularity);
    }
    // The body of an answer that is no error.
    void body(std::string_view text) {
        if (bw::json::valid(text)) take(Value(text));
    }
    // The answer has come; `ask` is next, unless all is done.
    void ended() {
        if (step_ == Step::start) {
            check_url();
            step_ = Step::piece;
            return;
        }
        if (step_ == Step::piece) {
            sent_ += piece_size();
            if (sent_ < size()) return;
        }
        finish();
    }

  private:
    enum class Step { start, piece, wait };
    static constexpr std::size_t k_piece_bytes = 8 << 20;
    static constexpr int k_looks_max = 300;

    const Upload& file() const { return files_[uris_.size()]; }
    std::size_t size() const {
        std::size_t digits = file().base64.size();
        while (digits > 0 && file().base64[digits - 1] == '=') --digits;
        return digits * 3 / 4;
    }
    std::size_t piece_size() const { return std::min(piece_bytes_, size() - sent_); }

    void start(const bw::Attempt& attempt) {
        std::string body;
        bw::json::Writer(body).object().object("file").maybe("displayName", file().name);
        const std::string length = std::to_string(size());
        attempt.send(bw::Send("POST", api_->uploads_url)
                         .header("x-goog-upload-protocol", "resumable")
                         .header("x-goog-upload-command", "start")
                         .header("x-goog-upload-header-content-length", length)
                         .header("x-goog-upload-header-content-type", file().media_type)
                         .auth(api_->credential)
                         .body(body));
    }
    // The address alone admits to the upload: the key stays here.
    void send_piece(const bw::Attempt& attempt) {
        const auto bytes = decode_range(file().base64, sent_, sent_ + piece_size());
        if (!bytes) {
            throw bw::Error(BW_E_INVALID, file().param + " is not base64").param(file().param);
        }
        const bool last = sent_ + bytes->size() == size();
        const std::string offset = std::to_string(sent_);
        attempt.send(bw::Send("POST", url_)
                         .header("x-goog-upload-command", last ? "upload, finalize" : "upload")
                         .header("x-goog-upload-offset", offset)
                         .header("content-type", file().media_type)
                         .body(*bytes));
    }
    // Films are read for a while before they can be used.
    void look(const bw::Attempt& attempt) {
        if (++looks_ > k_looks_max) throw senseless(*api_, "never finished to read a file");
        attempt.send(bw::Send("GET", api_->base_url + "/" + name_)
                         .after(std::chrono::seconds(1))
                         .auth(api_->credential));
    }

    void check_url() const {
        const std::string origin = bw::rules::origin(url_);
        const bool known = !origin.empty() && (origin == bw::rules::origin(api_->upload_origin) ||
                                               origin == bw::rules::origin(api_->base_url));
        const bool clean =
            std::all_of(url_.begin(), url_.end(), [](char c) { return c > 0x20 && c < 0x7F; });
        if (!known || !clean) {
            throw senseless(*api_,
                            "wants a file at an address that is not one of its own: see "
                            "upload_origin");
        }
    }
    void take(const Value& body) {
        const Value file = body["file"] ? body["file"] : body;
        uri_ = file["uri"].string();
        name_ = file["name"].string();
        state_ = file["state"].string();
    }
    void finish() {
        if (state_ == "FAILED") {
            throw bw::Error(BW_E_INVALID, api_->vendor + " could not read " + file().param)
                .param(file().param);
        }
        const auto of_a_name = [](char c) {
            return bw::ascii::is_alnum(c) || c == '-' || c == '_' || c == '/';
        };
        if (uri_.empty() || name_.compare(0, 6, "files/") != 0 ||
            !std::all_of(name_.begin(), name_.end(), of_a_name)) {
            throw senseless(*api_, "took a file and did not say where it is");
        }
        step_ = state_ == "PROCESSING" ? Step::wait : Step::start;
        if (step_ == Step::wait) return;
        uris_.push_back(uri_);
        sent_ = 0;
        looks_ = 0;
        state_.clear();
        uri_.clear();
    }

    const Api* api_;
    std::vector<Upload> files_;
    std::vector<std::string> uris_;  // of those that are there
    Step step_ = Step::start;
    std::string url_;  // of the upload
    std::size_t piece_bytes_ = k_piece_bytes;
    std::size_t sent_ = 0;  // bytes
    int looks_ = 0;
    std::string uri_;  // of the file, as far as it is known
    std::string name_;
    std::string state_;
};

}  // namespace gemini
