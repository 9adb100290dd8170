#include "config/keys.hpp"

#include <fmt/format.h>

#include "config/money.hpp"
#include "config/price_amount.hpp"

namespace bellwether::config::detail {
namespace {

template <typename T>
std::optional<Value> lifted(std::optional<T> value) {
    if (!value) return std::nullopt;
    if constexpr (std::same_as<T, bool>) {
        return Value(*value);
    } else {
        return Value(static_cast<std::int64_t>(*value));
    }
}

struct ValueReader {
    Section& section;
    std::string_view name;

    std::optional<Value> operator()(Flag) const { return lifted(section.flag(name)); }
    std::optional<Value> operator()(Whole form) const {
        return lifted(section.integer(name, form.min, form.max, form.word));
    }
    std::optional<Value> operator()(const Quantity& form) const {
        return lifted(section.quantity(name, form));
    }
    std::optional<Value> operator()(Amount) const {
        return lifted(read_price_amount(section, name, k_price_expected));
    }
    std::optional<Value> operator()(Choice form) const {
        return lifted(section.choice(name, form.names, form.meant));
    }
    std::optional<Value> operator()(Timed) const { return std::nullopt; }
    std::optional<Value> operator()(Tables) const { return std::nullopt; }
    std::optional<Value> operator()(Worded) const { return std::nullopt; }
};

struct ValuePrinter {
    json::PrettyWriter& writer;
    const Form& form;

    void operator()(std::monostate) const { writer.null(); }
    void operator()(bool flag) const {
        if (const auto* choice = std::get_if<Choice>(&form)) return (*this)(choice->names[flag]);
        writer.value(flag);
    }
    void operator()(std::int64_t number) const {
        if (const auto* choice = std::get_if<Choice>(&form)) {
            (*this)(choice->names[static_cast<std::size_t>(number)]);
        } else if (const auto* quantity = std::get_if<Quantity>(&form)) {
            (*this)(text_of(static_cast<std::uint64_t>(number), *quantity));
        } else if (const auto* whole = std::get_if<Whole>(&form); whole && number < whole->min) {
            (*this)(whole->word.empty() ? "none" : whole->word);
        } else if (std::holds_alternative<Amount>(form)) {
            (*this)(format_usd(number) + " USD");
        } else {
            writer.value(number);
        }
    }
    void operator()(std::string_view text) const { writer.value(text); }
    void operator()(const std::vector<std::string>& texts) const { writer.list(texts); }
};

}  // namespace

std::optional<Value> read_value(Section& section, const KeyFacts& key) {
    return std::visit(ValueReader{section, key.name}, key.form);
}

void write_value(json::PrettyWriter& writer, const KeyFacts& key, const Value& value) {
    if (std::holds_alternative<std::monostate>(value)) return;
    writer.key(key.name);
    std::visit(ValuePrinter{writer, key.form}, value);
}

}  // namespace bellwether::config::detail
