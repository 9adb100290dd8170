// `Keeper` keeps one child process of a provider's plugin alive: it starts it, watches it on a
// thread of its own, says why it ended, and brings it back, later and later if it ends again and
// again. Any thread.
#pragma once

#include <bellwether/provider.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "config/config.hpp"
#include "plugin/isolated/last_words.hpp"
#include "plugin/isolated/library_copies.hpp"
#include "plugin/isolated/life.hpp"
#include "plugin/isolated/revival.hpp"
#include "plugin/isolated/thread_lines.hpp"

namespace bellwether::plugin::isolated {

// How a provider's plugin is kept.
struct Wanted {
    std::string provider;
    config::Isolation limits;
    std::size_t processes = 1;
};

// What the plugin's table says of itself, as the child has read it.
struct Description {
    std::uint32_t abi_minor = 0;
    std::uint32_t host_minor_needed = 0;
    std::uint32_t request_must = 0;
    std::string id;
    std::string version;
    std::optional<std::string> manifest;
    bool has_service = false;
    bool hears_notices = false;
    bool has_step = false;
    bool has_estimate = false;
};

// How the process does, for people.
enum class Condition : std::uint8_t { starting, up, waiting, quarantined, stopped };
const char* word_of(Condition condition);

struct ProcessStanding {
    Condition condition = Condition::starting;
    std::int64_t process = 0;    // its id; 0: there is none
    std::uint32_t confined = 0;  // bits of Confinement
    std::string last_end;        // why it ended last; empty: it never has
    std::array<std::uint64_t, k_end_kinds> ends{};
    std::map<std::string, std::uint64_t> refused;  // system calls, by name
};

class Keeper {
  public:
    // Begins to start the process and to load the plugin in it. `library` outlives this object.
    Keeper(Wanted wanted, std::filesystem::path file, const LibraryCopies& library, std::string id);
    ~Keeper();
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    // Once, before anything else. The error says why it cannot be loaded.
    std::expected<void, std::string> wait_until_loaded();

    const Description& description() const { return description_; }
    std::chrono::milliseconds budget() const { return wanted_.limits.callback_budget; }
    const std::string& provider() const { return wanted_.provider; }

    // The process, if it is up.
    std::shared_ptr<Life> life() const;
    // Why it is not, as a part of a sentence.
    std::string why_down() const;
    ProcessStanding standing() const;

    // The service: opened in each process anew.
    bw_status open_service(const bw_setup& setup);
    void notice_service(std::uint32_t kind);
    void close_service();

    // Whose log and counters the plugin's threads write to; the first one's.
    void add_user(bw_host* host);
    void remove_user(bw_host* host);

  private:
    void run();
    std::expected<std::shared_ptr<Life>, End> begin();
    void make_ready(const std::shared_ptr<Life>& begun);
    void watch(Life& life);
    bool hear(Life& life, Link& notes, LastWords& words);
    void hear_notes(Life& life, Link& notes);
    void hear_note(const Link::Received& said, Life& life);
    void tell_lines_left_out();
    void pass_on(Message message, Unpacker& said, Life& life);
    void hear_refusals(Life& life);
    End reason_of(Life& life, const ChildProcess::Remains& remains, const LastWords& words) const;
    void mourn(const End& end);
    bool wait(std::chrono::milliseconds time);
    std::expected<void, std::string> load(Life& life);
    std::optional<bw_status> open_service_in(Life& life, bw_host* host);
    void set(Condition condition);

    const Wanted wanted_;
    const std::filesystem::path file_;
    const LibraryCopies& library_;
    const std::string id_;
    Description description_;  // set before anybody else knows the object
    Descriptor stop_;          // readable: the thread is to end
    std::atomic<bool> stopping_ = false;
    Revival revival_;                                     // of the thread, as is what follows
    std::map<std::string, std::uint64_t> refusals_told_;  // by this process
    ThreadLines lines_;

    mutable Mutex mutex_;
    bellwether::Condition changed_;
    std::shared_ptr<Life> life_ GUARDED_BY(mutex_);
    Condition condition_ GUARDED_BY(mutex_) = Condition::starting;
    ProcessStanding standing_ GUARDED_BY(mutex_);
    std::string first_fault_ GUARDED_BY(mutex_);  // why the plugin could not be loaded
    bool loaded_once_ GUARDED_BY(mutex_) = false;
    std::optional<std::string> service_config_ GUARDED_BY(mutex_);

    Mutex users_mutex_;
    std::vector<bw_host*> users_ GUARDED_BY(users_mutex_);

    std::thread thread_;  // the last, as it uses the others
};

}  // namespace bellwether::plugin::isolated
