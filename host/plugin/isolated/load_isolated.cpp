// How a plugin's file is loaded for a child process: checked and copied as any other, and opened
// there.
#include <utility>

#include "plugin/isolated/keepers.hpp"
#include "plugin/isolated/library_copies.hpp"
#include "plugin/isolated/proxy.hpp"
#include "plugin/library.hpp"
#include "plugin/private_copy.hpp"

namespace bellwether::plugin {

std::expected<std::shared_ptr<const Library>, std::string> Library::load_isolated(
    const std::filesystem::path& file, std::string_view sha256, std::string_view id,
    const isolated::Wanted& wanted) {
    auto library = std::shared_ptr<Library>(new Library);
    auto bytes = library->read(file, sha256);
    if (!bytes) return std::unexpected(bytes.error());
    const Dependencies needs = read_needs(*bytes);
    auto copy = sealed_copy(file, std::move(*bytes));
    if (!copy) return std::unexpected(copy.error());
    auto copies = isolated::copies_for_child(file, *std::move(copy), needs);
    if (!copies) return std::unexpected(copies.error());
    auto keepers = isolated::Keepers::start(wanted, file, *std::move(copies), std::string(id));
    if (!keepers) return std::unexpected(keepers.error());
    library->keep(*std::move(keepers));
    return library;
}

std::expected<std::shared_ptr<const Library>, std::string> Library::in_new_processes(
    const isolated::Wanted& wanted) const {
    auto copies = isolated::again(keepers_->library());
    if (!copies) return std::unexpected(copies.error());
    auto keepers = isolated::Keepers::start(wanted, file_, *std::move(copies), table_->id);
    if (!keepers) return std::unexpected(keepers.error());
    auto library = std::shared_ptr<Library>(new Library);
    library->file_ = file_;
    library->sha256_ = sha256_;
    library->keep(*std::move(keepers));
    return library;
}

void Library::keep(std::shared_ptr<isolated::Keepers> keepers) {
    keepers_ = std::move(keepers);
    own_table_ = isolated::proxy_table(*keepers_);
    table_ = &own_table_;
}

std::shared_ptr<const Library> Library::without_process() const {
    auto left = std::shared_ptr<Library>(new Library);
    const auto said = std::make_shared<const isolated::Description>(keepers_->description());
    left->file_ = file_;
    left->sha256_ = sha256_;
    left->description_ = said;
    left->own_table_ = own_table_;
    left->own_table_.id = said->id.c_str();
    left->own_table_.version = said->version.c_str();
    left->own_table_.manifest = said->manifest ? said->manifest->c_str() : nullptr;
    left->own_table_.extension = nullptr;
    left->table_ = &left->own_table_;
    return left;
}

}  // namespace bellwether::plugin
