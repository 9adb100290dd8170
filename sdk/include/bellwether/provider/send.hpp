// What a provider sends to its upstream. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/provider/error.hpp>
#include <bellwether/provider/request.hpp>
#include <bellwether/version.hpp>

#include <chrono>
#include <string_view>
#include <vector>

namespace bw::v1 {

// One request to the upstream: `bw::Send("POST", url).auth("api_key").body(request.body())`. It
// borrows: every text must live until it has been sent. The host adds Host, Content-Length,
// User-Agent and, unless they are given, Accept and Content-Type: application/json.
class Send {
  public:
    // `url` is absolute, and of an origin that the manifest or the config names.
    Send(std::string_view method, std::string_view url) : send_(detail::sized<bw_send>()) {
        send_.method = detail::to_str(method);
        send_.url = detail::to_str(url);
    }

    // How the body of the answer is cut, unless Attempt::frame says otherwise. If not said: whole.
    Send& frame(Frame::Kind kind) { return send_.frame = kind, *this; }
    // Sent so much later; the attempt's deadline and a cancel hold meanwhile.
    Send& after(std::chrono::milliseconds wait) { return send_.wait_ms = wait.count(), *this; }
    Send& header(std::string_view name, std::string_view value) {
        return headers_.push_back({detail::to_str(name), detail::to_str(value)}), *this;
    }
    // Adds a credential by its name in the manifest. Only the host sees it.
    Send& auth(std::string_view credential) {
        return auth_.push_back(detail::to_str(credential)), *this;
    }
    // Appends to the body. Bytes of the request's own body are not copied.
    Send& body(std::string_view bytes) {
        bw_piece piece = {};
        piece.bytes = detail::to_str(bytes);
        return body_.push_back(piece), *this;
    }

    // As the ABI has it, for as long as this lives unchanged.
    const bw_send& raw() const {
        send_.headers = headers_.data();
        send_.header_count = headers_.size();
        send_.auth = auth_.data();
        send_.auth_count = auth_.size();
        send_.body = body_.data();
        send_.body_count = body_.size();
        return send_;
    }

  private:
    mutable bw_send send_;
    std::vector<bw_header> headers_;
    std::vector<bw_str> auth_;
    std::vector<bw_piece> body_;
};

}  // namespace bw::v1
