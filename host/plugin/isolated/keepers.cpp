#include "plugin/isolated/keepers.hpp"

namespace bellwether::plugin::isolated {

std::expected<std::shared_ptr<Keepers>, std::string> Keepers::start(
    const Wanted& wanted, const std::filesystem::path& file, LibraryCopies library,
    const std::string& id) {
    auto keepers = std::shared_ptr<Keepers>(new Keepers(std::move(library)));
    for (std::size_t i = 0; i < wanted.processes; ++i) {
        keepers->all_.push_back(std::make_unique<Keeper>(wanted, file, keepers->library_, id));
    }
    for (const auto& keeper : keepers->all_) {
        if (auto loaded = keeper->wait_until_loaded(); !loaded) {
            return std::unexpected(loaded.error());
        }
    }
    return keepers;
}

std::vector<ProcessStanding> Keepers::standings() const {
    std::vector<ProcessStanding> standings;
    for (const auto& keeper : all_) standings.push_back(keeper->standing());
    return standings;
}

bw_status Keepers::open_service(const bw_setup& setup) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
        const bw_status status = all_[i]->open_service(setup);
        if (status == BW_OK) continue;
        while (i > 0) all_[--i]->close_service();
        return status;
    }
    return BW_OK;
}

void Keepers::notice_service(std::uint32_t kind) {
    for (const auto& keeper : all_) keeper->notice_service(kind);
}

void Keepers::close_service() {
    for (const auto& keeper : all_) keeper->close_service();
}

}  // namespace bellwether::plugin::isolated
