// What clients see of texts that say where an upstream is.
#include "plugin/places.hpp"

#include <gtest/gtest.h>

namespace bellwether::plugin {
namespace {

std::string shown(std::string_view text, std::string_view base_url, std::string_view proxy = {}) {
    const auto places = places_of(base_url, proxy);
    return without_places(text, places);
}

TEST(Places, AUrlGoesWithItsPath) {
    constexpr const char* k_base = "http://10.1.2.3:4010/v1";
    EXPECT_EQ(shown("nothing is at http://10.1.2.3:4010/v1/chat/completions", k_base),
              "nothing is at the upstream's URL");
    EXPECT_EQ(shown("see HTTP://10.1.2.3:4010/v1/x?y=1, (http://10.1.2.3:4010).", k_base),
              "see the upstream's URL, (the upstream's URL).");
    EXPECT_EQ(shown("check that it belongs to https://vllm.corp/v1", "https://vllm.corp/v1"),
              "check that it belongs to the upstream's URL");
}

TEST(Places, HostsAndProxiesGoAsWell) {
    EXPECT_EQ(shown("10.1.2.3:4010 refused; 10.1.2.3 is down", "http://10.1.2.3:4010"),
              "the upstream refused; the upstream is down");
    EXPECT_EQ(shown("VLLM-7.corp.example: full", "https://vllm-7.corp.example/v1"),
              "the upstream: full");
    EXPECT_EQ(shown("vllm.corp:443 and [::1]:80", "https://vllm.corp/v1", "http://[::1]"),
              "the upstream and the upstream");
    EXPECT_EQ(shown("squid at proxy.corp:3128", "https://a.example", "http://proxy.corp:3128"),
              "squid at the upstream");
}

TEST(Places, WhatOnlyLooksLikeOneStays) {
    EXPECT_EQ(shown("ollama has no model \"x\"", "http://ollama:11434"),
              "ollama has no model \"x\"");
    EXPECT_EQ(shown("my-vllm.corp, vllm.corp.example, vllm.corp2", "http://vllm.corp"),
              "my-vllm.corp, vllm.corp.example, vllm.corp2");
    EXPECT_EQ(shown("110.1.2.3 10.1.2.33", "http://10.1.2.3:1"), "110.1.2.3 10.1.2.33");
    EXPECT_EQ(shown("see https://platform.openai.com/keys", "https://api.openai.com/v1"),
              "see https://platform.openai.com/keys");
    EXPECT_EQ(shown("x", ""), "x");
    EXPECT_EQ(shown("", "http://a.b"), "");
}

}  // namespace
}  // namespace bellwether::plugin
