#include "plugin/table_check.hpp"

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "base/ascii.hpp"
#include "plugin/private_copy.hpp"

namespace bellwether::plugin {
namespace {

using Refusal = std::unexpected<std::string>;
using Checked = std::expected<void, std::string>;

constexpr std::size_t k_id_bytes_max = 64;
// Of the table in ABI 1.0. A later one is longer.
constexpr std::size_t k_first_size = offsetof(bw_plugin, extension) + sizeof(bw_plugin::extension);

template <typename Function>
const void* address(Function function) {
    return std::bit_cast<const void*>(function);
}

// The file of the other library in which the address `where` lies. Empty if the address is in the
// plugin's own file, or in no library, as a text that was made at run time.
std::string other_owner(void* handle, const void* where) {
    link_map* own = nullptr;
    link_map* owner = nullptr;
    Dl_info info{};
    if (where == nullptr || dlinfo(handle, RTLD_DI_LINKMAP, &own) != 0) return {};
    if (dladdr1(where, &info, reinterpret_cast<void**>(&owner), RTLD_DL_LINKMAP) == 0) return {};
    if (owner == nullptr || owner == own) return {};
    return owner->l_name == nullptr || owner->l_name[0] == '\0' ? "the host itself"
                                                                : original_of(owner->l_name);
}

class Ownership {
  public:
    explicit Ownership(void* handle) : handle_(handle) {}

    Ownership& look(const char* what, const void* where) {
        if (!found_.empty()) return *this;
        const std::string owner = other_owner(handle_, where);
        if (owner.empty()) return *this;
        found_ = fmt::format(
            "its {} is that of {}, not its own: a plugin's table, functions and texts must lie in "
            "its own file. If they are meant to be that library's, link it in statically; if not, "
            "the linker has taken symbols of one name for one: rebuild both with "
            "bellwether_add_plugin, or with -fvisibility=hidden and -fno-gnu-unique",
            what, owner);
        return *this;
    }
    Checked result() const {
        if (found_.empty()) return {};
        return Refusal(found_);
    }

  private:
    void* handle_;
    std::string found_;
};

template <typename... Functions>
bool all_set(Functions... functions) {
    return ((functions != nullptr) && ...);
}

Checked check_entries(const bw_plugin& table) {
    if (table.size < k_first_size) {
        return Refusal(fmt::format("its table is too short ({} bytes) for ABI 1", table.size));
    }
    if (table.host_minor_needed > BW_ABI_MINOR) {
        return Refusal(
            fmt::format("it needs a host with plugin ABI 1.{} or later, this one has 1.{}; install "
                        "a newer host",
                        table.host_minor_needed, BW_ABI_MINOR));
    }
    if (!all_set(table.id, table.version, table.create, table.destroy, table.call_open,
                 table.call_head, table.call_data, table.call_end, table.call_close)) {
        return Refusal("its table leaves a required entry empty; rebuild it with the SDK");
    }
    const bool shares = table.service_open != nullptr;
    if (shares != (table.service_close != nullptr) ||
        (!shares && table.service_notice != nullptr)) {
        return Refusal("its table has a part of a service only; rebuild it with the SDK");
    }
    return {};
}

// Both are printed, and an id is written in configs.
Checked check_names(const bw_plugin& table) {
    const std::size_t length = strnlen(table.id, k_id_bytes_max + 1);
    if (length == 0 || length > k_id_bytes_max) {
        return Refusal(fmt::format("its id is empty or longer than {} bytes", k_id_bytes_max));
    }
    const auto fits = [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
    if (!std::ranges::all_of(std::string_view(table.id), fits)) {
        return Refusal("its id has a character other than letters, digits, dots, - and _");
    }
    const std::size_t version = strnlen(table.version, k_id_bytes_max + 1);
    if (version == 0 || version > k_id_bytes_max) {
        return Refusal(fmt::format("its version is empty or longer than {} bytes", k_id_bytes_max));
    }
    const auto shows = [](char c) { return c > 0x20 && c < 0x7f; };
    if (!std::ranges::all_of(std::string_view(table.version), shows)) {
        return Refusal("its version has a character that is no printable ASCII");
    }
    return {};
}

}  // namespace

Checked check_entry_is_own(void* handle, const void* entry) {
    const std::string owner = other_owner(handle, entry);
    if (owner.empty()) return {};
    return Refusal(fmt::format(
        "it is not a Bellwether plugin itself: the bw_plugin_v1 that it has is that of {}", owner));
}

Checked check_table(void* handle, const bw_plugin& table) {
    if (auto own = Ownership(handle).look("table", &table).result(); !own) return own;
    if (auto checked = check_entries(table); !checked) return checked;
    Ownership own(handle);
    own.look("create", address(table.create))
        .look("destroy", address(table.destroy))
        .look("call_open", address(table.call_open))
        .look("call_head", address(table.call_head))
        .look("call_data", address(table.call_data))
        .look("call_end", address(table.call_end))
        .look("call_close", address(table.call_close))
        .look("id", table.id)
        .look("version", table.version)
        .look("manifest", table.manifest)
        .look("next", table.next);
    if (table.service_open != nullptr) {
        own.look("service_open", address(table.service_open))
            .look("service_close", address(table.service_close))
            .look("service_notice", address(table.service_notice));
    }
    if (table.extension != nullptr) {
        own.look("extension", address(table.extension));
        if (!own.result()) return own.result();
        const auto* const engine =
            static_cast<const bw_engine_plugin*>(table.extension(BW_EXT_ENGINE));
        const auto* const estimate =
            static_cast<const bw_estimate_plugin*>(table.extension(BW_EXT_ESTIMATE));
        own.look(BW_EXT_ENGINE, engine).look(BW_EXT_ESTIMATE, estimate);
        if (!own.result()) return own.result();
        if (engine != nullptr && BW_CAN(engine, step)) own.look("step", address(engine->step));
        if (estimate != nullptr && BW_CAN(estimate, estimate)) {
            own.look("estimate", address(estimate->estimate));
        }
    }
    if (!own.result()) return own.result();
    return check_names(table);
}

}  // namespace bellwether::plugin
