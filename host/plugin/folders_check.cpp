#include "plugin/folders_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace bellwether::plugin {

namespace fs = std::filesystem;
using config::Diagnostic;
using config::Severity;

void check_folders(const config::Config& config, std::vector<Diagnostic>& diagnostics) {
    for (std::size_t i = 0; i < config.plugin_path.size(); ++i) {
        const fs::path& folder = config.plugin_path[i];
        std::error_code error;
        const fs::file_status status = fs::status(folder, error);
        if (fs::is_directory(status)) continue;
        std::string why = error.message();
        if (status.type() == fs::file_type::not_found) why = "there is no such folder";
        if (fs::exists(status)) why = "it is no folder";
        const bool home = std::ranges::any_of(
            folder, [](const fs::path& part) { return part.string().starts_with('~'); });
        diagnostics.push_back(
            {.severity = Severity::warning,
             .file = config.file.string(),
             .at = config.plugin_path_at[i],
             .what = fmt::format("no plugin is looked for in {}: {}", folder.string(), why),
             .hint = home ? R"("~" stands for nothing here: write the folder in full)" : ""});
    }
}

}  // namespace bellwether::plugin
