// The values of a provider's options, in the texts of its plugin's manifest that name them in
// braces. At start-up, on one thread.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "plugin/manifest.hpp"

namespace bellwether::plugin {

class OptionValues {
  public:
    // All of them must outlive it.
    OptionValues(const config::Provider& wanted, const Manifest& manifest,
                 std::vector<config::Diagnostic>& diagnostics)
        : wanted_(wanted), manifest_(manifest), diagnostics_(diagnostics) {}

    // The text with the values. Nothing: an option has none, or one that does not fit; it is told,
    // once for each option.
    std::optional<std::string> in_text(std::string_view text);
    // As in_text, of a URL: a value within its host must not make another host of it. One that the
    // URL begins with is scheme and host, perhaps with a path.
    std::optional<std::string> in_url(std::string_view url);
    // As in_text and in_url, but nothing is told, and an option may be without a value.
    std::string in_text_if_given(std::string_view text) const;
    std::string in_url_if_given(std::string_view url) const;

    // Where the config gives an option of the text; nothing: it gives none of them.
    std::optional<config::Position> place_in_config(std::string_view text) const;

  private:
    enum class Lack { none, no_value, wrong_value, not_for_host, no_address };
    struct ValueFound {
        std::string text;
        Lack lack = Lack::none;
    };

    enum class Form { text, url };
    using OnLack = std::function<void(Lack, std::string_view name)>;

    std::optional<std::string> fill(std::string_view text, Form form, const OnLack& on_lack) const;
    const config::Option* given(std::string_view name) const;
    ValueFound find(std::string_view name) const;
    static void take_address(ValueFound& found);
    void tell(Lack lack, std::string_view name, std::string_view text);

    const config::Provider& wanted_;
    const Manifest& manifest_;
    std::vector<config::Diagnostic>& diagnostics_;
    std::set<std::string, std::less<>> told_;
};

}  // namespace bellwether::plugin
