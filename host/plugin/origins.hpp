// Where the requests of a provider may go, and with them its credentials. Constant after start-up.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bellwether::plugin {

class Origins {
  public:
    // The origin of a URL, or of one like "https://*.example.com": every host one level below.
    void add(std::string_view url);
    bool include(std::string_view url) const;
    bool empty() const { return exact_.empty() && below_.empty(); }
    // Those that are no pattern, "https://host:443".
    std::span<const std::string> exact() const { return exact_; }
    bool operator==(const Origins&) const = default;
    // All of them, as `add` takes them.
    std::vector<std::string> texts() const;

  private:
    struct Below {
        std::string scheme;  // "https://"
        std::string domain;  // ".example.com:443"

        bool operator==(const Below&) const = default;
    };
    static bool is_below(std::string_view origin, const Below& below);

    std::vector<std::string> exact_;
    std::vector<Below> below_;
};

}  // namespace bellwether::plugin
