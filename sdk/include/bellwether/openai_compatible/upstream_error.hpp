// What upstreams say when they fail, in the many shapes in which they say it. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/bounds.hpp>
#include <bellwether/openai_compatible/text.hpp>
#include <bellwether/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1::openai {

// An error as an upstream describes it.
struct UpstreamError {
    bool found = false;  // false: the body is no error that anyone could read
    std::string message;
    std::string code;
    std::string type;
    std::string param;
    std::uint32_t status = 0;  // the HTTP status that the body itself names; 0: none
};

namespace detail {

inline std::string text_or_raw(const json::Value& value) {
    if (!value) return {};
    return value.kind() == json::Kind::string ? value.string() : std::string(value.raw());
}

// True for a raw value that holds nothing, or is none.
inline bool is_hollow(std::string_view raw) {
    return raw.empty() || raw == "\"\"" || raw == "{}" || raw == "[]" || raw == "null";
}

// True for the raw codes that say that all is well, and for none.
inline bool is_good_code(std::string_view raw) {
    if (is_hollow(raw) || raw == "0" || raw == "200" || raw == "false") return true;
    const std::string code = text_or_raw(json::Value(raw));
    for (const std::string_view good : {"0", "200", "ok", "success", "null", "none"}) {
        if (equal_nocase(code, good)) return true;
    }
    return false;
}

// The members that vendors keep an error's words in, and its code.
inline constexpr std::array<const char*, 10> k_word_members = {
    "message", "msg",    "error_msg", "error_message", "errorMessage",
    "errmsg",  "detail", "errors",    "status_msg",    "title"};
inline constexpr std::array<const char*, 5> k_code_members = {"code", "error_code", "errorCode",
                                                              "errcode", "status_code"};

// A text, that of an object, or that of the first of several.
inline std::string words_of(const json::Value& value, int depth = 0) {
    constexpr int k_depth_max = 3;
    if (depth == k_depth_max) return text_or_raw(value);
    if (value.kind() == json::Kind::array && value.at(1).kind() == json::Kind::missing &&
        value.at(0)["loc"].kind() == json::Kind::missing) {
        return words_of(value.at(0), depth + 1);
    }
    if (value.kind() == json::Kind::object) {
        for (const char* name : k_word_members) {
            std::string words = words_of(value[name], depth + 1);
            if (!words.empty()) return words;
        }
    }
    return is_hollow(value.raw()) ? std::string() : text_or_raw(value);
}

template <typename Names>
json::Value first_said(const json::Value& object, const Names& names) {
    for (const char* name : names) {
        const json::Value value = object[name];
        if (!is_hollow(value.raw())) return value;
    }
    return {};
}

// True if a raw `error` says nothing: gateways put one into good answers, too.
inline bool is_wordless(std::string_view raw) {
    if (is_hollow(raw) || raw == "false" || raw == "0") return true;
    if (raw.size() > k_error_bytes_max) return false;
    const json::Value error(raw);
    if (error.kind() != json::Kind::object) return false;
    if (!is_good_code(first_said(error, k_code_members).raw())) return false;
    if (!is_good_code(error["type"].raw())) return false;
    const std::string words = text_or_raw(first_said(error, k_word_members));
    return words.empty() || equal_nocase(words, "success") || equal_nocase(words, "ok");
}

// An HTTP status given as the error's code, or as in "<400> InternalError.Algo: ...".
inline std::uint32_t named_status(const UpstreamError& error) {
    std::string_view digits = error.code;
    if (error.message.size() > 4 && error.message[0] == '<' && error.message[4] == '>') {
        digits = std::string_view(error.message).substr(1, 3);
    }
    if (digits.size() != 3 || (digits[0] != '4' && digits[0] != '5') || !is_digit(digits[1]) ||
        !is_digit(digits[2])) {
        return 0;
    }
    return static_cast<std::uint32_t>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 +
                                      (digits[2] - '0'));
}

inline UpstreamError read_error_object(const json::Value& error) {
    UpstreamError out;
    out.found = true;
    for (const char* name : k_word_members) {
        if (out.message.empty()) out.message = words_of(error[name]);
    }
    out.code = text_or_raw(first_said(error, k_code_members));
    if (out.code.empty()) out.code = text_or_raw(first_said(error["details"], k_code_members));
    out.type = text_or_raw(error["type"]);
    out.param = text_or_raw(error["param"]);
    return out;
}

// {"error": "words"}, perhaps with more words in "message".
inline UpstreamError read_error_string(const json::Value& body) {
    UpstreamError out;
    out.found = true;
    out.message = words_of(body["error"]);
    const std::string more = text_or_raw(body["message"]);
    if (!more.empty() && more != out.message) out.message += ": " + more;
    out.code = text_or_raw(body["code"]);
    out.type = text_or_raw(body["type"]);
    return out;
}

// MiniMax's codes, as the types that others have for the same.
inline std::string_view type_of_base_resp(std::string_view code) {
    struct Row {
        std::string_view code;
        std::string_view type;
    };
    constexpr Row k_rows[] = {{"1002", "rate_limit_error"},      {"1039", "rate_limit_error"},
                              {"1041", "rate_limit_error"},      {"2045", "rate_limit_error"},
                              {"1004", "authentication_error"},  {"2049", "invalid_api_key"},
                              {"1008", "insufficient_balance"},  {"2056", "insufficient_balance"},
                              {"1026", "content_filter"},        {"1027", "content_filter"},
                              {"1042", "invalid_request_error"}, {"2013", "invalid_request_error"}};
    for (const Row& row : k_rows) {
        if (row.code == code) return row.type;
    }
    return {};
}

}  // namespace detail

// Reads an error body: {"error": {...}}, {"error": "..."}, flat {"code", "message"}, {"detail"},
// {"base_resp": {"status_code", "status_msg"}}, any of them in an array. A text too long for an
// error is none.
inline UpstreamError read_error(std::string_view text) {
    UpstreamError out;
    json::Value body(text);
    if (text.size() > k_error_bytes_max || !json::valid(text)) return out;
    if (body.kind() == json::Kind::array) body = body.at(0);
    const json::Value error = body["error"];
    const json::Value base = body["base_resp"];
    if (error.kind() == json::Kind::object) {
        out = detail::read_error_object(error);
        if (out.message.empty()) out.message = detail::text_or_raw(body["message"]);
    } else if (error.kind() == json::Kind::string || error.kind() == json::Kind::array) {
        out = detail::read_error_string(body);
    } else if (!detail::is_good_code(base["status_code"].raw())) {
        out = detail::read_error_object(base);
        if (out.type.empty()) out.type = detail::type_of_base_resp(out.code);
    } else if (detail::first_said(body, detail::k_word_members) ||
               detail::first_said(body, detail::k_code_members)) {
        out = detail::read_error_object(body);
    }
    out.status = detail::named_status(out);
    return out;
}

namespace detail {

// True if an object that is no answer has the words of a failure, and nothing that says that all is
// well.
inline bool complains(std::string_view text) {
    if (text.size() > k_error_bytes_max) return false;
    const json::Value body(text);
    const json::Value code = first_said(body, k_code_members);
    if (body["type"].equals("ping") || (code && is_good_code(code.raw()))) return false;
    const UpstreamError error = read_error(text);
    return error.found && !(error.message.empty() && error.code.empty()) &&
           !is_wordless(body["error"].raw().empty() ? "true" : body["error"].raw());
}

}  // namespace detail

}  // namespace bw::v1::openai
