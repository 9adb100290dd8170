// What two hosts say to each other at an upgrade. What is read of it can be said again, and is read
// as the same. Setting: who says it, and when.
#include "fuzz.hpp"
#include "ledger/handover/wire.hpp"
#include "serve/upgrade/messages.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

// Bytes that are no message are refused; a message has one way to be written.
template <typename Read, typename Write>
void check(std::string_view text, Read read, Write write) {
    const auto message = read(Fenced(text).view());
    if (!message) return;
    const std::string written = write(*message);
    const auto again = read(written);
    require(again.has_value(), "what was written can be read");
    require(write(*again) == written, "as what it was");
}

void check_upgrade_message(std::string_view text) {
    check(text, serve::read_upgrade_message, serve::to_text);
    const auto message = serve::read_upgrade_message(text);
    if (!message) return;
    if (const auto* const welcome = std::get_if<serve::Welcome>(&*message)) {
        require(welcome->api + welcome->admin >= welcome->api, "sockets can be counted");
    }
}

void run(Input input) {
    const auto bytes_of = [](const auto& message) { return ledger::to_bytes(message); };
    switch (input.setting(4)) {
        case 0: return check(input.rest(), ledger::read_ask, bytes_of);
        case 1: return check(input.rest(), ledger::read_answer, bytes_of);
        case 2: return check(input.rest(), ledger::read_moved, bytes_of);
        default: return check_upgrade_message(input.rest());
    }
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
