#include "plugin/origins.hpp"

#include <algorithm>
#include <bellwether/provider/rules.hpp>
#include <utility>

#include "base/ascii.hpp"

namespace bellwether::plugin {

void Origins::add(std::string_view url) {
    std::string origin = bw::rules::origin(url);
    const auto host = origin.find("://") + 3;
    if (origin.empty()) return;
    if (origin.compare(host, 2, "*.") == 0) {
        below_.push_back({origin.substr(0, host), origin.substr(host + 1)});
    } else if (std::ranges::find(exact_, origin) == exact_.end()) {
        exact_.push_back(std::move(origin));
    }
}

bool Origins::include(std::string_view url) const {
    const std::string origin = bw::rules::origin(url);
    if (origin.empty()) return false;
    return std::ranges::find(exact_, origin) != exact_.end() ||
           std::ranges::any_of(below_, [&](const Below& one) { return is_below(origin, one); });
}

std::vector<std::string> Origins::texts() const {
    std::vector<std::string> all = exact_;
    for (const Below& one : below_) all.push_back(one.scheme + "*" + one.domain);
    return all;
}

bool Origins::is_below(std::string_view origin, const Below& below) {
    if (!origin.starts_with(below.scheme) || !origin.ends_with(below.domain)) return false;
    const std::size_t around = below.scheme.size() + below.domain.size();
    if (origin.size() <= around) return false;
    const auto label = origin.substr(below.scheme.size(), origin.size() - around);
    return std::ranges::all_of(label,
                               [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

}  // namespace bellwether::plugin
