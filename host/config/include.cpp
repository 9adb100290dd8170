#include "config/include.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/named_file.hpp"
#include "config/pattern.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_files_max = 256;
constexpr std::string_view k_expected_file = "a TOML file with sections such as [[routes]]";
constexpr SharedSection k_keys{"keys"};

// A file by which two ways of writing its path can be compared.
fs::path identity_of(const fs::path& file) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(file, error);
    return error ? file : real;
}

// Moves sections from the table of a file that is named into the table of the main file.
class Mover {
  public:
    Mover(toml::table& from, toml::table& to, Report& report, const ReadContext& around)
        : from_(from), to_(to), report_(report), part_(from, {}, report, around) {}

    void move(const SharedSection& section) {
        if (part_.find(section.name) == nullptr) return;
        toml::node* const moved = from_.get(section.name);
        if (section.named) {
            if (part_.table(section.name)) move_named(section.name, *moved->as_table());
        } else if (part_.tables(section.name)) {
            move_all(section.name, *moved->as_array());
        }
    }

    // Reports a key that stands in the main file only.
    void refuse(std::string_view name, std::string_view expected) {
        if (!part_.has(name)) return;
        part_.find(name);  // it is known, and not reported as a key that nobody knows
        const Position at = part_.key_at(name);
        const auto other = to_.find(name);
        const bool twice = other != to_.end();
        report_.error(
            at,
            fmt::format("{} cannot stand in an included file", in_quotes(name)) +
                (twice ? "; it is there at " + place(other->first.source(), at) : ""),
            std::string(expected),
            name == k_include ? "name every file in the main file" : "write it in the main file");
    }

    Section& part() { return part_; }

  private:
    std::string place(const toml::source_region& first, Position second) const {
        return report_.place(position_of(first), second);
    }

    void move_all(std::string_view name, toml::array& moved) {
        const auto known = to_.find(name);
        if (known == to_.end()) return void(to_.insert(from_.find(name)->first, std::move(moved)));
        auto* const all = known->second.as_array();
        if (all == nullptr) return;  // a mistake of the main file, which is reported there
        for (auto& one : moved) {
            one.visit([&](auto& value) { all->push_back(std::move(value)); });
        }
    }

    void move_named(std::string_view name, toml::table& moved) {
        const auto known = to_.find(name);
        if (known == to_.end()) return void(to_.insert(from_.find(name)->first, std::move(moved)));
        auto* const all = known->second.as_table();
        if (all == nullptr) return;
        for (auto&& [key, value] : moved) {
            const auto first = all->find(key.str());
            if (first == all->end()) {
                value.visit([&](auto& one) { all->insert(key, std::move(one)); });
                continue;
            }
            const Position at = position_of(key.source());
            report_.error(at, fmt::format("a second [{}.{}]; the first is at {}", name, key.str(),
                                          place(first->first.source(), at)));
        }
    }

    toml::table& from_;
    toml::table& to_;
    Report& report_;
    Section part_;
};

class FileTaker {
  public:
    FileTaker(toml::table& root, const SharedSections& sections, Report& report,
              const ReadContext& around, Config& config)
        : root_(root),
          sections_(sections),
          report_(report),
          around_(around),
          config_(config),
          known_{identity_of(config.file)} {}

    bool take() {
        Section main(root_, {}, report_, around_);
        const auto named = main.text(k_keys_file);
        const auto patterns = main.text_or_texts(k_include);
        is_whole_ = !report_.has_error();
        if (named) {
            config_.keys_file = main.path_of(*named);
            known_.push_back(identity_of(config_.keys_file));  // so that no pattern includes it
        }
        for (const Text& pattern : patterns) {
            config_.include.push_back(pattern.value);
            include(pattern, main.path_of(pattern));
        }
        if (named) take_keys_file(*named);
        return is_whole_;
    }

  private:
    void include(const Text& pattern, const fs::path& path) {
        if (!is_glob(pattern.value)) return include_file(pattern, path);
        const fs::path folder = path.parent_path();
        if (is_glob(folder.string())) {
            return fail(
                pattern.at,
                fmt::format("{} has a wildcard in a folder's name", in_quotes(pattern.value)),
                R"(one in the names of the files only, such as "conf.d/*.toml")");
        }
        config_.include_folders.push_back(folder);
        for (const fs::path& file : files_of(pattern, folder, path.filename().string())) {
            include_file({file.string(), pattern.at}, file);
        }
    }

    // The files whose names match, in the order of their names. As in a shell, no wildcard stands
    // for a name that begins with a dot: editors leave such files.
    std::vector<fs::path> files_of(const Text& pattern, const fs::path& folder,
                                   const std::string& names) {
        std::vector<fs::path> files;
        std::error_code error;
        for (fs::directory_iterator one(folder, error), end; !error && one != end;
             one.increment(error)) {
            const std::string name = one->path().filename().string();
            std::error_code ignored;
            if (!name.starts_with('.') && glob_match(names, name) &&
                !fs::is_directory(one->path(), ignored)) {
                files.push_back(one->path());
            }
        }
        if (error == std::errc::no_such_file_or_directory) {
            report_.warning(pattern.at, fmt::format("{}: there is no folder {}", k_include,
                                                    in_quotes(folder.string())));
        } else if (error) {
            fail(pattern.at, fmt::format("the folder {} cannot be read: {}",
                                         in_quotes(folder.string()), error.message()));
        }
        std::ranges::sort(files);
        return files;
    }

    void include_file(const Text& name, const fs::path& file) {
        if (std::ranges::find(known_, identity_of(file)) != known_.end()) return;
        known_.push_back(identity_of(file));
        if (++included_ > k_files_max) {
            if (included_ > k_files_max + 1) return;  // that has been said
            return fail(name.at, "there are too many files",
                        fmt::format("at most {}", k_files_max));
        }
        toml::table table;
        if (!parse({k_include, name, file, k_expected_file}, table)) return;
        Mover mover(table, root_, report_, around_);
        for (const SharedSection& section : sections_.shared) mover.move(section);
        for (const std::string_view other : sections_.alone) mover.refuse(other, expected());
        mover.part().finish();
    }

    bool parse(const NamedFile& named, toml::table& table) {
        const bool parsed = parse_named_file(named, table, report_);
        is_whole_ &= parsed;
        return parsed;
    }

    // Reports what keeps files from being included.
    void fail(Position at, const std::string& what, std::string expected = {}) {
        report_.error(at, fmt::format("{}: {}", k_include, what), std::move(expected));
        is_whole_ = false;
    }

    std::string expected() const {
        std::vector<std::string> names;
        for (const auto& [name, named] : sections_.shared) {
            names.push_back(named ? fmt::format("[{}.NAME]", name) : fmt::format("[[{}]]", name));
        }
        return fmt::format("one of {}", fmt::join(names, ", "));
    }

    // A file that is not there yet has no keys, so that the host can start before the first one is
    // made. A folder that is not there is a mistake in the path.
    void take_keys_file(const Text& name) {
        const fs::path& file = config_.keys_file;
        std::error_code ignored;
        if (!fs::exists(fs::symlink_status(file, ignored)) &&
            fs::is_directory(file.parent_path(), ignored)) {
            report_.add_file(file);
            return;
        }
        toml::table table;
        if (!parse({k_keys_file, name, file, "a file that `bellwether key` writes"}, table)) return;
        Mover mover(table, root_, report_, around_);
        mover.move(k_keys);
        mover.part().finish();
    }

    toml::table& root_;
    const SharedSections& sections_;
    Report& report_;
    const ReadContext& around_;
    Config& config_;
    std::vector<fs::path> known_;  // the files that are taken in, and those that never are
    std::size_t included_ = 0;
    bool is_whole_ = true;
};

}  // namespace

bool take_in_files(toml::table& root, const SharedSections& sections, Report& report,
                   const ReadContext& around, Config& config) {
    return FileTaker(root, sections, report, around, config).take();
}

}  // namespace bellwether::config
