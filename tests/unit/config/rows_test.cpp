// Every key keeps its row: what the schema and the reference say that it takes is taken, and one
// step beyond is refused. Goes over all rows of all tables, so that a new key is tested by its row.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "config/key_form.hpp"
#include "config/money.hpp"
#include "config/reference.hpp"
#include "config/rule.hpp"
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

// The smallest file that has the section: `others` are the keys that it needs, and `file` has a @
// where its lines go, or a % within the braces of an inline table; a ? stands for the unit of a
// budget.
struct Place {
    Entries others;
    std::string file;
};

const Entries k_prices{{"input", R"("1 USD")"}, {"output", R"("1 USD")"}};
const std::string k_price =
    "[[prices]]\nprovider = \"echo\"\nmodel = \"m\"\ninput = \"1 USD\"\noutput = \"1 USD\"\n";
const std::string k_budget = "[[budgets]]\nname = \"b\"\nlimit = \"1 tok\"\nper = \"?\"\n";
const std::string k_provider = "[providers.echo]\n";
const std::string k_route = "[[routes]]\nmodel = \"echo\"\n";
const std::string k_all(k_rest);

const std::map<std::string, Place, std::less<>> k_places{
    {"root", {{}, "@" + k_all}},
    {"key",
     {{{"name", R"("a")"}, {"id", R"("8v2k4x9m3q")"}, {"sha256", fmt::format("\"{:a>64}\"", "")}},
      k_all + "[[keys]]\n@"}},
    {"server", {{{"drain", R"("0s")"}}, k_all + "[server]\n@"}},
    {"admin", {{}, k_all + "[admin]\n@"}},
    {"log", {{}, k_all + "[log]\n@"}},
    {"retry", {{}, k_all + "[retry]\n@"}},
    {"own_retry", {{}, k_all + "[providers.other]\nretry = {%}\n"}},
    {"health", {{}, k_all + "[health]\n@"}},
    {"provider", {{}, k_route + "to = \"echo\"\n" + k_provider + "@"}},
    {"timeouts", {{}, k_all + "[providers.other]\ntimeouts = {%}\n"}},
    {"route", {{{"model", R"("m")"}, {"to", R"("echo")"}}, k_all + "[[routes]]\n@"}},
    {"target", {{{"provider", R"("echo")"}}, k_provider + k_route + "to = [{%}]\n"}},
    {"shadow",
     {{{"to", R"("echo")"}, {"share", R"("5%")"}},
      k_provider + k_route + "to = \"echo\"\nshadow = {%}\n"}},
    {"step",
     {{{"input", R"("1 USD")"}, {"output", R"("1 USD")"}, {"prompt", R"("1 tok")"}},
      k_all + k_price + "above = [{%}]\n"}},
    {"tier", {k_prices, k_all + k_price + "tiers = { flex = {%} }\n"}},
    {"price",
     {{{"provider", R"("echo")"},
       {"model", R"("m")"},
       {"input", R"("1 USD")"},
       {"output", R"("1 USD")"}},
      k_all + "[[prices]]\n@"}},
    {"budget",
     {{{"name", R"("b")"}, {"limit", R"("1 tok")"}, {"per", R"("day")"}},
      k_all + "[[budgets]]\n@"}},
    {"reset", {{}, k_all + k_budget + "reset = {%}\n"}},
    {"match", {{}, k_all + k_budget + "match = {%}\n"}},
    {"limit", {{{"requests", R"("1/s")"}, {"tokens", R"("1/s")"}}, k_all + "[[limits]]\n@"}},
    {"webhook", {{{"url", R"("https://h/")"}}, k_all + "[webhooks.w]\n@"}},
    {"ledger", {{{"url", R"("memory:")"}}, k_all + "[ledger]\n@"}},
};

// The file in which the section has these keys.
std::string file_with(std::string_view section, const Entries& entries) {
    std::string text = k_places.find(section)->second.file;
    std::vector<std::string> lines;
    for (const auto& [key, value] : entries) lines.push_back(fmt::format("{} = {}", key, value));
    const auto put = [&text](std::string_view mark, const std::string& what) {
        if (const auto at = text.find(mark); at != text.npos) text.replace(at, mark.size(), what);
    };
    put("@", fmt::format("{}\n", fmt::join(lines, "\n")));
    put("%", fmt::format("{}", fmt::join(lines, ", ")));
    const auto day = entries.find("day");
    put("?", day != entries.end() && day->second.starts_with('"') ? "week" : "month");
    return text;
}

bool is_read(const std::string& file) { return parse(file, "c.toml").ok(); }

std::string in_text(std::string_view text) { return fmt::format("\"{}\"", text); }

// What a row says of values, as the file writes them.
struct Claims {
    std::vector<std::string> taken, refused;

    void operator()(Flag) {
        taken = {"true", "false"};
        refused = {"1", "\"true\""};
    }
    void operator()(Whole form) {
        taken = {fmt::format("{}", form.min), fmt::format("{}", form.max)};
        refused = {fmt::format("{}", form.min - 1), fmt::format("{}", form.max + 1), "\"x\""};
        (form.word.empty() ? refused : taken).push_back(in_text(form.word));
    }
    void operator()(const Quantity& form) {
        const QuantityUnit& unit = form.measure.units.front();
        const auto written = [&](std::uint64_t amount) {
            return fmt::format("\"{}{}\"", amount / unit.factor, unit.name);
        };
        taken = {written(form.min), written(form.max)};
        refused = {written(form.max + unit.factor), "1", "\"x\""};
        if (form.min > 0) refused.push_back(written(form.min - unit.factor));
        (form.none.empty() ? refused : taken).push_back(in_text(form.none));
        static const std::regex k_quoted("\"[^\"]*\"");
        const std::string examples(form.example);
        for (std::sregex_iterator at(examples.begin(), examples.end(), k_quoted), end; at != end;
             ++at) {
            taken.push_back(at->str());
        }
    }
    void operator()(Amount) {
        taken = {"\"0 USD\"", in_text(format_amount(k_amount_max))};
        refused = {in_text(format_amount(k_amount_max + 1)), "\"1\"", "1"};
    }
    void operator()(Choice form) {
        for (const auto name : form.names) taken.push_back(in_text(name));
        refused = {"\"x\"", "1"};
    }
    void operator()(const Timed& form) {
        const auto written = [&](milliseconds time) {
            return fmt::format("\"{}:{}ms\"", form.timed, time.count());
        };
        for (const auto word : form.words) taken.push_back(in_text(word));
        taken.insert(taken.end(), {written(milliseconds(1)), written(form.max)});
        refused = {written(milliseconds(0)), written(form.max + milliseconds(1)),
                   fmt::format("\"{}:\"", form.timed), "\"x\"", "1"};
    }
    void operator()(Tables) {}
    void operator()(const Worded&) {}
};

// A value of so many elements, of which each has its own name.
using Elements = std::string (*)(const std::vector<std::string>& names);

std::string table_of(const std::vector<std::string>& names, std::string_view value) {
    std::string all;
    for (const auto& name : names)
        all += fmt::format("{}{} = {}", all.empty() ? "" : ", ", name, value);
    return fmt::format("{{{}}}", all);
}

const std::map<std::string, Elements, std::less<>> k_elements{
    {"forward_headers",
     [](const auto& names) { return fmt::format("[\"{}\"]", fmt::join(names, "\", \"")); }},
    {"api_keys",
     [](const auto& names) { return fmt::format("[\"env:{}\"]", fmt::join(names, "\", \"env:")); }},
    {"origins",
     [](const auto& names) {
         return fmt::format("[\"https://{}\"]", fmt::join(names, "\", \"https://"));
     }},
    {"units", [](const auto& names) { return table_of(names, R"("1 USD")"); }},
    {"tiers",
     [](const auto& names) { return table_of(names, R"({ input = "1 USD", output = "1 USD" })"); }},
    {"above",
     [](const auto& names) {
         std::vector<std::string> steps;
         for (std::size_t i = 0; i < names.size(); ++i) {
             steps.push_back(fmt::format(
                 R"({{ prompt = "{} tok", input = "1 USD", output = "1 USD" }})", i + 1));
         }
         return fmt::format("[{}]", fmt::join(steps, ", "));
     }},
    {"warn_at", [](const auto& names) {
         std::vector<std::string> shares;
         for (std::size_t i = 0; i < names.size(); ++i)
             shares.push_back(fmt::format("0.{:02}", i + 1));
         return fmt::format("[{}]", fmt::join(shares, ", "));
     }}};

void add_limits(Claims& claims, const std::string& key, Most most) {
    const auto elements = k_elements.find(key);
    if (elements == k_elements.end()) {
        ASSERT_EQ(most.number, 0u) << key;
        if (most.bytes == 0) return;
        claims.taken.push_back(in_text(std::string(most.bytes, 'a')));
        claims.refused.push_back(in_text(std::string(most.bytes + 1, 'a')));
        return;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < most.number; ++i) names.push_back(fmt::format("n{}", i));
    claims.taken.push_back(elements->second(names));
    names.emplace_back("one-more");
    claims.refused.push_back(elements->second(names));
    if (most.bytes == 0) return;
    claims.taken.push_back(elements->second({std::string(most.bytes, 'a')}));
    claims.refused.push_back(elements->second({std::string(most.bytes + 1, 'a')}));
}

// The line of the schema that describes the key.
std::string schema_line(std::string_view section, std::string_view key) {
    static const std::string text = schema();
    const bool is_root = section == "root";
    const auto from = is_root ? 0 : text.find(fmt::format("\n    \"{}\": {{\n", section));
    const auto at =
        text.find(fmt::format("\n{}\"{}\": {{", is_root ? "    " : "        ", key), from);
    return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

std::string found_in(const std::string& line, const std::regex& what) {
    std::smatch found;
    return std::regex_search(line, found, what) ? found[1].str() : std::string();
}

// What the words and the schema of a row say, where its form does not.
void add_written(Claims& claims, const Row& row, const std::string& line) {
    static const std::regex k_default("\"default\": (.*)\\}"), k_max("\"maximum\": (-?[0-9]+)"),
        k_min("\"minimum\": (-?[0-9]+)"), k_enum("\"enum\": \\[([^\\]]*)\\]"),
        k_name("(\"[^\"]*\")"), k_most("^at most ([0-9]+) ");
    if (const auto usual = found_in(line, k_default); !usual.empty()) claims.taken.push_back(usual);
    if (!std::holds_alternative<Worded>(row.facts.form)) return;
    if (const auto min = found_in(line, k_min); !min.empty()) {
        claims.taken.push_back(min);
        claims.refused.push_back(fmt::format("{}", std::stoll(min) - 1));
    }
    if (const auto max = found_in(line, k_max); !max.empty()) {
        claims.taken.push_back(max);
        claims.refused.push_back(fmt::format("{}", std::stoll(max) + 1));
    }
    if (const auto names = found_in(line, k_enum); !names.empty()) {
        for (std::sregex_iterator at(names.begin(), names.end(), k_name), end; at != end; ++at) {
            claims.taken.push_back(at->str());
        }
        claims.refused.emplace_back("\"x\"");
    }
    if (const auto most = found_in(std::string(row.facts.meaning), k_most); !most.empty()) {
        add_limits(claims, "", {.bytes = std::stoul(most)});
    }
}

Claims claims_of(std::string_view section, const Row& row) {
    Claims claims;
    std::visit(std::ref(claims), row.facts.form);
    if (const auto* worded = std::get_if<Worded>(&row.facts.form)) {
        add_limits(claims, std::string(row.facts.name), worded->most);
    }
    add_written(claims, row, schema_line(section, row.facts.name));
    return claims;
}

// Calls `test` with each key: the section, the row and the file that has the key with a value.
void for_each_key(
    const std::function<void(const SectionFacts&, const Row&,
                             const std::function<std::string(const std::string&)>&)>& test) {
    for (const SectionFacts& section : all_sections()) {
        const auto place = k_places.find(section.name);
        ASSERT_NE(place, k_places.end()) << section.name;
        for (const Row& row : section.rows) {
            test(section, row, [&](const std::string& value) {
                Entries entries = place->second.others;
                entries[std::string(row.facts.name)] = value;
                return file_with(section.name, entries);
            });
        }
    }
}

TEST(Rows, TheFilesOfTheTestAreRight) {
    for (const auto& [section, place] : k_places) {
        EXPECT_EQ(mistakes(file_with(section, place.others)), "") << section;
    }
}

TEST(Rows, AKeyTakesWhatItsRowSaysAndNothingBeyond) {
    std::size_t claims_seen = 0;
    for_each_key([&](const SectionFacts& section, const Row& row, const auto& file) {
        const Claims claims = claims_of(section.name, row);
        for (const auto& value : claims.taken) {
            EXPECT_TRUE(is_read(file(value))) << mistakes(file(value));
        }
        for (const auto& value : claims.refused) {
            EXPECT_FALSE(is_read(file(value)))
                << section.name << '.' << row.facts.name << " = " << value << " is read";
        }
        claims_seen += claims.taken.size() + claims.refused.size();
    });
    EXPECT_GT(claims_seen, 500u);
}

// An editor that follows the schema must not find fault with what the host reads.
TEST(Rows, WhatIsReadFitsThePatternOfTheSchema) {
    static const std::regex k_pattern("\"pattern\": \"([^\"]*)\"");
    const std::string hex(64, 'a');
    std::vector<std::string> samples{hex, hex + "a", hex.substr(1), std::string(64, 'F'),
                                     std::string(64, 'g')};
    std::istringstream words(
        "env:NAME file:/x env: file: NAME memory: memory:x sqlite:/x sqlite: redis://h:1/0 "
        "redis:// rediss://[::1] redis: x key header:x-session-id header:X header: 800ms p95 p50 "
        "p49 p100 0% 1% 100% 101% 05%");
    for (std::string word; words >> word;) samples.push_back(word);
    for_each_key([&](const SectionFacts& section, const Row& row, const auto& file) {
        const std::string line = schema_line(section.name, row.facts.name);
        const std::string pattern = found_in(line, k_pattern);
        if (pattern.empty() || line.find(R"("type": "array")") != line.npos) return;
        Claims claims = claims_of(section.name, row);
        for (const auto& sample : samples) claims.taken.push_back(in_text(sample));
        int read = 0;
        for (const auto& value : claims.taken) {
            if (!is_read(file(value))) continue;
            ++read;
            EXPECT_TRUE(std::regex_search(value.substr(1, value.size() - 2), std::regex(pattern)))
                << section.name << '.' << row.facts.name << " = " << value;
        }
        EXPECT_GT(read, 0) << section.name << '.' << row.facts.name;
    });
}

TEST(Rows, AVariableWithoutItsPrefixIsToldHowToWriteIt) {
    int references = 0;
    for_each_key([&](const SectionFacts& section, const Row& row, const auto& file) {
        if (schema_line(section.name, row.facts.name).find("^(env|file)") == std::string::npos)
            return;
        ++references;
        EXPECT_NE(mistakes(file("\"OPENAI_API_KEY\"")).find("; write \"env:OPENAI_API_KEY\""),
                  std::string::npos)
            << section.name << '.' << row.facts.name;
    });
    EXPECT_GE(references, 4);
}

// Whoever brings a word of another gateway is not answered with a key that no longer exists.
TEST(Rows, TheAnswersToForeignWordsNameKeysThatThereAre) {
    std::set<std::string, std::less<>> keys{"headers"};  // of the plugin "openai"
    for (const SectionFacts& section : all_sections()) {
        for (const Row& row : section.rows) keys.emplace(row.facts.name);
    }
    std::ifstream source(std::string(BELLWETHER_SOURCE_DIR) + "/host/config/foreign_words.cpp");
    const std::regex k_key("([a-z_0-9]+) = [\\[{\\\\0-9t]");
    std::size_t named = 0;
    for (std::string line; std::getline(source, line);) {
        if (line.starts_with("bool has_word(")) break;
        for (std::sregex_iterator at(line.begin(), line.end(), k_key), end; at != end; ++at) {
            ++named;
            EXPECT_TRUE(keys.contains((*at)[1].str())) << line;
        }
    }
    EXPECT_GT(named, 30u);
}

TEST(Rows, ASumHasTheDigitsThatItsPatternSays) {
    static const std::regex k_digits("\\{([0-9]+)\\}\\$");
    for_each_key([&](const SectionFacts& section, const Row& row, const auto& file) {
        const std::string digits = found_in(schema_line(section.name, row.facts.name), k_digits);
        if (digits.empty()) return;
        const std::string sum(std::stoul(digits), 'F');
        EXPECT_TRUE(is_read(file(in_text(sum))));
        EXPECT_FALSE(is_read(file(in_text(sum + "F"))));
        EXPECT_FALSE(is_read(file(in_text(sum.substr(1)))));
        EXPECT_FALSE(is_read(file(in_text("G" + sum.substr(1)))));
    });
}

TEST(Rows, ANameIsAsLongAsTheMessageAboutItSays) {
    static const std::regex k_length("([0-9]+) (lower-case )?letters");
    const auto length = [](std::string_view expected) {
        return std::stoul(found_in(std::string(expected), k_length));
    };
    const std::string key(length(k_key_name_expected), 'a');
    EXPECT_TRUE(is_key_name(key));
    EXPECT_FALSE(is_key_name(key + 'a'));
    const std::string plain(length(k_plain_name_expected), 'a');
    EXPECT_TRUE(is_plain_name(plain));
    EXPECT_FALSE(is_plain_name(plain + 'a'));
}

TEST(Rows, AFileWithoutARequiredKeyIsRefused) {
    for (const SectionFacts& section : all_sections()) {
        for (const Row& row : section.rows) {
            if (row.facts.usual != k_required) continue;
            Entries entries = k_places.find(section.name)->second.others;
            ASSERT_EQ(entries.erase(std::string(row.facts.name)), 1u) << row.facts.name;
            EXPECT_FALSE(is_read(file_with(section.name, entries)))
                << section.name << '.' << row.facts.name;
        }
    }
}

}  // namespace
}  // namespace bellwether::config
