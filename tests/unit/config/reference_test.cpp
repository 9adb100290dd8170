// What the tables of keys say to people and editors, and that the page of the reference says it.
#include "config/reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace bellwether::config {
namespace {

std::string content_of(const std::string& file) {
    std::ifstream stream(std::string(BELLWETHER_SOURCE_DIR) + "/" + file);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// The rows of the section's table of keys: from its heading to the next one.
std::vector<std::string> rows_below(const std::string& page, const std::string& heading) {
    std::istringstream lines(page);
    std::vector<std::string> rows;
    bool is_inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("#")) is_inside = line.substr(line.find(' ') + 1) == heading;
        if (is_inside && line.starts_with("| `")) rows.push_back(line);
    }
    return rows;
}

TEST(Reference, IsWhatThePageSays) {
    const std::string page = content_of("docs/configuration.md");
    for (const ReferenceSection& section : reference()) {
        if (section.heading.empty()) continue;
        const auto rows = rows_below(page, std::string(section.heading));
        for (const std::string& row : section.rows) {
            const bool is_there = std::ranges::any_of(
                rows, [&](const std::string& line) { return line.starts_with(row); });
            EXPECT_TRUE(is_there) << "docs/configuration.md, " << section.heading << ", lacks\n"
                                  << row;
        }
        EXPECT_EQ(rows.size(), section.rows.size()) << section.heading;
    }
}

TEST(Reference, TheSchemaInTheTreeIsTheProgramsOwn) {
    EXPECT_EQ(content_of("config/bellwether.schema.json"), schema())
        << "bellwether config schema > config/bellwether.schema.json";
}

TEST(Reference, TheExamplesNameTheSchema) {
    for (const std::string file :
         {"bellwether", "budgets", "holysheep", "openai-compatible", "prices"}) {
        EXPECT_TRUE(content_of("config/" + file + ".toml")
                        .starts_with("#:schema ./bellwether.schema.json\n"))
            << file;
    }
}

TEST(Reference, TheSchemaSaysWhatAKeyIs) {
    const std::string text = schema();
    for (
        const std::string_view line :
        {R"("drain": {"description": "How long a stop waits for the calls in flight (\"0s\" to \"1h\").", )"
         R"("type": "string", "pattern": "^([0-9]+(ms|s|m|h))$", "default": "30s"})",
         R"("level": {"description": "What is less important is left out.", )"
         R"("enum": ["debug", "info", "warn", "error"], "default": "info"})",
         R"("max_header_count": {"description": "Header lines (8 to 10000).", )"
         R"("type": "integer", "minimum": 8, "maximum": 10000, "default": 100})"}) {
        EXPECT_NE(text.find(line), text.npos) << line;
    }
}

}  // namespace
}  // namespace bellwether::config
