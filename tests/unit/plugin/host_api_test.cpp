// The functions that a plugin reaches keep every exception to themselves: out of one that is
// noexcept it would end the process.
#include <bellwether/ext/engine.h>
#include <bellwether/ext/models.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <new>
#include <string>

#include "plugin/instance.hpp"
#include "plugin/registry.hpp"
#include "plugin/sinks.hpp"

namespace bellwether::plugin {
namespace {

// Finds no memory for anything.
class Full final : public Sinks {
  public:
    bw_status fail(const bw_error&) override { lack(); }
    void log(LogLevel, std::string_view) override { lack(); }
    bw_status send(const bw_send&) override { lack(); }
    bw_status frame(std::uint32_t) override { lack(); }
    bw_status emit(const bw_emit&) override { lack(); }
    bw_status reply_header(const bw_header&) override { lack(); }
    bw_status usage(const bw_usage&) override { lack(); }
    bw_status limits(const bw_limits&) override { lack(); }
    bw_status attribute(const bw_attribute&) override { lack(); }
    bw_ticket begin_engine() override { lack(); }
    bw_status add_model(const bw_model&) override { lack(); }
    bw_status out_of_memory() override {
        ++told;
        return BW_E_INTERNAL;
    }
    int told = 0;

  private:
    [[noreturn]] static void lack() { throw std::bad_alloc(); }
};

TEST(HostApi, TellsOfMissingMemoryWhateverWasCalled) {
    Full full;
    bw_attempt attempt{&full};
    const bw_host_api& api = host_api();
    const bw_error error{};
    const bw_send request{};
    const bw_emit piece{};
    const bw_header header{};
    const bw_usage usage{};
    const bw_model model{};
    const auto* const models =
        static_cast<const bw_models_host*>(api.extension(nullptr, BW_EXT_MODELS));
    const auto* const engine =
        static_cast<const bw_engine_host*>(api.extension(nullptr, BW_EXT_ENGINE));
    for (const bw_status status :
         {api.fail(nullptr, &attempt, &error), api.send(&attempt, &request), api.frame(&attempt, 0),
          api.emit(&attempt, &piece), api.reply_header(&attempt, &header),
          api.usage(&attempt, &usage), models->add(&attempt, &model)}) {
        EXPECT_EQ(status, BW_E_INTERNAL);
    }
    EXPECT_EQ(engine->begin(&attempt), 0u);
    EXPECT_EQ(full.told, 8);
}

#if !defined(BELLWETHER_SANITIZED)
void leave_room_for(std::size_t bytes) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t room = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + bytes;
    const rlimit limit{.rlim_cur = room, .rlim_max = room};
    setrlimit(RLIMIT_AS, &limit);
}

TEST(HostApiDeathTest, ALineThatFindsNoMemoryIsLostAndNotTheProcess) {
    const auto log_without_memory = [] {
        const LoadedProvider provider{};
        bw_host host{&provider};
        const std::string line(16u << 20, '\n');
        leave_room_for(8u << 20);
        const bw_log said{
            .size = sizeof said, .level = BW_LOG_ERROR, .message = {line.data(), line.size()}};
        host_api().log(&host, nullptr, &said);
        _exit(0);
    };
    EXPECT_EXIT(log_without_memory(), ::testing::ExitedWithCode(0), "^$");
}
#endif

}  // namespace
}  // namespace bellwether::plugin
