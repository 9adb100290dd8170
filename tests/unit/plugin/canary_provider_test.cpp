// What becomes of a provider with a canary when its config, or its plugin's file, was read again,
// and which version its calls get.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "plugin/instance.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;

// A provider with a canary, whose file changes.
class CanaryProvider : public testing::Test {
  protected:
    CanaryProvider() {
        fs::copy_file(fs::path(BELLWETHER_PLUGIN_DIR) / "echo.so", file_);
        config::Provider provider;
        provider.name = "p";
        provider.plugin = file_.string();
        provider.canary = 500;
        config_.providers = {std::move(provider)};
        std::vector<config::Diagnostic> diagnostics;
        registry_ = plugin::load(config_, {}, diagnostics);
        EXPECT_TRUE(diagnostics.empty());
    }
    ~CanaryProvider() override { fs::remove_all(folder_); }

    static fs::path made_folder() {
        std::string name = (fs::temp_directory_path() / "canary-XXXXXX").string();
        return mkdtemp(name.data());
    }
    // Another content, of the same code.
    void change_file() { std::ofstream(file_, std::ios::app) << '\n'; }
    // A reload, for which nothing else in the config changes.
    void load_again(std::string_view anew = {}) { load_again(config_, anew); }
    void load_again(const config::Config& now, std::string_view anew = {}) {
        std::vector<config::Diagnostic> diagnostics;
        const InUse before{config_, registry_, anew};
        Registry next = plugin::load(now, {}, diagnostics, &before);
        for (const auto& one : diagnostics) ADD_FAILURE() << to_string(one);
        registry_ = std::move(next);
        config_ = now;
    }
    const LoadedProvider* serving() const { return registry_.providers[0].get(); }
    const Canary* canary() const {
        const auto found = registry_.canaries.find("p");
        return found == registry_.canaries.end() ? nullptr : &found->second;
    }

    const fs::path folder_ = made_folder();
    const fs::path file_ = folder_ / "ours.so";
    config::Config config_;
    Registry registry_;
};

TEST_F(CanaryProvider, AnotherVersionOfItsFileStandsBesideTheOld) {
    const auto* const old = serving();
    EXPECT_EQ(canary(), nullptr);
    change_file();
    load_again();
    EXPECT_EQ(serving(), old);
    ASSERT_NE(canary(), nullptr);
    const auto begun = *canary();
    EXPECT_NE(begun.provider->library->sha256(), old->library->sha256());
    load_again();
    EXPECT_EQ(canary()->record, begun.record) << "it goes on over reloads";
    change_file();
    load_again();
    EXPECT_EQ(serving(), old);
    EXPECT_NE(canary()->record, begun.record) << "a third version";
}

TEST_F(CanaryProvider, TheOldFileEndsIt) {
    const auto* const old = serving();
    change_file();
    load_again();
    fs::copy_file(fs::path(BELLWETHER_PLUGIN_DIR) / "echo.so", file_,
                  fs::copy_options::overwrite_existing);
    load_again();
    EXPECT_EQ(serving(), old);
    EXPECT_EQ(canary(), nullptr);
}

TEST_F(CanaryProvider, OneThatPassedIsTheProvider) {
    change_file();
    load_again();
    const auto now = canary()->provider;
    canary()->record->decide(CanaryState::passed);
    const Registry decided = registry_;
    end_canaries(registry_);
    EXPECT_EQ(serving(), now.get());
    EXPECT_EQ(canary(), nullptr);
    registry_ = decided;
    load_again();
    EXPECT_EQ(serving(), now.get()) << "also where a reload comes first";
    EXPECT_EQ(canary(), nullptr);
}

TEST_F(CanaryProvider, OneThatWentBackIsNotTriedAgain) {
    const auto* const old = serving();
    change_file();
    load_again();
    const auto record = canary()->record;
    record->decide(CanaryState::went_back);
    end_canaries(registry_);
    EXPECT_EQ(serving(), old);
    EXPECT_EQ(canary()->provider, nullptr);
    load_again();
    EXPECT_EQ(serving(), old);
    EXPECT_EQ(canary()->record, record);
    load_again("p");
    EXPECT_EQ(serving(), old);
    EXPECT_NE(canary()->record, record) << "an operator says so";
    canary()->record->decide(CanaryState::went_back);
    change_file();
    load_again();
    EXPECT_NE(canary()->provider, nullptr) << "another version";
}

TEST_F(CanaryProvider, OtherTermsBeginItAnewAndNoneEndIt) {
    const auto* const old = serving();
    change_file();
    load_again();
    const auto begun = *canary();
    config::Config more = config_;
    more.providers[0].canary = 1'000;
    load_again(more);
    EXPECT_EQ(serving(), old);
    EXPECT_EQ(canary()->provider, begun.provider);
    EXPECT_NE(canary()->record, begun.record);
    more.providers[0].canary = 0;
    load_again(more);
    EXPECT_EQ(serving(), begun.provider.get());
    EXPECT_EQ(canary(), nullptr);
}

TEST_F(CanaryProvider, WhatChangesWithTheConfigGetsAllCallsAtOnce) {
    const auto* const old = serving();
    change_file();
    config::Config slower = config_;
    slower.providers[0].timeouts.total = std::chrono::seconds(1);
    load_again(slower);
    EXPECT_NE(serving(), old);
    EXPECT_EQ(canary(), nullptr);
    const auto* const now = serving();
    load_again("p");
    EXPECT_NE(serving(), now) << "the same file, begun anew";
    EXPECT_EQ(canary(), nullptr);
}

TEST_F(CanaryProvider, OneThatWentBackGetsNoCallsBecauseSettingsChange) {
    const auto old = registry_.providers[0];
    change_file();
    load_again();
    const auto record = canary()->record;
    record->decide(CanaryState::went_back);
    end_canaries(registry_);
    config::Config slower = config_;
    slower.providers[0].timeouts.total = std::chrono::seconds(1);
    load_again(slower);
    EXPECT_EQ(serving()->library, old->library);
    EXPECT_EQ(serving()->timeouts.total, std::chrono::seconds(1));
    ASSERT_NE(canary(), nullptr);
    EXPECT_EQ(canary()->record, record);
    EXPECT_EQ(canary()->provider, nullptr);
    const auto* const now = serving();
    load_again();
    EXPECT_EQ(serving(), now) << "nothing has changed since";
}

TEST_F(CanaryProvider, OneThatRunsKeepsItsShareOverAChangeOfSettings) {
    const auto old = registry_.providers[0];
    change_file();
    load_again();
    const auto begun = *canary();
    config::Config slower = config_;
    slower.providers[0].timeouts.total = std::chrono::seconds(1);
    load_again(slower);
    EXPECT_EQ(serving()->library, old->library);
    ASSERT_NE(canary(), nullptr);
    EXPECT_EQ(canary()->record, begun.record) << "with all that was counted";
    EXPECT_EQ(canary()->provider->library, begun.provider->library);
    for (const auto* one : {serving(), canary()->provider.get()}) {
        EXPECT_EQ(one->timeouts.total, std::chrono::seconds(1));
    }
    slower.providers[0].timeouts.total = std::chrono::seconds(2);
    slower.providers[0].canary = 1'000;
    load_again(slower);
    EXPECT_EQ(serving()->library, old->library);
    EXPECT_NE(canary()->record, begun.record) << "other terms begin it anew";
    slower.providers[0].timeouts.total = std::chrono::seconds(3);
    slower.providers[0].canary = 0;
    load_again(slower);
    EXPECT_EQ(serving()->library, begun.provider->library) << "none end it";
    EXPECT_EQ(canary(), nullptr);
}

TEST_F(CanaryProvider, ItsSlotGivesEachVersionItsShare) {
    ProviderSlot slot(registry_.providers[0]);
    const auto first = slot.acquire_for(Operation::chat);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->count, nullptr) << "nothing is counted without a canary";
    change_file();
    load_again();
    slot.follow(*canary());
    std::map<const LoadedProvider*, int> taken;
    for (int turn = 0; turn < 40; ++turn) {
        const auto one = slot.acquire_for(Operation::chat);
        ASSERT_TRUE(one);
        const bool is_new = &one->instance->provider() == canary()->provider.get();
        auto& record = *canary()->record;
        EXPECT_EQ(one->count, is_new ? &record.of_new : &record.of_old);
        ++taken[&one->instance->provider()];
    }
    EXPECT_EQ(taken[canary()->provider.get()], 2);
    EXPECT_EQ(taken[serving()], 38);
    EXPECT_EQ(slot.acquire_for(Operation::images)->count, &canary()->record->of_old)
        << "what the new version does not serve; its errors are the old one's";
}

TEST_F(CanaryProvider, WhereItHasNoInstanceTheOldOneAnswers) {
    change_file();
    load_again();
    auto broken = std::make_shared<LoadedProvider>(*canary()->provider);
    broken->unavailable = "broken";
    const auto record = std::make_shared<CanaryRecord>(CanaryTerms{9'999, {}}, "2", "ab");
    ProviderSlot slot(registry_.providers[0], {broken, record});
    for (int turn = 0; turn < 3; ++turn) {
        const auto one = slot.acquire_for(Operation::chat);
        ASSERT_TRUE(one);
        EXPECT_EQ(&one->instance->provider(), serving());
    }
    EXPECT_EQ(record->of_new.of(VersionEnd::failed), 2) << "which the new one has failed";
}

}  // namespace
}  // namespace bellwether::plugin
