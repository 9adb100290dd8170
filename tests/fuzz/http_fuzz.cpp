// The front's parser of requests: the same requests however the bytes are cut, and each accepted
// request ends where even a careless reader sees it end, so that nothing hides behind it.
// Setting: bytes in a part.
#include <algorithm>
#include <cctype>

#include "fuzz.hpp"
#include "http/request_parser.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

constexpr http::MessageLimits k_limits = {.request_line_bytes = 256,
                                          .header_bytes = 1024,
                                          .header_count = 16,
                                          .body_bytes = 2048,
                                          .inflate_ratio = 20};

struct Taken {
    std::size_t begin = 0;  // where it stands among the bytes
    std::size_t end = 0;
    std::string text;  // all that was understood
    http::Framing framing;
    std::string body;
};

struct Connection {
    std::vector<Taken> requests;
    std::string end;  // how it went on after them
};

std::string describe(const http::RequestParser& parser) {
    const http::IncomingRequest& request = parser.request();
    std::string text;
    for (const std::string_view part : {request.method, request.target, request.path,
                                        request.authority, std::string_view(request.body)}) {
        text.append(part).append("\n");
    }
    for (const auto& [name, value] : request.fields) {
        text.append(name).append(": ").append(value).append("\n");
    }
    text += request.version == http::Version::http_1_1 ? "1.1" : "1.0";
    text += parser.framing().keep_alive ? " stays" : " closes";
    return text;
}

void check_limits(const http::RequestParser& parser) {
    const http::IncomingRequest& request = parser.request();
    require(request.fields.size() <= k_limits.header_count, "headers are counted");
    require(request.body.size() <= k_limits.body_bytes, "a body is bounded");
    require(request.target.size() <= k_limits.request_line_bytes, "a target is bounded");
    require(!request.method.empty() && !request.target.empty(), "a request asks for something");
}

Connection read(std::string_view bytes, std::size_t part_bytes) {
    Connection connection;
    http::RequestParser parser(k_limits);
    std::size_t begin = 0;
    for (const std::string_view part : cut(bytes, part_bytes)) {
        const Fenced fenced(part);
        std::string_view left = fenced.view();
        const auto position = [&] {
            return static_cast<std::size_t>(part.data() - bytes.data()) + part.size() - left.size();
        };
        while (true) {
            const http::ParseStep step = parser.feed(left);
            if (step == http::ParseStep::refused) {
                const http::Refusal& refusal = parser.refusal();
                require(refusal.status >= 400 && refusal.status <= 599, "a refusal has a status");
                require(!refusal.message.empty(), "a refusal says why");
                require(parser.feed(left) == http::ParseStep::refused, "a refusal is for good");
                connection.end = std::to_string(refusal.status) + refusal.message;
                return connection;
            }
            if (step == http::ParseStep::more) {
                require(left.empty(), "all bytes are taken");
                break;
            }
            if (step == http::ParseStep::head) continue;
            check_limits(parser);
            connection.requests.push_back(
                {begin, position(), describe(parser), parser.framing(), parser.request().body});
            begin = position();
            parser.restart();
        }
    }
    connection.end = parser.begun() ? "within a request" : "between requests";
    return connection;
}

// ---- a careless reader --------------------------------------------------------------------------

std::string squeezed(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c > ' ' && c < 0x7f) out += static_cast<char>(std::tolower(c));
    }
    return out;
}

struct CarelessHead {
    std::size_t size = 0;
    std::vector<std::string> lengths;
    bool transfer = false;
};

// Takes any line end for one, and any name that only looks like one of the two that count.
CarelessHead read_head_carelessly(std::string_view bytes) {
    CarelessHead head;
    while (bytes.substr(head.size).starts_with("\r\n")) head.size += 2;
    while (head.size < bytes.size()) {
        const std::string_view rest = bytes.substr(head.size);
        const std::string_view line = rest.substr(0, rest.find_first_of("\r\n"));
        head.size += line.size();
        head.size += rest.substr(line.size()).starts_with("\r\n") ? 2 : 1;
        if (line.empty()) break;
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        const std::string name = squeezed(line.substr(0, colon));
        if (name == "content-length") head.lengths.push_back(squeezed(line.substr(colon + 1)));
        if (name == "transfer-encoding") head.transfer = true;
    }
    return head;
}

// The end of a chunked body, and what is in it.
std::size_t read_chunks_carelessly(std::string_view bytes, std::string& body) {
    std::size_t at = 0;
    while (true) {
        const std::size_t size = std::strtoul(std::string(bytes.substr(at)).c_str(), nullptr, 16);
        at = bytes.find_first_of("\r\n", at);
        require(at != bytes.npos, "a careless reader sees the chunk's line end");
        at += bytes.substr(at).starts_with("\r\n") ? 2 : 1;
        if (size == 0) break;
        require(size <= bytes.size() - at, "a careless reader sees the chunk's end");
        body += bytes.substr(at, size);
        at += size + 2;
    }
    return at + read_head_carelessly("trailer\r\n" + std::string(bytes.substr(at))).size - 9;
}

void check_one_meaning(const Taken& taken, std::string_view bytes) {
    const std::string_view raw = bytes.substr(taken.begin, taken.end - taken.begin);
    require(raw.find('\0') == raw.npos || !taken.body.empty(), "no NUL stands in a head");
    const CarelessHead head = read_head_carelessly(raw);
    require(head.lengths.size() + (head.transfer ? 1 : 0) <= 1, "one field frames the body");
    std::string body;
    std::size_t end = head.size;
    if (head.transfer) {
        require(taken.framing.body == http::Body::chunked, "both see chunks");
        end += read_chunks_carelessly(raw.substr(head.size), body);
    } else if (!head.lengths.empty()) {
        require(taken.framing.body == http::Body::counted, "both see a length");
        require(taken.framing.length == std::strtoul(head.lengths[0].c_str(), nullptr, 10),
                "both see the same length");
        body = raw.substr(head.size, taken.framing.length);
        end += taken.framing.length;
    } else {
        require(taken.framing.body == http::Body::none, "both see no body");
    }
    require(end == raw.size(), "both see the request's end at the same place");
    if (taken.framing.packing != Packing::none) return;
    require(body == taken.body, "both see the same body");
}

bool same(const Connection& a, const Connection& b) {
    const auto same_request = [](const Taken& x, const Taken& y) {
        return x.begin == y.begin && x.end == y.end && x.text == y.text;
    };
    return a.end == b.end && std::ranges::equal(a.requests, b.requests, same_request);
}

void run(Input input) {
    const std::size_t part_bytes = input.setting(64) + 1;
    const std::string_view bytes = input.rest();
    const Connection whole = read(bytes, 0);
    require(same(read(bytes, part_bytes), whole), "requests do not depend on the parts");
    require(same(read(bytes, 1), whole), "requests do not depend on single bytes");
    for (const Taken& taken : whole.requests) check_one_meaning(taken, bytes);
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
