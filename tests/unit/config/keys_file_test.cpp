#include "config/keys_file.hpp"

#include <gtest/gtest.h>

#include "config/key_form.hpp"

namespace bellwether::config {
namespace {

TEST(KeysFile, WhatIsWrittenIsReadAgain) {
    const std::vector<Key> keys{
        {.name = "alice",
         .id = "8v2k4x9m3q",
         .sha256 = std::string(64, 'a'),
         .team = "research",
         .models = {"qwen-*", "odd\"name\\"},
         .expires = parse_expiry("2027-01-31T18:00:00+07:00")},
        {.name = "bob@example.com",
         .id = "zzzzzzzz",
         .sha256 = std::string(64, '0'),
         .disabled = true},
    };
    const KeysFile read = parse_keys_file(keys_file_text(keys), "keys.toml");
    for (const auto& diagnostic : read.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    ASSERT_EQ(read.keys.size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ(read.keys[i].name, keys[i].name);
        EXPECT_EQ(read.keys[i].id, keys[i].id);
        EXPECT_EQ(read.keys[i].sha256, keys[i].sha256);
        EXPECT_EQ(read.keys[i].team, keys[i].team);
        EXPECT_EQ(read.keys[i].models, keys[i].models);
        EXPECT_EQ(read.keys[i].expires, keys[i].expires);
        EXPECT_EQ(read.keys[i].disabled, keys[i].disabled);
    }
}

TEST(KeysFile, HasNothingButKeys) {
    const KeysFile read = parse_keys_file("[[routes]]\n", "keys.toml");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(to_string(read.diagnostics[0]),
              "keys.toml:1:3: error: unknown key \"routes\"; expected one of keys");
}

TEST(KeysFile, OneThatIsNotThereHasNoKeys) {
    const KeysFile read = read_keys_file("/nowhere/keys.toml");
    EXPECT_TRUE(read.ok());
    EXPECT_TRUE(read.keys.empty());
    EXPECT_EQ(to_string(read_keys_file("/tmp").diagnostics.at(0)),
              "/tmp: error: the file cannot be read: it is a folder");
}

}  // namespace
}  // namespace bellwether::config
