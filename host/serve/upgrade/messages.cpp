#include "serve/upgrade/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "json/value.hpp"
#include "json/writer.hpp"

namespace bellwether::serve {
namespace {

struct UpgradeWriting {
    json::Writer& out;
    void operator()(const Welcome& one) const {
        out.field("say", "welcome").field("handover", one.handover);
        out.field("api", one.api).field("admin", one.admin);
        out.field("api_inherited", one.api_inherited);
        out.field("admin_inherited", one.admin_inherited);
    }
    void operator()(const ReadyToServe& one) const {
        out.field("say", "ready").field("ledger", one.ledger);
    }
    void operator()(const LetGo& one) const {
        out.field("say", "go").field("moves_ledger", one.moves_ledger);
    }
    void operator()(const Serves&) const { out.field("say", "serves"); }
    void operator()(const Heard&) const { out.field("say", "heard"); }
    void operator()(const Refuses& one) const {
        out.field("say", "refuses").field("reason", one.reason);
    }
    void operator()(const HandedOn& one) const {
        out.field("say", "followed").field("process", one.process);
    }
};

}  // namespace

std::string to_text(const UpgradeMessage& message) {
    json::Writer writer;
    writer.begin_object();
    std::visit(UpgradeWriting{writer}, message);
    writer.end_object();
    return writer.text();
}

std::optional<UpgradeMessage> read_upgrade_message(std::string_view text) {
    if (!json::valid(text)) return std::nullopt;
    const json::Value message(text);
    const auto count = [&message](const char* name) {
        const auto number = message[name].integer().value_or(0);
        return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
    };
    const auto flag = [&message](const char* name) { return message[name].raw() == "true"; };
    const std::string say = message["say"].string();
    if (say == "welcome") {
        return Welcome{.handover = count("handover"),
                       .api = count("api"),
                       .admin = count("admin"),
                       .api_inherited = flag("api_inherited"),
                       .admin_inherited = flag("admin_inherited")};
    }
    if (say == "ready") return ReadyToServe{message["ledger"].string()};
    if (say == "go") return LetGo{flag("moves_ledger")};
    if (say == "serves") return Serves{};
    if (say == "heard") return Heard{};
    if (say == "refuses") return Refuses{message["reason"].string()};
    if (say == "followed") return HandedOn{count("process")};
    return std::nullopt;
}

std::string ledger_text(const config::Ledger& ledger) {
    if (ledger.kind == config::StoreKind::memory) return "memory:";
    if (ledger.kind != config::StoreKind::sqlite) return "";
    std::error_code error;
    const auto file = std::filesystem::weakly_canonical(ledger.file, error);
    return fmt::format("sqlite:{}", error ? ledger.file.string() : file.string());
}

}  // namespace bellwether::serve
