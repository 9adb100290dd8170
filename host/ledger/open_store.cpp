#include "ledger/open_store.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

#include "ledger/memory.hpp"
#include "ledger/sqlite.hpp"

namespace bw::ledger {
namespace {

using Opened = Result<std::unique_ptr<Store>>;

Opened memory(std::string_view rest) {
    if (rest.empty()) return open_memory();
    return fail(ErrorKind::invalid, "memory: takes nothing after it");
}

// `sqlite:/path`, `sqlite:path` and, as others write it, `sqlite:///path`.
Opened sqlite(std::string_view rest) {
    if (rest.starts_with("//")) rest.remove_prefix(2);
    if (rest.empty() || rest.ends_with('/')) {
        return fail(ErrorKind::invalid,
                    "sqlite: needs a file, such as sqlite:/var/lib/bellwether/ledger.db");
    }
    return open_sqlite(std::string(rest));
}

struct Scheme {
    std::string_view name;
    Opened (*open)(std::string_view rest);  // of what follows the colon
};

constexpr std::array k_schemes = {
    Scheme{"memory", memory},
    Scheme{"sqlite", sqlite},
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(std::string_view url) {
    const auto colon = url.find(':');
    std::string known;
    for (const auto& scheme : k_schemes) {
        if (colon != url.npos && url.substr(0, colon) == scheme.name) {
            return scheme.open(url.substr(colon + 1));
        }
        known += fmt::format("{}{}:", known.empty() ? "" : ", ", scheme.name);
    }
    // What follows the scheme may hold a password.
    return fail(ErrorKind::invalid,
                fmt::format("no ledger is known by `{}:`; known are {}",
                            url.substr(0, colon == url.npos ? 0 : colon), known));
}

}  // namespace bw::ledger
