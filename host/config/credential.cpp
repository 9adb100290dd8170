#include "config/credential.hpp"

#include <algorithm>
#include <array>

#include "config/foreign_words.hpp"
#include "config/letters.hpp"
#include "config/secret.hpp"
#include "config/stray_text.hpp"

namespace bw::config {
namespace {

// As examples in documents have them; what servers take that ask for no key ("EMPTY", "none",
// "dummy") is none of these.
bool is_placeholder(std::string_view key) {
    constexpr std::array k_begins = {"your",   "<",      "my-api-key", "my_api_key",
                                     "insert", "enter-", "paste"};
    constexpr std::array k_holds = {"...",          "your-",        "your_",    "changeme",
                                    "change-me",    "change_me",    "replace",  "placeholder",
                                    "api-key-here", "api_key_here", "key-here", "key_here"};
    const std::string text = lower(key);
    const auto begins = [&](const char* word) { return text.starts_with(word); };
    const auto holds = [&](const char* word) { return text.find(word) != text.npos; };
    if (std::ranges::any_of(k_begins, begins) || std::ranges::any_of(k_holds, holds)) return true;
    const auto dash = text.find_last_of("-_");
    const std::string_view body = std::string_view(text).substr(dash == text.npos ? 0 : dash + 1);
    constexpr std::size_t k_filling_min = 3;
    return body.size() >= k_filling_min &&
           (body.find_first_not_of('x') == body.npos || body.find_first_not_of('*') == body.npos ||
            body.find_first_not_of('.') == body.npos);
}

// "OPENAI_API_KEY=sk-1" and "export ..."
bool is_assignment(std::string_view key) {
    if (key.starts_with("export ")) return true;
    const auto equals = key.find('=');
    if (equals == key.npos || equals == 0) return false;
    const std::string_view name = key.substr(0, equals);
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
    return name.find('_') != name.npos && std::ranges::all_of(name, fits);
}

// Ours, or another program's that no key is: "$abcDEF" may be one.
bool is_reference(std::string_view key) {
    if (!reference_fault(key)) return true;
    const std::string name = foreign_variable(key);
    if (name.empty()) return false;
    if (key.starts_with("${") || key.starts_with("os.environ")) return true;
    const bool whole = key == "$" + name || key == "%" + name + "%";
    return whole && std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
}

CredentialFault error(std::string_view what, std::string_view hint) {
    return {Severity::error, std::string(what), std::string(hint)};
}

}  // namespace

std::optional<CredentialFault> credential_fault(std::string_view key) {
    const std::string text = lower(key);
    if (const auto stray = stray_text(key); !stray.empty() && stray != k_inner_space) {
        return error(stray,
                     "take what is around the key away: env files are read with their quotes");
    }
    for (const std::string_view prefix : {"bearer ", "authorization:", "basic ", "x-api-key:"}) {
        if (!text.starts_with(prefix)) continue;
        return error("begins with a part of a header",
                     "write the key alone: the host adds the rest");
    }
    if (is_assignment(key)) {
        return error("begins with the name of a variable", "write what stands behind the =");
    }
    if (is_reference(key)) {
        return error("is a reference to a variable or a file that nothing replaced",
                     "the variable has to hold the key itself");
    }
    if (!foreign_variable(key).empty()) {
        return CredentialFault{Severity::warning,
                               "looks like a reference to a variable that nothing replaced",
                               "check that it is the key itself"};
    }
    if (is_placeholder(key)) {
        return CredentialFault{Severity::warning, "looks like a placeholder",
                               "put the key there that the provider gave you"};
    }
    if (key.find_first_of(" \"'`,;") != key.npos) {
        return CredentialFault{Severity::warning, "holds a space, a quote or a comma",
                               "check that it holds one key and nothing else"};
    }
    return std::nullopt;
}

}  // namespace bw::config
