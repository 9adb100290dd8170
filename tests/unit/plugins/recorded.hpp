// What a simulated vendor has answered, from tests/upstream/vendors/recorded.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bellwether/json.hpp>
#include <bellwether/testing/fake_host.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace bw::testing {

struct Recorded {
    std::string name;  // "tool_stream"
    std::string path;  // asked
    std::string body;  // asked: JSON
    Response response;
    bool streams = false;
};

inline std::string file_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) ADD_FAILURE() << "there is no " << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

inline Recorded recorded(const std::string& vendor, const std::string& name) {
    const std::filesystem::path folder =
        std::filesystem::path(BELLWETHER_SOURCE_DIR) / "tests/upstream/vendors/recorded" / vendor;
    const std::string text = file_text(folder / (name + ".json"));
    const json::Value exchange(text);
    const json::Value response = exchange["response"];
    Recorded out{name,
                 exchange["request"]["path"].string(),
                 std::string(exchange["request"]["body"].raw()),
                 {},
                 false};
    out.response.status = static_cast<std::uint32_t>(response["status"].integer().value_or(0));
    for (const json::Member& header : response["headers"].members()) {
        out.response.headers.emplace_back(header.key(), header.value().string());
    }
    out.streams = static_cast<bool>(response["stream"]);
    out.response.body = out.streams ? file_text(folder / response["stream"].string())
                                    : std::string(response["body"].raw());
    return out;
}

// All of a vendor's, in order.
inline std::vector<Recorded> all_recorded(const std::string& vendor) {
    const std::filesystem::path folder =
        std::filesystem::path(BELLWETHER_SOURCE_DIR) / "tests/upstream/vendors/recorded" / vendor;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    std::vector<Recorded> out;
    for (const std::string& name : names) out.push_back(recorded(vendor, name));
    EXPECT_FALSE(out.empty());
    return out;
}

}  // namespace bw::testing
