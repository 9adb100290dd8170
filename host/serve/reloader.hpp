// `Reloader` reads the config again while the host serves. A reload is a transaction: everything is
// parsed, checked, loaded and opened first; then the new generation takes the place of the old one,
// or nothing changes and the report says why. Reloads are made one after the other, on a thread of
// their own, because a plugin may take its time to be loaded. Generations end on that thread, too.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "front/host.hpp"
#include "front/process.hpp"
#include "report/reload_report.hpp"
#include "serve/generation.hpp"

namespace bellwether::serve {

// Reads the config file, or a part of it, loads what it names, and keeps what is the same in the
// host that runs.
using Load = std::function<front::HostCheck(const front::Host& before, const report::ReloadOrder&)>;

class Reloader {
  public:
    // What the threads do for a reload. An error is a sentence, and then nothing has changed.
    struct Steps {
        // Puts a generation into effect: opens what it listens on, tells all threads, and returns
        // when new requests come under it.
        std::function<std::expected<void, std::string>(const std::shared_ptr<const Generation>& now,
                                                       const Generation& before)>
            apply;
        // Whether it could listen where this config says. Nothing changes.
        std::function<std::expected<void, std::string>(const config::Config& now,
                                                       const Generation& before)>
            try_addresses;
    };

    Reloader(front::Process& process, Load load);
    ~Reloader();
    Reloader(const Reloader&) = delete;
    Reloader& operator=(const Reloader&) = delete;

    // Makes a generation end on this object's thread, whoever drops it last.
    std::shared_ptr<const Generation> keep(std::unique_ptr<Generation> generation);

    // From now on it reloads. `current` is in effect.
    void start(std::shared_ptr<const Generation> current, Steps steps);
    // From any thread. `on_report` is called on the thread of the reloads.
    void ask(report::ReloadOrder order, report::OnReload on_report);
    // From any thread: does this on the thread of the reloads, between two of them, unless the host
    // ends before. `current` is in effect meanwhile, but for its keys if the task follows them.
    void between_reloads(std::function<void(const Generation& current)> task);
    // Within such a task: carries out what was asked for meanwhile of the keys alone.
    void follow_keys();
    // Makes no further reload, and waits for the one that runs. False: it did not end in time, as
    // a plugin or a file system hangs; then this object must never be destroyed.
    bool end(std::chrono::milliseconds limit);

  private:
    struct KeysAsked {
        report::ReloadOrder order;
        report::OnReload on_report;
    };

    void carry_out(const report::ReloadOrder& order, const std::vector<report::OnReload>& asking);
    std::vector<report::OnReload> take_asking();
    report::ReloadReport reload(const report::ReloadOrder& order);
    report::ReloadReport replace(front::HostCheck check, const report::ReloadOrder& order);
    void try_out(const config::Config& config, report::ReloadReport& report) const;
    void tell_dropped();
    void leave_unloaded(front::Host& host, const report::ReloadOrder& order);
    void count(const report::ReloadReport& report);

    front::Process& process_;
    const Load load_;
    Steps steps_;
    std::shared_ptr<const Generation> current_;
    // Those of the config before that the one in effect has not, until they are told.
    std::vector<std::shared_ptr<const plugin::LoadedProvider>> dropped_;
    std::set<std::string> unloaded_;  // providers that serve nothing, as an operator has said so
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    Mutex mutex_;
    bool is_asked_ GUARDED_BY(mutex_) = false;  // a reload of everything waits for its turn
    std::vector<report::OnReload> asking_ GUARDED_BY(mutex_);  // who wants to hear of it
    std::vector<KeysAsked> keys_asked_ GUARDED_BY(mutex_);     // of the keys alone
    Condition ended_changed_;
    bool ended_ GUARDED_BY(mutex_) = false;  // the thread has
    std::atomic<bool> is_to_end_ = false;    // nothing is put into effect any more
    std::atomic<bool> is_between_ = false;   // a task of between_reloads() is under way
    std::thread thread_;
};

}  // namespace bellwether::serve
