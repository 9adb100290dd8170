#include "plugin/isolated/life.hpp"

#include <fmt/format.h>

#include <utility>

#include "plugin/tickets.hpp"

namespace bellwether::plugin::isolated {

const char* word_of(EndKind kind) {
    switch (kind) {
        case EndKind::signal: return "signal";
        case EndKind::exit: return "exit";
        case EndKind::hang: return "hang";
        case EndKind::memory: return "memory";
        case EndKind::cpu: return "cpu";
        case EndKind::nonsense: return "nonsense";
        case EndKind::start: return "start";
        default: return "stopped";
    }
}

Life::Life(SharedMemory shared, ChildProcess process)
    : shared_(std::move(shared)),
      process_(std::move(process)),
      control_(shared_->channels[k_control_channel], Link::Side::host, gone_) {}

std::optional<Returned> Life::ask(Message message, std::string_view text,
                                  std::chrono::seconds within, const Hears& hears) {
    const Lock lock(control_mutex_);
    control_.give_up_at(std::chrono::steady_clock::now() + within);
    control_.put(message, text);
    control_.publish();
    for (;;) {
        const auto [said, words] = control_.receive();
        Unpacker unpacker(words);
        if (said == Message::result) return unpack_returned(unpacker);
        if (said == Message::none) break;
        hears(said, unpacker);
    }
    if (control_.fault() == Fault::late) kill(EndKind::hang, "did not answer in time");
    if (control_.fault() == Fault::nonsense) kill(EndKind::nonsense, "wrote nonsense");
    return std::nullopt;
}

void Life::end(EndKind kind, std::string why) {
    std::set<bw_ticket> watchers;
    std::size_t channels = 0;
    {
        const Lock lock(mutex_);
        if (end_) return;
        end_ = {kind, std::move(why)};
        watchers = watchers_;
        channels = taken_;
        gone_.store(true, std::memory_order_release);
    }
    for (std::size_t i = 0; i < channels; ++i) ring(shared_->channels[i].words.host);
    for (const bw_ticket ticket : watchers) wake(ticket);
}

void Life::kill(EndKind kind, std::string why) {
    end(kind, std::move(why));
    process_.kill();
}

End Life::ended() const {
    const Lock lock(mutex_);
    return end_.value_or(End{});
}

std::expected<std::size_t, std::string> Life::take_channel() {
    std::size_t number = 0;
    {
        const Lock lock(mutex_);
        if (!free_.empty()) {
            number = free_.back();
            free_.pop_back();
            return number;
        }
        if (taken_ == k_channels) {
            return std::unexpected(fmt::format("has no room for more than {} instances",
                                               k_channels - k_first_instance_channel));
        }
        number = taken_++;
    }
    constexpr std::chrono::seconds k_wait{5};
    const auto served =
        ask(Message::serve, Packer().number(static_cast<std::uint32_t>(number)).done(), k_wait,
            [](Message, Unpacker&) {});
    if (!served) return std::unexpected(ended().why);
    if (served->status != BW_OK) return std::unexpected("does not serve another instance");
    return number;
}

void Life::give_channel(std::size_t number) {
    const Lock lock(mutex_);
    free_.push_back(number);
}

void Life::watch(bw_ticket ticket) {
    {
        const Lock lock(mutex_);
        watchers_.insert(ticket);
    }
    if (is_gone()) wake(ticket);
}

void Life::unwatch(bw_ticket ticket) {
    const Lock lock(mutex_);
    watchers_.erase(ticket);
}

void Life::pair(bw_ticket plugins, bw_ticket hosts) {
    const Lock lock(mutex_);
    tickets_[plugins] = hosts;
}

bw_ticket Life::hosts_ticket(bw_ticket plugins) const {
    const Lock lock(mutex_);
    const auto found = tickets_.find(plugins);
    return found == tickets_.end() ? 0 : found->second;
}

void Life::unpair(bw_ticket plugins) {
    const Lock lock(mutex_);
    tickets_.erase(plugins);
}

}  // namespace bellwether::plugin::isolated
