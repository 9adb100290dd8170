#include "config/named_file.hpp"

#include <fmt/format.h>

#include "config/document.hpp"

namespace bellwether::config {

bool parse_named_file(const NamedFile& named, toml::table& table, Report& report) {
    const int index = report.add_file(named.file);  // also if it is not there: it may come yet
    std::error_code ignored;
    const auto fail = [&](const std::string& what, std::string_view expected) {
        report.error(named.name.at, fmt::format("{}: {}", named.key, what), std::string(expected));
        return false;
    };
    // Opening anything but a file, such as a pipe, could block for ever.
    if (!std::filesystem::is_regular_file(named.file, ignored)) {
        return fail(
            fmt::format("there is no file {}", in_quotes(named.name.value)),
            fmt::format("{}; a relative path counts from the folder of this file", named.expected));
    }
    const auto text = read_text(named.file);
    if (!text) {
        return fail(fmt::format("{} cannot be read: {}", in_quotes(named.name.value), text.error()),
                    {});
    }
    return parse_toml(*text, index, table, report);
}

}  // namespace bellwether::config
