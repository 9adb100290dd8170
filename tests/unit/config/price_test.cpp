// price_files and [[prices]].
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mistakes.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

TEST(Price, ReadsEveryKey) {
    const auto loaded = parse(std::string(R"([[prices]]
provider = "echo"
model = "m-*"
input = "1.20 USD"
output = "2 USD"
cached_input = "0.1 USD"
list_input = "8 USD"
list_output = "9 USD"
source = "a bill"
[[prices]]
provider = "echo"
model = "n"
input = "3 USD"
output = "0 USD"
)") + std::string(k_rest),
                              "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    const auto& prices = loaded.config.prices;
    ASSERT_EQ(prices.size(), 2u);
    EXPECT_EQ(prices[0].input, 1'200'000);
    EXPECT_EQ(prices[0].output, 2'000'000);
    EXPECT_EQ(prices[0].cached_input, 100'000);
    EXPECT_EQ(prices[0].list_input, 8'000'000);
    EXPECT_EQ(prices[0].list_output, 9'000'000);
    EXPECT_EQ(prices[0].source, "a bill");
    EXPECT_EQ(prices[0].file, "c.toml");
    EXPECT_TRUE(prices[0].own);
    EXPECT_EQ(prices[1].cached_input, 3'000'000) << "unknown: the price of input";
    EXPECT_EQ(prices[1].list_input, std::nullopt);
    EXPECT_EQ(prices[1].at.line, 10);
}

TEST(Price, ReadsWhatBillsTellApart) {
    const auto loaded = parse(std::string(R"([[prices]]
provider = "echo"
model = "m"
input = "3 USD"
cache_write_input = "3.75 USD"
cache_write_input_1h = "6 USD"
audio_input = "4 USD"
image_input = "5 USD"
output = "15 USD"
thinking_output = "16 USD"
audio_output = "17 USD"
image_output = "18 USD"
above = [
    { prompt = "500 ktok", input = "12 USD", output = "30 USD" },
    { prompt = "200 ktok", input = "6 USD", cached_input = "0.60 USD", output = "22.50 USD" },
]
tiers = { priority = { input = "6 USD", output = "30 USD" }, flex = { input = "1 USD", output = "2 USD" } }
units = { web_search = "0.01 USD", image = "0.04 USD" }
)") + std::string(k_rest),
                              "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    const Price& price = loaded.config.prices.at(0);
    EXPECT_EQ(price.parts.cache_write_input, 3'750'000);
    EXPECT_EQ(price.parts.cache_write_input_1h, 6'000'000);
    EXPECT_EQ(price.parts.audio_input, 4'000'000);
    EXPECT_EQ(price.parts.image_input, 5'000'000);
    EXPECT_EQ(price.parts.thinking_output, 16'000'000);
    EXPECT_EQ(price.parts.audio_output, 17'000'000);
    EXPECT_EQ(price.parts.image_output, 18'000'000);
    ASSERT_EQ(price.above.size(), 2u);
    EXPECT_EQ(price.above[0].prompt_tokens, 200'000) << "the shortest first";
    EXPECT_EQ(price.above[0].prices.cached_input, 600'000);
    EXPECT_EQ(price.above[1].prices.cached_input, 12'000'000) << "that of the step's input";
    ASSERT_EQ(price.tiers.size(), 2u);
    EXPECT_EQ(price.tiers[0].name, "priority");
    EXPECT_EQ(price.tiers[1].prices.output, 2'000'000);
    ASSERT_EQ(price.units.size(), 2u);
    EXPECT_EQ(price.units[0].name, "web_search");
    EXPECT_EQ(price.units[0].each, 10'000);
}

TEST(Price, EveryMistakeHasItsPlace) {
    const std::string_view k_dollars = "US dollars for a million tokens, such as \"1.20 USD\"";
    const auto with = [](std::string_view input) {
        return "[[prices]]\nprovider = \"echo\"\nmodel = \"m\"\noutput = \"1 USD\"\ninput = " +
               std::string(input);
    };
    const auto expected = [&](std::string_view what) {
        return "c.toml:5:9: error: prices.input " + std::string(what);
    };
    const std::pair<std::string, std::string> cases[] = {
        {with("\"1.20\""), expected("= \"1.20\" has no unit; expected " + std::string(k_dollars) +
                                    "; did you mean \"1.20 USD\"?")},
        {with("1.2"), expected("is a float; expected " + std::string(k_dollars))},
        {with("\"free\""),
         expected("= \"free\" is not an amount; expected " + std::string(k_dollars))},
        {with("\"0.0000001 USD\""),
         expected("= \"0.0000001 USD\" is finer than a millionth of a dollar; expected at most six "
                  "digits behind the point")},
        {with("\"1000001 USD\""), expected("= \"1000001 USD\" is out of range; expected \"0 USD\" "
                                           "to \"1000000 USD\"")},
        {"[[prices]]\nprovider = \"ehco\"\nmodel = \"m\"\ninput = \"1 USD\"\noutput = \"1 USD\"",
         "c.toml:1:1: error: a price for unknown provider \"ehco\"; expected one of echo; did you "
         "mean \"echo\"?"},
        {"[[prices]]\nmodel = \"m\"",
         "c.toml:1:1: error: a price has no provider; expected provider = \"NAME\", as in "
         "[providers.NAME]\n"
         "c.toml:1:1: error: a price has no input; expected " +
             std::string(k_dollars) + "\nc.toml:1:1: error: a price has no output; expected " +
             std::string(k_dollars)},
        {with("\"1 USD\"") + "\nspeed = 1",
         "c.toml:6:1: error: unknown key \"speed\" in prices; expected one of provider, model, "
         "input, output, cached_input, cache_write_input, cache_write_input_1h, audio_input, "
         "image_input, audio_output, image_output, thinking_output, above, tiers, units, "
         "list_input, list_output, source"},
        {with("\"1 USD\"") + "\nabove = [{ input = \"1 USD\", output = \"1 USD\" }]",
         "c.toml:6:10: error: a step of a price does not say from which prompt on; expected prompt "
         "= \"200 ktok\": it holds for longer ones"},
        {with("\"1 USD\"") + "\nabove = [{ prompt = \"1 ktok\", input = \"1 USD\" }]",
         "c.toml:6:10: error: a step of a price has no output; expected " + std::string(k_dollars)},
        {with("\"1 USD\"") +
             "\nabove = [{ prompt = \"5 USD\", input = \"1 USD\", output = \"1 USD\" }]",
         "c.toml:6:10: error: a step of a price does not say from which prompt on; expected prompt "
         "= \"200 ktok\": it holds for longer ones"},
        {with("\"1 USD\"") +
             "\nabove = [{ prompt = \"1 ktok\", input = \"1 USD\", output = \"1 USD\" }, "
             "{ prompt = \"1000 tok\", input = \"1 USD\", output = \"1 USD\" }]",
         "c.toml:6:68: error: a second step above 1000 tok"},
        {with("\"1 USD\"") + "\ntiers = { flex = { input = \"1 USD\" } }",
         "c.toml:6:18: error: a tier of a price has no output; expected " + std::string(k_dollars)},
        {with("\"1 USD\"") + "\nunits = { web_search = \"10\" }",
         "c.toml:6:24: error: prices.units.web_search = \"10\" has no unit; expected US dollars "
         "for "
         "one of them, such as \"0.01 USD\"; did you mean \"10 USD\"?"},
        {with("\"1 USD\"") + "\n" + with("\"2 USD\""),
         "c.toml:6:1: error: a second price for \"m\" of echo; the first is at line 1"},
        {"price_files = \"nowhere.toml\"",
         "c.toml:1:15: error: price_files: there is no file \"nowhere.toml\"; expected a TOML file "
         "with [[prices]]; a relative path counts from the folder of this file"},
        {"price_files = 1",
         "c.toml:1:15: error: price_files is an integer; expected an array of "
         "strings"},
    };
    for (const auto& [toml, text] : cases) {
        EXPECT_EQ(mistakes(toml + std::string(k_rest)), text) << toml;
    }
}

class PriceFile : public ::testing::Test {
  protected:
    void SetUp() override {
        folder = fs::temp_directory_path() / ("bw-prices-" + std::to_string(getpid()));
        fs::create_directories(folder);
    }
    void TearDown() override { fs::remove_all(folder); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
    }
    Loaded load_with(const std::string& toml) const {
        return parse(toml + std::string(k_rest), folder / "c.toml");
    }

    fs::path folder;
};

constexpr const char* k_entry =
    "[[prices]]\nprovider = \"other\"\nmodel = \"m\"\ninput = \"1 USD\"\noutput = \"2 USD\"\n";

// One file of prices serves many configs, each with some of the providers.
TEST_F(PriceFile, MayNameProvidersThatThisConfigDoesNotHave) {
    write("p.toml", k_entry);
    const auto loaded = load_with("price_files = \"p.toml\"\n");
    EXPECT_TRUE(loaded.ok());
    ASSERT_EQ(loaded.config.prices.size(), 1u);
    EXPECT_EQ(loaded.config.prices[0].file, (folder / "p.toml").string());
    EXPECT_FALSE(loaded.config.prices[0].own);
}

TEST_F(PriceFile, ItsMistakesNameItAndTheirPlace) {
    write("p.toml", std::string(k_entry) + k_entry);
    write("q.toml", "a = 1\n[[prices]\n");
    const auto loaded = load_with("price_files = [\"p.toml\", \"q.toml\"]\n");
    ASSERT_EQ(loaded.diagnostics.size(), 2u);
    EXPECT_EQ(to_string(loaded.diagnostics[0]),
              (folder / "p.toml").string() +
                  ":6:1: error: a second price for \"m\" of other; the first is at line 1");
    EXPECT_TRUE(to_string(loaded.diagnostics[1])
                    .starts_with((folder / "q.toml").string() + ":2:10: error: not valid TOML"));
}

TEST_F(PriceFile, AFolderIsNoFile) { EXPECT_FALSE(load_with("price_files = \".\"\n").ok()); }

// The prices that come with the program are read without a mistake, by all that come with it.
TEST(ShippedPrices, AreInUse) {
    const fs::path folder = fs::path(BELLWETHER_SOURCE_DIR) / "config";
    for (const char* name : {"bellwether.toml", "holysheep.toml", "openai-compatible.toml"}) {
        const auto loaded = load(folder / name);
        for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
        EXPECT_GT(loaded.config.prices.size(), 10u) << name;
        for (const auto& price : loaded.config.prices) {
            EXPECT_TRUE(price.input == 0 || !price.source.empty()) << price.model;
        }
    }
}

}  // namespace
}  // namespace bellwether::config
