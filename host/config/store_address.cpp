#include "config/store_address.hpp"

#include <algorithm>
#include <charconv>

namespace bw::config {
namespace {

constexpr std::string_view k_sqlite = "sqlite:";
constexpr int k_database_max = 65'535;

using Parsed = std::expected<Ledger, std::string>;

template <typename Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

bool is_plain(char c) {
    return c > 0x20 && c < 0x7F && c != '\\' && c != '"' && c != '<' && c != '>' && c != '%';
}

// SQLite has names that are no files. It never sees them here, as it is given whole paths: whoever
// writes one would get a file of that name, and thinks of something else.
const char* sqlite_fault(std::string_view path) {
    const auto name = path.substr(path.rfind('/') + 1);
    if (path.find_first_not_of(" \t") == path.npos) return "names no file";
    if (path.starts_with(':')) return "names no file, but what SQLite keeps in memory";
    if (path.starts_with("file:")) return "holds a URI of SQLite where the path of a file belongs";
    if (path.find_first_of("?#") != path.npos) return "has a query or a fragment";
    if (name.empty() || name == "." || name == "..") return "names a folder";
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
    if (std::ranges::any_of(path, is_control)) return "holds a character that it cannot contain";
    return nullptr;
}

Parsed sqlite(std::string_view path) {
    if (const char* fault = sqlite_fault(path)) return std::unexpected(fault);
    if (path.starts_with("//")) return std::unexpected("has slashes where the path begins");
    if (path.starts_with("~")) return std::unexpected("begins with ~, which only a shell knows");
    Ledger ledger;
    ledger.kind = StoreKind::sqlite;
    ledger.file = path;
    return ledger;
}

// "host", "host:port", "[v6]" or "[v6]:port".
std::expected<void, std::string> read_host(std::string_view text, Ledger& ledger) {
    const bool bracketed = text.starts_with('[');
    const auto end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && end == text.npos) return std::unexpected("has no ] behind its address");
    ledger.host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
    if (ledger.host.empty()) return std::unexpected("names no host");
    text.remove_prefix(std::min(bracketed ? end + 1 : end, text.size()));
    if (text.empty()) return {};
    if (!text.starts_with(':') || !read_number(text.substr(1), ledger.port) || ledger.port == 0) {
        return std::unexpected("has no valid port behind the host");
    }
    return {};
}

Parsed redis(std::string_view text, bool encrypted) {
    Ledger ledger;
    ledger.kind = StoreKind::redis;
    ledger.encrypted = encrypted;
    if (const auto at = text.rfind('@'); at != text.npos) {
        ledger.user = text.substr(0, at);
        text.remove_prefix(at + 1);
        if (ledger.user.find(':') != std::string::npos) {
            return std::unexpected("holds a password");
        }
    }
    if (text.find_first_of("?#") != text.npos) return std::unexpected("has a query or a fragment");
    if (!std::ranges::all_of(text, is_plain) || !std::ranges::all_of(ledger.user, is_plain)) {
        return std::unexpected("holds a character that it cannot contain");
    }
    const auto slash = std::min(text.find('/'), text.size());
    if (const auto host = read_host(text.substr(0, slash), ledger); !host) {
        return std::unexpected(host.error());
    }
    text.remove_prefix(std::min(slash + 1, text.size()));
    if (text.empty()) return ledger;
    if (!read_number(text, ledger.database) || ledger.database < 0 ||
        ledger.database > k_database_max) {
        return std::unexpected("has no number of a database behind the host");
    }
    return ledger;
}

}  // namespace

std::expected<Ledger, std::string> parse_store_address(std::string_view text) {
    if (text.starts_with("redis://")) return redis(text.substr(8), false);
    if (text.starts_with("rediss://")) return redis(text.substr(9), true);
    if (text.starts_with(k_sqlite)) return sqlite(text.substr(k_sqlite.size()));
    if (text != "memory:") return std::unexpected("is of no kind that there is");
    Ledger ledger;
    ledger.kind = StoreKind::memory;
    return ledger;
}

}  // namespace bw::config
