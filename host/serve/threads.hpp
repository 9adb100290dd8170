// The threads of a running host (its workers, the admin listener, the signals with what is done
// beside the calls), and how a change comes to all of them: a generation, an upgrade, the end.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "front/connections.hpp"
#include "front/process.hpp"
#include "ledger/handover/relay.hpp"
#include "net/alarm.hpp"
#include "serve/chores.hpp"
#include "serve/descriptors.hpp"
#include "serve/file_watch.hpp"
#include "serve/generation.hpp"
#include "serve/inherited_sockets.hpp"
#include "serve/upgrade/predecessor.hpp"
#include "serve/upgrade/upgrade.hpp"
#include "serve/worker.hpp"

namespace bellwether::serve {

// What a host finds when it starts.
struct Inheritance {
    std::unique_ptr<Predecessor> predecessor;  // null: it follows no other host
    InheritedSockets sockets;                  // used in place of new ones
};

class Threads {
  public:
    // Gets the addresses of the API and of the admin listener (empty: there is none) once
    // connections are accepted.
    using Ready = std::function<void(const std::string& url, const std::string& admin_url)>;
    using GenerationPtr = std::shared_ptr<const Generation>;

    // `room`: how many client connections may be open.
    Threads(boost::asio::io_context& signal_loop, front::Process& process,
            const ConnectionRoom& room, const GenerationPtr& generation);

    // Binds the addresses of the config, or takes sockets that are there. The error is a sentence.
    std::expected<void, std::string> listen(Inheritance& inheritance, const Ready& ready);
    void start();
    // The calls of the host before this one get the ledger from here.
    void follow(std::unique_ptr<Predecessor> before, const std::vector<ledger::Hold>& holds);

    // On the thread of the reloads. Opens what the new config listens on, before anything changes.
    std::expected<void, std::string> adopt(const GenerationPtr& now, const Generation& before);
    // On the thread of the reloads. Whether that config's addresses can be had; changes nothing.
    std::expected<void, std::string> try_addresses(const config::Config& now,
                                                   const Generation& before) const;
    // On the thread of the reloads. `meanwhile` is called again and again while the new host gets
    // ready, and may put a generation with other keys into effect.
    report::UpgradeReport upgrade(const Generation& current, std::string_view by,
                                  const std::function<void()>& meanwhile);

    // On the thread of the signals. Whoever sends calls here learns from the health paths that the
    // host is about to end, and has the grace time to send them elsewhere.
    void begin_end(std::string_view signal);
    void stop();

    // Waits for the workers' end, and later for that of the others.
    void join();
    void join_others();

  private:
    std::array<std::uint16_t, 2> own_ports() const { return {api_port_, admin_port_}; }
    DrainTimes times_of_end() const;
    void end_calls(const std::string& why);
    void drain(std::string_view why, DrainTimes times);
    std::expected<pid_t, std::string> try_upgrade(const Generation& current, std::string_view by,
                                                  const std::function<void()>& meanwhile);
    std::expected<UpgradeParts, std::string> parts_of_upgrade(const Generation& current);
    std::expected<void, std::string> share_sockets(Worker& worker,
                                                   std::vector<Descriptor>& sockets);
    void leave(Successor next);
    void watch(const std::shared_ptr<Successor>& next);
    void wait_for_relay();
    void watch_files();
    void changed(const std::vector<std::filesystem::path>& files);
    void apply_settings(const config::Config& now, const config::Config& before);

    boost::asio::io_context& signal_loop_;
    front::Process& process_;
    front::Connections connections_;
    front::Connections admin_connections_;
    observe::WorkerMetrics unmeasured_;
    std::vector<std::unique_ptr<Worker>> workers_;
    Worker admin_;
    Chores chores_;
    FileWatch file_watch_;
    // Readable when the host after this one has ended.
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>
        successor_ended_;
    net::Alarm grace_;       // its end, while the host is about to end and still takes calls
    GenerationPtr current_;  // of the thread of the signals
    // These two are of that thread; null: no host was before this one, or it had no ledger.
    std::unique_ptr<Predecessor> before_;
    std::unique_ptr<ledger::Relay> relay_;
    std::atomic<bool> relays_ = false;  // the host before this one has not ended
    std::atomic<bool> stopped_ = false;
    std::atomic<bool> upgrades_ = false;  // whether a new host is about to take over
    // When the calls that are left end, once the host drains.
    std::atomic<std::chrono::steady_clock::time_point> drained_at_latest_{};
    std::uint16_t api_port_ = 0;
    std::uint16_t admin_port_ = 0;
    std::function<void()> tell_ready_;
    std::thread signal_thread_;
};

}  // namespace bellwether::serve
