// `Keepers` are the keepers of one provider's plugin: one, whose process serves all workers, or one
// for each worker. A service is opened in each of their processes. Any thread.
#pragma once

#include <bellwether/provider.h>

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugin/isolated/keeper.hpp"
#include "plugin/isolated/library_copies.hpp"

namespace bellwether::plugin::isolated {

class Keepers {
  public:
    // Starts them, and waits until the plugin is loaded in each.
    static std::expected<std::shared_ptr<Keepers>, std::string> start(
        const Wanted& wanted, const std::filesystem::path& file, LibraryCopies library,
        const std::string& id);
    Keepers(const Keepers&) = delete;
    Keepers& operator=(const Keepers&) = delete;

    const Description& description() const { return all_.front()->description(); }
    const LibraryCopies& library() const { return library_; }
    Keeper& of_worker(std::size_t number) const { return *all_[number % all_.size()]; }
    std::vector<ProcessStanding> standings() const;

    // The service, in all processes or in none.
    bw_status open_service(const bw_setup& setup);
    void notice_service(std::uint32_t kind);
    void close_service();

  private:
    explicit Keepers(LibraryCopies library) : library_(std::move(library)) {}

    const LibraryCopies library_;
    std::vector<std::unique_ptr<Keeper>> all_;  // at least one
};

}  // namespace bellwether::plugin::isolated
