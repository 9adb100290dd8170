// Packed bodies, as they come and however they are cut.
#include "http/unpack.hpp"

#include <gtest/gtest.h>

namespace bellwether::http {
namespace {

// "hello" in each form.
const std::string k_gzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00"
    "\x00\x00",
    25);
const std::string k_zlib("\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15", 13);
const std::string k_bare("\xcb\x48\xcd\xc9\xc9\x07\x00", 7);

struct Unpacked {
    std::string text;
    Unpack::Step step = Unpack::Step::good;
    bool may_end = false;
};

Unpacked unpack(Packing packing, std::string_view bytes, std::size_t piece) {
    Unpack unpack(packing);
    Unpacked result;
    while (!bytes.empty() && result.step == Unpack::Step::good) {
        result.step = unpack.feed(bytes.substr(0, piece), result.text, 100);
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    result.may_end = unpack.may_end();
    return result;
}

TEST(Unpack, EachForm) {
    for (const std::size_t piece : {1u, 2u, 7u, 100u}) {
        for (const auto& [packing, bytes] :
             {std::pair(Packing::gzip, k_gzip), std::pair(Packing::deflate, k_zlib),
              std::pair(Packing::deflate, k_bare)}) {
            const Unpacked got = unpack(packing, bytes, piece);
            EXPECT_EQ(got.text, "hello");
            EXPECT_TRUE(got.may_end);
        }
    }
}

TEST(Unpack, WhatFollowsTheEndIsPassedOver) {
    for (const std::size_t piece : {1u, 25u, 26u, 100u}) {
        for (const std::string& surplus :
             {std::string("\r\n"), std::string(20, '\0'), std::string("\x1f"),
              std::string("\x1f\x8b but no gzip"), k_zlib}) {
            const Unpacked got = unpack(Packing::gzip, k_gzip + surplus, piece);
            EXPECT_EQ(got.text, "hello") << surplus << piece;
            EXPECT_EQ(got.step, Unpack::Step::good);
            EXPECT_TRUE(got.may_end);
        }
    }
}

TEST(Unpack, SeveralMembersAreOneBody) {
    for (const std::size_t piece : {1u, 25u, 30u, 100u}) {
        EXPECT_EQ(unpack(Packing::gzip, k_gzip + k_gzip, piece).text, "hellohello");
    }
}

TEST(Unpack, WhatIsBrokenOrCutIsTold) {
    EXPECT_EQ(unpack(Packing::gzip, "no gzip", 100).step, Unpack::Step::broken);
    EXPECT_EQ(unpack(Packing::gzip, k_bare, 100).step, Unpack::Step::broken);
    EXPECT_FALSE(unpack(Packing::gzip, k_gzip.substr(0, 20), 100).may_end);
    EXPECT_FALSE(unpack(Packing::gzip, (k_gzip + k_gzip).substr(0, 43), 100).may_end);
    EXPECT_TRUE(unpack(Packing::gzip, "", 100).may_end) << "there is nothing";
}

TEST(Unpack, GrowsToItsBoundAndNoFurther) {
    Unpack packed(Packing::gzip);
    std::string text;
    EXPECT_EQ(packed.feed(k_gzip, text, 4), Unpack::Step::too_long);
}

TEST(PackingOf, ReadsLists) {
    for (const auto* none : {"", "identity", "Identity", "identity, identity", " , ,"}) {
        EXPECT_EQ(packing_of(none), Packing::none) << none;
    }
    for (const auto* gzip :
         {"gzip", "x-gzip", "GZIP", "gzip, identity", "identity,gzip", "\tgzip "}) {
        EXPECT_EQ(packing_of(gzip), Packing::gzip) << gzip;
    }
    EXPECT_EQ(packing_of("deflate"), Packing::deflate);
    for (const auto* unknown : {"br", "zstd", "gzip, gzip", "deflate, gzip", "gzip;q=1", "gzi"}) {
        EXPECT_EQ(packing_of(unknown), std::nullopt) << unknown;
    }
}

}  // namespace
}  // namespace bellwether::http
