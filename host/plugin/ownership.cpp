#include "plugin/ownership.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;
using Refusal = std::unexpected<std::string>;
using Checked = std::expected<void, std::string>;

constexpr int k_links_max = 40;  // as many as the kernel follows

bool is_trusted(uid_t owner) { return owner == 0 || owner == geteuid(); }

// Whether the owner is a user outside of this user namespace. All such users appear as one, the
// overflow uid; they are trusted because whoever made the namespace has chosen their folders.
bool is_outside(uid_t owner) {
    uid_t outside = 0;
    if (!(std::ifstream("/proc/sys/kernel/overflowuid") >> outside) || owner != outside)
        return false;
    std::uint64_t first = 0, there = 0, count = 0;
    std::ifstream("/proc/self/uid_map") >> first >> there >> count;
    return count < UINT32_MAX;  // UINT32_MAX: every uid is mapped, so nobody is outside
}

std::string belongs(std::string_view what, const fs::path& path, uid_t owner) {
    return fmt::format(
        "{} belongs to user {}, who could put another in its place; run: chown root {}, or run the "
        "host as that user",
        what, owner, path.string());
}

// A sticky folder such as /tmp may be writable by all: other users can replace only their own files
// in it, and the owner of the path's next part is checked next.
Checked check_folder(const fs::path& folder, const struct stat& info) {
    if (!is_trusted(info.st_uid) && !is_outside(info.st_uid)) {
        return Refusal(belongs(fmt::format("the folder {}", folder.string()), folder, info.st_uid));
    }
    if ((info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0) {
        return Refusal(fmt::format("its folder can be written by other users; run: chmod o-w {}",
                                   folder.string()));
    }
    return {};
}

// Appends the parts of a path in reverse order, so that the first one can be popped first.
void push_parts(std::vector<fs::path>& parts, const fs::path& path) {
    const auto relative = path.relative_path();
    std::vector<fs::path> added(relative.begin(), relative.end());
    std::ranges::reverse(added);
    parts.insert(parts.end(), added.begin(), added.end());
}

// Goes from the root down as the kernel does, and looks at each folder on the way.
class PathWalk {
  public:
    explicit PathWalk(const fs::path& file) { push_parts(rest_, file); }

    std::expected<fs::path, std::string> go() {
        struct stat root {};
        if (stat("/", &root) != 0) return unreadable("/");
        if (auto checked = check_folder("/", root); !checked) return Refusal(checked.error());
        while (!rest_.empty()) {
            const fs::path part = std::move(rest_.back());
            rest_.pop_back();
            if (auto taken = take(part); !taken) return Refusal(taken.error());
        }
        return at_;
    }

  private:
    Checked take(const fs::path& part) {
        if (part.empty() || part == ".") return {};
        if (part == "..") {
            at_ = at_.parent_path();
            return {};
        }
        const fs::path next = at_ / part;
        struct stat info {};
        if (lstat(next.c_str(), &info) != 0) return unreadable(next);
        if (S_ISLNK(info.st_mode)) return follow(next, info);
        if (S_ISDIR(info.st_mode)) {
            if (auto checked = check_folder(next, info); !checked) return checked;
        }
        at_ = next;
        return {};
    }

    Checked follow(const fs::path& link, const struct stat& info) {
        if (!is_trusted(info.st_uid) && !is_outside(info.st_uid)) {
            return Refusal(belongs(fmt::format("the link {}", link.string()), link, info.st_uid));
        }
        if (++links_ > k_links_max) return Refusal("it is behind too many links");
        std::error_code error;
        const fs::path target = fs::read_symlink(link, error);
        if (error) return Refusal(fmt::format("it cannot be read: {}", error.message()));
        if (target.is_absolute()) at_ = "/";
        push_parts(rest_, target);
        return {};
    }

    static Refusal unreadable(const fs::path& path) {
        return Refusal(
            fmt::format("it cannot be read: {}: {}", path.string(), std::strerror(errno)));
    }

    std::vector<fs::path> rest_;
    fs::path at_ = "/";
    int links_ = 0;
};

}  // namespace

std::expected<fs::path, std::string> follow_safely(const fs::path& file) {
    return PathWalk(file).go();
}

Checked check_ownership(const fs::path& file, const struct stat& info) {
    if (!is_trusted(info.st_uid)) return Refusal(belongs("it", file, info.st_uid));
    if ((info.st_mode & S_IWOTH) == 0) return {};
    return Refusal(
        fmt::format("it can be written by other users; run: chmod o-w {}", file.string()));
}

}  // namespace bellwether::plugin
