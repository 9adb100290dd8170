// Where the requests of a provider may go.
#include "plugin/origins.hpp"

#include <gtest/gtest.h>

#include "plugin/braces.hpp"

namespace bellwether::plugin {
namespace {

TEST(Origins, AreThoseOnTheListAndNoOther) {
    Origins origins;
    EXPECT_FALSE(origins.include("https://a.test/"));
    EXPECT_FALSE(origins.include(""));
    origins.add("https://A.test/v1");
    origins.add("http://127.0.0.1:8080");
    EXPECT_TRUE(origins.include("https://a.test/other?x"));
    EXPECT_TRUE(origins.include("https://a.TEST:443/"));
    EXPECT_TRUE(origins.include("http://127.0.0.1:8080/v1"));
    for (const char* url : {"http://a.test/", "https://a.test:444/", "https://b.a.test/",
                            "https://a.test.evil/", "http://127.0.0.1/", "https://a.test@evil/"}) {
        EXPECT_FALSE(origins.include(url)) << url;
    }
}

TEST(Origins, APatternIsOneLevelBelowItsDomain) {
    Origins origins;
    origins.add("https://*.example.com");
    origins.add("http://*.local.test:81");
    EXPECT_TRUE(origins.include("https://a-1.example.com/x"));
    EXPECT_TRUE(origins.include("https://A.EXAMPLE.com:443/x"));
    EXPECT_TRUE(origins.include("http://a.local.test:81/"));
    for (const char* url :
         {"https://example.com/", "https://.example.com/", "https://a.b.example.com/",
          "http://a.example.com/", "https://a.example.com:8443/", "https://evil-example.com/",
          "https://a.example.com.evil/", "https://*.example.com/", "https://a%2f.example.com/",
          "http://a.local.test/"}) {
        EXPECT_FALSE(origins.include(url)) << url;
    }
    EXPECT_TRUE(origins.exact().empty());
}

TEST(Braces, HoldNamesOfOptions) {
    EXPECT_EQ(names_in("https://{a}-x.{b_2}/"), (std::vector<std::string>{"a", "b_2"}));
    EXPECT_EQ(names_in("plain"), std::vector<std::string>());
    for (const char* text : {"{", "}", "{}", "a}b", "{a{b}}", "{a b}", "{a", "{a}{", "{a.b}"}) {
        EXPECT_FALSE(names_in(text)) << text;
    }
    const auto value = [](std::string_view name, std::size_t at) {
        return std::string(name) + std::to_string(at);
    };
    EXPECT_EQ(with_values("{a}-{b}.", value), "a0-b4.");
    EXPECT_EQ(end_of_authority("https://a:1/b"), 11u);
    EXPECT_EQ(end_of_authority("https://a"), 9u);
}

// What would move a request to another host, whatever stands around it.
TEST(FitsHost, TakesNamesAndNothingElse) {
    for (const char* value : {"us-east-1", "my-resource", "a.b", "A1", "8080"}) {
        EXPECT_TRUE(fits_host(value)) << value;
    }
    for (const char* value :
         {"", ".", "a.", ".a", "a..b", "-a", "a-", "a/b", "a#", "a?", "a@b", "a:1", "a b", "a\\b",
          "a%2e", "evil.com/", "x\n", "\xc3\xa4", "a_b"}) {
        EXPECT_FALSE(fits_host(value)) << value;
    }
    EXPECT_FALSE(fits_host(std::string(64, 'a')));
    EXPECT_TRUE(fits_host(std::string(63, 'a')));
}

}  // namespace
}  // namespace bellwether::plugin
