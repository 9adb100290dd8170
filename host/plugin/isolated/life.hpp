// `Life` is what the host has of a plugin's child process from its start to its end: the process,
// the memory that they share, and who waits for it. It may be held for longer than the process
// lives. Any thread.
#pragma once

#include <bellwether/ext/engine.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "plugin/isolated/child_process.hpp"
#include "plugin/isolated/link.hpp"
#include "plugin/isolated/packing.hpp"
#include "plugin/isolated/shared_memory.hpp"

namespace bellwether::plugin::isolated {

// Why a process has ended, as a word for counters.
enum class EndKind : std::uint8_t { signal, exit, hang, memory, cpu, nonsense, start, stopped };
inline constexpr std::size_t k_end_kinds = 8;
const char* word_of(EndKind kind);

struct End {
    EndKind kind = EndKind::signal;
    std::string why;  // "was ended by SIGSEGV ..."
};

class Life {
  public:
    // Hears what the plugin says before the result of what was asked.
    using Hears = std::function<void(Message, Unpacker&)>;

    Life(SharedMemory shared, ChildProcess process);
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    SharedMemory& shared() { return shared_; }
    ChildProcess& process() { return process_; }  // the keeper's thread alone, but for kill

    // Asks on the channel of the whole plugin, once others there have their answers; one that takes
    // longer than `within` ends the process. Nothing: the process has ended.
    std::optional<Returned> ask(Message message, std::string_view text, std::chrono::seconds within,
                                const Hears& hears);

    const std::atomic<bool>& gone() const { return gone_; }
    bool is_gone() const { return gone_.load(std::memory_order_acquire); }
    // It has ended, or is as good as that: whoever waits for it is woken. The first reason holds.
    void end(EndKind kind, std::string why);
    void kill(EndKind kind, std::string why);
    End ended() const;

    // A channel for one more instance, or why there is none, as a part of a sentence.
    std::expected<std::size_t, std::string> take_channel();
    void give_channel(std::size_t number);

    // Tickets that are woken when the process ends.
    void watch(bw_ticket ticket);
    void unwatch(bw_ticket ticket);

    // The host's ticket for one of the plugin's; 0: there is none.
    void pair(bw_ticket plugins, bw_ticket hosts);
    bw_ticket hosts_ticket(bw_ticket plugins) const;
    void unpair(bw_ticket plugins);

  private:
    SharedMemory shared_;
    ChildProcess process_;
    std::atomic<bool> gone_ = false;

    Mutex control_mutex_;
    Link control_ GUARDED_BY(control_mutex_);

    mutable Mutex mutex_;
    std::optional<End> end_ GUARDED_BY(mutex_);
    std::vector<std::size_t> free_ GUARDED_BY(mutex_);
    std::size_t taken_ GUARDED_BY(mutex_) = k_first_instance_channel;
    std::set<bw_ticket> watchers_ GUARDED_BY(mutex_);
    std::unordered_map<bw_ticket, bw_ticket> tickets_ GUARDED_BY(mutex_);
};

}  // namespace bellwether::plugin::isolated
