// Runs a framer over a body that is cut in some way, and keeps what came of it.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/framer.hpp"

namespace bellwether::plugin {

struct SeenFrame {
    std::string data;
    std::string event;
    std::vector<std::pair<std::string, std::string>> headers;
    bool operator==(const SeenFrame&) const = default;
};

inline void PrintTo(const SeenFrame& frame, std::ostream* out) {
    *out << frame.event << ":" << frame.data;
    for (const auto& [name, value] : frame.headers) *out << " " << name << "=" << value;
}

struct Framed {
    std::vector<SeenFrame> frames;
    bool good = true;
    std::string problem;
    bool too_large = false;
    bool operator==(const Framed&) const = default;
};

inline void PrintTo(const Framed& framed, std::ostream* out) {
    *out << framed.frames.size() << " frames, " << (framed.good ? "good" : framed.problem);
}

// `parts`: the body, one after the other.
inline Framed framed(FrameKind kind, const std::vector<std::string_view>& parts) {
    Framed result;
    Framer framer([&result, kind](const Frame& frame) {
        EXPECT_EQ(frame.kind, kind);
        SeenFrame& seen =
            result.frames.emplace_back(std::string(frame.data), std::string(frame.event));
        for (const auto& [name, value] : frame.headers) seen.headers.emplace_back(name, value);
        return true;
    });
    framer.begin(kind, false);
    for (const std::string_view part : parts) {
        // A copy of its own shows the sanitizer what is read beyond it.
        const std::vector<char> bytes(part.begin(), part.end());
        result.good = result.good && framer.feed({bytes.data(), bytes.size()});
    }
    result.good = result.good && framer.finish();
    result.problem = framer.problem();
    result.too_large = framer.too_large();
    return result;
}

inline Framed framed(FrameKind kind, std::string_view body) {
    return framed(kind, std::vector{body});
}

// The same at every place where the body can be cut in two, and in parts of every size.
inline void expect_same_at_every_split(FrameKind kind, std::string_view body) {
    const Framed whole = framed(kind, body);
    for (std::size_t at = 0; at <= body.size(); ++at) {
        EXPECT_EQ(framed(kind, {body.substr(0, at), body.substr(at)}), whole) << "cut at " << at;
    }
    for (std::size_t size = 1; size < body.size(); ++size) {
        std::vector<std::string_view> parts;
        for (std::size_t at = 0; at < body.size(); at += size) {
            parts.push_back(body.substr(at, size));
        }
        EXPECT_EQ(framed(kind, parts), whole) << "parts of " << size;
    }
}

}  // namespace bellwether::plugin
