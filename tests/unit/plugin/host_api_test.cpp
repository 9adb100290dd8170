// The functions that a plugin reaches keep every exception to themselves: out of one that is
// noexcept it would end the process.
#include <bellwether/ext/generate.h>
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

namespace bw::plugin {
namespace {

// Finds no memory for anything.
class Full final : public Sinks {
  public:
    void send(std::string_view, std::string_view, std::uint32_t) override { fail(); }
    void send_header(std::string_view, std::string_view) override { fail(); }
    void send_secret(std::string_view, std::string_view, std::string_view) override { fail(); }
    void send_body(std::string_view) override { fail(); }
    void begin_generating() override { fail(); }
    void emit(std::uint32_t, std::string_view) override { fail(); }
    void emit_usage(const bw_usage&) override { fail(); }
    void add_model(std::string_view) override { fail(); }
    void out_of_memory() override { ++told; }
    int told = 0;

  private:
    [[noreturn]] static void fail() { throw std::bad_alloc(); }
};

TEST(HostApi, TellsOfMissingMemoryWhateverWasCalled) {
    Full full;
    bw_exchange exchange{&full};
    const bw_host_api& api = host_api();
    const bw_usage usage{};
    api.send(&exchange, {}, {}, 0);
    api.send_header(&exchange, {}, {});
    api.send_secret(&exchange, {}, {}, {});
    api.send_body(&exchange, {});
    api.emit(&exchange, BW_EMIT_CHUNK, {});
    api.emit_usage(&exchange, &usage);
    static_cast<const bw_generate_host*>(api.extension(nullptr, BW_EXT_GENERATE))->begin(&exchange);
    static_cast<const bw_models_host*>(api.extension(nullptr, BW_EXT_MODELS))->add(&exchange, {});
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
        host_api().log(&host, BW_LOG_ERROR, {line.data(), line.size()});
        _exit(0);
    };
    EXPECT_EXIT(log_without_memory(), ::testing::ExitedWithCode(0), "^$");
}
#endif

}  // namespace
}  // namespace bw::plugin
