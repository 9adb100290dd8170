#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace bellwether::cli {

Colour colour_of(int descriptor) {
    const char* const refused = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    const bool is_refused = refused != nullptr && *refused != '\0';
    return isatty(descriptor) != 0 && !is_dumb && !is_refused ? Colour::on : Colour::off;
}

std::size_t columns_of(int descriptor) {
    if (const char* said = std::getenv("COLUMNS"); said != nullptr) {
        const std::string_view text(said);
        std::size_t columns = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
        if (error == std::errc() && end == text.data() + text.size() && columns > 0) return columns;
    }
    winsize size{};
    if (isatty(descriptor) == 0 || ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

std::string counted(std::size_t number, std::string_view one) {
    return fmt::format("{} {}{}", number, one, number == 1 ? "" : "s");
}

std::string plain(std::string_view text) {
    std::string kept;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
        if (c == 0xc2 && next >= 0x80 && next <= 0x9f) {
            ++i;
        } else if ((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t') {
            kept += text[i];
        }
    }
    return kept;
}

}  // namespace bellwether::cli
