// What DashScope says when it fails: {"code", "message", "request_id"}, with a status, or in a body
// or an event of a response whose status is 200.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/qwen/errors.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace dashscope {

namespace json = bw::json;

// A reply that went well may have a code, too: an empty one.
inline bool has_failed(const json::Value& body) {
    const json::Value code = body["code"];
    return (code.kind() == json::Kind::string && !code.equals("")) ||
           body["error"].kind() == json::Kind::object;
}

// `told`: the object with the code, within or beside `body`. `status`: the response's.
inline bw::Error failure(std::uint32_t status, const json::Value& told, std::string_view body,
                         std::optional<std::chrono::milliseconds> wait) {
    const json::Value error = told["error"].kind() == json::Kind::object ? told["error"] : told;
    const std::string code = error["code"].string();
    const std::string message = error["message"].string("no reason was given");
    const std::int64_t named = told["status_code"].integer().value_or(0);
    if (status < 400) status = named >= 400 && named < 600 ? static_cast<std::uint32_t>(named) : 0;
    bw::Error failed(bw::qwen::error_class(status, code, message), "DashScope failed: " + message);
    failed.http_status(status).code(code).type(error["type"].string()).raw(body);
    if (wait) failed.retry_after(*wait);
    return failed;
}

}  // namespace dashscope
