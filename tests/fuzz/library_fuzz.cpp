// A shared library's file, as it is read before the linker gets it.
#include "fuzz.hpp"
#include "plugin/elf_file.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

void run(std::string_view text) {
    std::vector<char> bytes(text.begin(), text.end());
    bytes.shrink_to_fit();
    const auto checked = plugin::check_library(bytes);
    if (!checked) {
        require(!checked.error().empty(), "a refusal says why");
        return;
    }
    const plugin::Dependencies needs = plugin::read_needs(bytes);
    require(needs.libraries.size() <= 256 && needs.places.size() <= 256,
            "what it needs has an end");
    for (const std::string& name : needs.libraries) {
        require(name.size() <= 16u << 10, "a name has an end");
    }
    const std::vector<char> before = bytes;
    plugin::keep_symbols_apart(bytes);
    std::size_t changed = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) changed += bytes[i] != before[i] ? 1 : 0;
    require(changed <= bytes.size() / 24, "no more than a byte of each symbol changes");
    const std::vector<char> once = bytes;
    plugin::keep_symbols_apart(bytes);
    require(once == bytes, "a second time changes nothing");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
