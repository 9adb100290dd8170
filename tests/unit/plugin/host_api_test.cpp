// The functions that a plugin reaches keep every exception to themselves: out of one that is
// noexcept it would end the process.
#include <bellwether/ext/engine.h>
#include <bellwether/ext/models.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
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

// Keeps what it was told.
class Told final : public Sinks {
  public:
    bw_status fail(const bw_error& told) override { return keep(error, told); }
    void log(LogLevel, std::string_view) override {}
    bw_status send(const bw_send& told) override { return keep(request, told); }
    bw_status frame(std::uint32_t) override { return BW_OK; }
    bw_status emit(const bw_emit& told) override { return keep(piece, told); }
    bw_status reply_header(const bw_header&) override { return BW_OK; }
    bw_status usage(const bw_usage& told) override { return keep(used, told); }
    bw_status limits(const bw_limits& told) override { return keep(said, told); }
    bw_status attribute(const bw_attribute& told) override { return keep(noted, told); }
    bw_ticket begin_engine() override { return 1; }
    bw_status add_model(const bw_model& told) override { return keep(model, told); }
    bw_status out_of_memory() override { return BW_E_INTERNAL; }

    bw_error error{};
    bw_send request{};
    bw_emit piece{};
    bw_usage used{};
    bw_limits said{};
    bw_attribute noted{};
    bw_model model{};

  private:
    template <typename Struct>
    static bw_status keep(Struct& into, const Struct& told) {
        into = told;
        return BW_OK;
    }
};

// A struct of a plugin that is built with a newer SDK.
template <typename Struct>
struct Newer {
    Newer() {
        known.size = sizeof(Newer);
        std::memset(appended, 0xff, sizeof appended);
    }
    Struct known{};
    unsigned char appended[64];
};

TEST(HostApi, ReadsWhatItKnowsOfANewerPluginsStructs) {
    Told told;
    bw_attempt attempt{&told};
    const bw_host_api& api = host_api();
    const bw_amount amount{{"input", 5}, 7};
    const bw_limit limit{{"requests", 8}, 9, 8, 7};
    Newer<bw_error> error;
    error.known.status = BW_E_RATE;
    Newer<bw_emit> piece;
    piece.known.kind = BW_EMIT_CHUNK;
    piece.known.data = {"{}", 2};
    Newer<bw_usage> usage;
    usage.known.amounts = &amount;
    usage.known.amount_count = 1;
    Newer<bw_limits> limits;
    limits.known.limits = &limit;
    limits.known.count = 1;
    EXPECT_EQ(api.fail(nullptr, &attempt, &error.known), BW_OK);
    EXPECT_EQ(api.emit(&attempt, &piece.known), BW_OK);
    EXPECT_EQ(api.usage(&attempt, &usage.known), BW_OK);
    EXPECT_EQ(api.limits(&attempt, &limits.known), BW_OK);
    EXPECT_EQ(told.error.status, BW_E_RATE);
    EXPECT_EQ(told.piece.kind, std::uint32_t{BW_EMIT_CHUNK});
    EXPECT_EQ(told.piece.data.len, 2u);
    EXPECT_EQ(told.used.amounts, &amount);
    EXPECT_EQ(told.said.limits, &limit);
}

// As far as `size` goes; what lies behind it is not the plugin's to say.
TEST(HostApi, TakesWhatAnOlderPluginsStructsLackForZero) {
    Told told;
    bw_attempt attempt{&told};
    const bw_host_api& api = host_api();
    bw_error error{};
    std::memset(static_cast<void*>(&error), 0xff, sizeof error);
    error.size = offsetof(bw_error, message);
    error.status = BW_E_UPSTREAM;
    bw_emit piece{};
    std::memset(static_cast<void*>(&piece), 0xff, sizeof piece);
    piece.size = offsetof(bw_emit, event);
    piece.kind = BW_EMIT_REPLY;
    piece.data = {"{}", 2};
    bw_usage usage{};
    std::memset(static_cast<void*>(&usage), 0xff, sizeof usage);
    usage.size = offsetof(bw_usage, amounts);
    api.fail(nullptr, &attempt, &error);
    api.emit(&attempt, &piece);
    api.usage(&attempt, &usage);
    EXPECT_EQ(told.error.status, BW_E_UPSTREAM);
    EXPECT_EQ(told.error.message.ptr, nullptr);
    EXPECT_EQ(told.piece.data.len, 2u);
    EXPECT_EQ(told.piece.event.ptr, nullptr);
    EXPECT_EQ(told.piece.content_type.len, 0u);
    EXPECT_EQ(told.used.amounts, nullptr);
    EXPECT_EQ(told.used.amount_count, 0u);
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
