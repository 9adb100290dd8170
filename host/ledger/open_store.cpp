#include "ledger/open_store.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "ledger/handover/movable_store.hpp"
#include "ledger/memory.hpp"
#include "ledger/redis/store.hpp"
#include "ledger/sqlite/store.hpp"

namespace bellwether::ledger {
namespace {

Result<RedisSettings> settings_of(const config::Ledger& ledger) {
    RedisSettings settings{.host = ledger.host,
                           .port = ledger.port,
                           .user = ledger.user,
                           .database = ledger.database,
                           .encrypted = ledger.encrypted,
                           .ca_file = ledger.ca_file.string(),
                           .prefix = ledger.prefix,
                           .keep_usage_ms = ledger.keep_usage.count(),
                           .counters_max = ledger.max_counters};
    if (!ledger.password.empty()) {
        auto password = config::resolve(ledger.password);
        if (!password) {
            return fail(ErrorKind::invalid, fmt::format("ledger.password: {}", password.error()));
        }
        settings.password = *std::move(password);
    }
    return settings;
}

Result<std::unique_ptr<Store>> open_redis(const config::Ledger& ledger) {
    auto settings = settings_of(ledger);
    if (!settings) return std::unexpected(std::move(settings.error()));
    return open_redis(*std::move(settings));
}

Result<std::string> try_redis(const config::Ledger& ledger) {
    const auto settings = settings_of(ledger);
    if (!settings) return std::unexpected(settings.error());
    return try_redis(*settings);
}

Result<std::string> try_file(const config::Ledger& ledger) {
    const auto tried = try_sqlite(ledger.file.string(), ledger.is_default_file);
    if (!tried) return std::unexpected(tried.error());
    return std::string();
}

Result<std::unique_ptr<LocalStore>> open_file(const config::Ledger& ledger,
                                              std::optional<MovedStore> moved) {
    if (ledger.is_default_file) {
        std::error_code error;  // opening says what is wrong, and makes the last folder
        const auto folder = ledger.file.parent_path();
        std::filesystem::create_directories(folder.parent_path(), error);
    }
    return open_sqlite(ledger.file.string(), system_time_us,
                       {.keep_usage = ledger.keep_usage,
                        .counters_max = ledger.max_counters,
                        .linger = ledger.linger,
                        .sync = ledger.sync},
                       std::move(moved));
}

Result<std::unique_ptr<LocalStore>> open_local(const config::Ledger& ledger,
                                               std::optional<MovedStore> moved) {
    if (ledger.kind == config::StoreKind::sqlite) return open_file(ledger, std::move(moved));
    return open_memory(system_time_us, {.counters_max = ledger.max_counters},
                       std::move(moved).value_or(MovedStore()));
}

Result<std::unique_ptr<Store>> open_movable(const config::Ledger& ledger,
                                            std::optional<MovedStore> moved) {
    auto store = open_local(ledger, std::move(moved));
    if (!store) return std::unexpected(std::move(store.error()));
    return std::make_unique<MovableStore>(*std::move(store), [ledger](MovedStore back) {
        return open_local(ledger, std::move(back));
    });
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const config::Ledger& ledger,
                                          std::optional<MovedStore> moved) {
    switch (ledger.kind) {
        case config::StoreKind::none: break;
        case config::StoreKind::memory:
        case config::StoreKind::sqlite: return open_movable(ledger, std::move(moved));
        case config::StoreKind::redis: return open_redis(ledger);
    }
    return nullptr;
}

Result<std::string> try_store(const config::Ledger& ledger) {
    switch (ledger.kind) {
        case config::StoreKind::none:
        case config::StoreKind::memory: break;
        case config::StoreKind::sqlite: return try_file(ledger);
        case config::StoreKind::redis: return try_redis(ledger);
    }
    return std::string();
}

}  // namespace bellwether::ledger
