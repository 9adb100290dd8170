// Packed bodies: unpacked as they come, refused if broken or without measure.
#include "reading.hpp"

namespace bellwether::http {
namespace {

using namespace std::string_literals;

// "hello" as `gzip -n` and as zlib pack it.
const std::string k_gzip =
    "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0"s;
const std::string k_deflate = "\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\0\x06\x2c\x02\x15"s;

std::string packed(std::string_view coding, const std::string& body) {
    return post("content-encoding: " + std::string(coding) +
                    "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n",
                body);
}

TEST(Inflate, UnpacksWhateverTheCut) {
    EXPECT_EQ(read_cut(packed("gzip", k_gzip)), "POST / 1.1 [hello] ");
    EXPECT_EQ(read_cut(packed("X-GZip", k_gzip)), "POST / 1.1 [hello] ");
    EXPECT_EQ(read_cut(packed("deflate", k_deflate)), "POST / 1.1 [hello] ");
    EXPECT_EQ(read_cut(packed("identity", "hello")), "POST / 1.1 [hello] ");
    EXPECT_EQ(read_cut(packed("gzip", k_gzip + k_gzip) + get("")),
              "POST / 1.1 [hellohello] GET / 1.1 [] ");
}

TEST(Inflate, RefusesOtherCodings) {
    for (const char* coding : {"br", "zstd", "gzip, gzip", "gzip,identity", "compress", ""}) {
        EXPECT_EQ(read_cut(packed(coding, k_gzip)), "415") << coding;
    }
    EXPECT_EQ(read_cut(post("content-encoding: gzip\r\ncontent-encoding: gzip\r\n"
                            "content-length: 1\r\n",
                            "x")),
              "415");
}

TEST(Inflate, RefusesWhatIsBroken) {
    EXPECT_EQ(read_cut(packed("gzip", "hello")), "400");
    EXPECT_EQ(read_cut(packed("gzip", "")), "400");
    EXPECT_EQ(read_cut(packed("gzip", k_deflate)), "400");
    EXPECT_EQ(read_cut(packed("deflate", k_gzip)), "400");
    EXPECT_EQ(read_cut(packed("gzip", k_gzip.substr(0, k_gzip.size() - 1))), "400");
    EXPECT_EQ(read_cut(packed("gzip", k_gzip + "x")), "400");
    EXPECT_EQ(read_cut(packed("deflate", k_deflate + "x")), "400");
    std::string wrong_sum = k_gzip;
    wrong_sum[wrong_sum.size() - 6] ^= 1;
    EXPECT_EQ(read_cut(packed("gzip", wrong_sum)), "400");
}

TEST(Inflate, IsBoundedBySize) {
    EXPECT_EQ(read_cut(packed("gzip", k_gzip + k_gzip), {.body_bytes = 60}),
              "POST / 1.1 [hellohello] ");
    std::string many;
    for (int i = 0; i < 4; ++i) many += k_deflate;
    EXPECT_EQ(read_all(packed("deflate", k_deflate), {.body_bytes = 4}), "413");
}

}  // namespace
}  // namespace bellwether::http
