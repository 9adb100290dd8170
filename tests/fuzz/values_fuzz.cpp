// The values that people write into a config, each by its own reader, and patterns with names: what
// is read can be written, and reads the same again.
#include <algorithm>

#include "config/config.hpp"
#include "config/key_form.hpp"
#include "config/money.hpp"
#include "config/pattern.hpp"
#include "config/proxy.hpp"
#include "config/quantity.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"
#include "config/url.hpp"
#include "fuzz.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

void check_amounts(std::string_view text) {
    if (const auto amount = config::parse_amount(text)) {
        require(*amount >= 0 && *amount <= config::k_amount_max, "an amount is within bounds");
        require(config::parse_amount(config::format_amount(*amount)) == amount,
                "an amount that is written reads the same");
    }
    for (const std::span<const config::QuantityUnit> units :
         {std::span<const config::QuantityUnit>(config::k_duration_units),
          std::span<const config::QuantityUnit>(config::k_size_units)}) {
        const auto quantity = config::parse_quantity(text, units);
        if (!quantity) continue;
        const auto smallest = std::to_string(*quantity) + std::string(units.front().name);
        require(config::parse_quantity(smallest, units) == quantity, "a quantity reads the same");
    }
    if (const auto expiry = config::parse_expiry(text)) {
        require(config::parse_expiry(config::format_expiry(*expiry)) == expiry,
                "a moment that is written reads the same");
    }
}

// A mistake never repeats the text, which may hold a password.
void check_fault(const std::string& fault) {
    require(!fault.empty(), "a mistake says what it is");
    require(!fault.contains("hunter2"), "a mistake repeats nothing of the text");
}

void check_addresses(std::string_view text) {
    if (const auto url = config::parse_url(text); !url) check_fault(url.error());
    const auto store = config::parse_store_address(text);
    if (!store) check_fault(store.error());
    if (const auto proxy = config::parse_proxy(text)) {
        require(!proxy->url.contains('@'), "a proxy's address has no credential");
        require(config::parse_proxy(proxy->url).has_value(), "a proxy's address is one");
    } else {
        check_fault(proxy.error());
    }
    if (const auto endpoint = config::parse_endpoint(text)) {
        require(config::is_loopback(endpoint->host) == endpoint->loopback,
                "both know this machine");
    }
    if (const auto fault = config::reference_fault(text)) check_fault(*fault);
    if (const auto id = config::key_id_of(text)) {
        require(config::is_key_id(*id) && config::may_be_secret(text), "a key looks like one");
    }
    (void)config::bypasses_proxy(text, "https://upstream.test:8443/v1");
}

void check_patterns(std::string_view one, std::string_view other, std::string_view name) {
    require(config::glob_match("*", name), "a star matches everything");
    require(config::is_glob(one) || config::glob_match(one, one), "a name matches itself");
    require(config::patterns_overlap(one, one), "a pattern overlaps itself");
    require(config::patterns_overlap(one, other) == config::patterns_overlap(other, one),
            "two patterns overlap each other");
    const bool before = config::more_specific(one, other),
               after = config::more_specific(other, one);
    require(one == other ? !before && !after : before != after, "one of two patterns counts");
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!std::ranges::all_of(name, is_ascii)) return;
    if (config::glob_match(one, name) && config::glob_match(other, name)) {
        require(config::patterns_overlap(one, other), "what matches one name overlaps");
    }
}

void run(std::string_view text) {
    check_amounts(text);
    check_addresses(text);
    check_addresses(std::string(text) + "hunter2");
    std::vector<Fenced> lines;
    for (int i = 0; i < 3; ++i) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, std::min(end, config::k_model_bytes_max)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    check_patterns(lines[0].view(), lines[1].view(), lines[2].view());
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
