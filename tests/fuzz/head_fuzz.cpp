// The head of an upstream's reply, line by line.
#include <algorithm>

#include "fuzz.hpp"
#include "net/head.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

void check_headers(net::Head& head) {
    std::size_t bytes = 0;
    for (const net::Header& header : head.headers()) {
        bytes += header.name.size() + header.value.size();
        const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
        require(std::ranges::none_of(header.name, upper), "names are in lower case");
        require(header.name.find_first_of(" \t\r\n:") == header.name.npos, "a name is one word");
        require(header.value.find('\n') == header.value.npos, "a value is one line");
        const auto first = std::ranges::find(head.headers(), header.name, &net::Header::name);
        require(head.find(header.name) == first->value, "find gives the first of a name");
    }
    // A folded line is joined by a space for its line end.
    require(bytes <= 2 * net::k_head_bytes_max, "what is kept is bounded");
}

void check_length(const net::Head& head) {
    const net::BodyLength length = head.body_length();
    const bool told = !head.find_all("content-length").empty();
    require(told || !length.bytes, "a length is what is told");
    require(!told || length.bytes || length.doubtful, "what is told and is no length is doubtful");
}

void run(std::string_view text) {
    net::Head head;
    std::size_t taken = 0;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
        const Fenced line(text.substr(0, end));
        text.remove_prefix(end);
        const bool was_complete = head.complete();
        const auto state = head.add(line.view());
        taken += line.view().size();
        require(!was_complete || state == net::Head::State::complete, "a complete head stays so");
        if (state == net::Head::State::complete) {
            require(head.status() >= 200 && head.status() <= 599, "a complete head has a status");
        }
        if (state == net::Head::State::too_large) {
            require(taken > net::k_head_bytes_max, "only what is too large is refused for it");
        }
        if (state != net::Head::State::incomplete && state != net::Head::State::complete) return;
    }
    check_headers(head);
    check_length(head);
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
