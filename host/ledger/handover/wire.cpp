#include "ledger/handover/wire.hpp"

#include <cstring>
#include <type_traits>
#include <utility>

namespace bellwether::ledger {
namespace {

// The members of each value stand once, for both directions.
template <typename Stream, typename Value>
void each_member(Stream& stream, Value& value);

class BytesOut {
  public:
    template <typename Value>
    void operator()(const Value& value) {
        if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
            bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
        } else {
            each_member(*this, value);
        }
    }
    void operator()(const std::string& text) {
        (*this)(static_cast<std::uint64_t>(text.size()));
        bytes_ += text;
    }
    template <typename Value>
    void operator()(const std::vector<Value>& values) {
        (*this)(static_cast<std::uint64_t>(values.size()));
        for (const auto& value : values) (*this)(value);
    }
    std::string take() { return std::move(bytes_); }

  private:
    std::string bytes_;
};

// After bytes that are missing all that is read is empty.
class BytesIn {
  public:
    explicit BytesIn(std::string_view bytes) : left_(bytes) {}

    template <typename Value>
    void operator()(Value& value) {
        if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
            const auto bytes = take(sizeof(value));
            if (bytes.size() == sizeof(value)) std::memcpy(&value, bytes.data(), sizeof(value));
        } else {
            each_member(*this, value);
        }
    }
    void operator()(bool& value) {
        std::uint8_t byte = 0;
        (*this)(byte);
        value = byte != 0;
    }
    void operator()(std::string& text) {
        std::uint64_t size = 0;
        (*this)(size);
        text = take(size);
    }
    template <typename Value>
    void operator()(std::vector<Value>& values) {
        std::uint64_t count = 0;
        (*this)(count);
        // Each takes a byte at least, so that a wrong count asks for no memory.
        for (; count > 0 && !left_.empty(); --count) (*this)(values.emplace_back());
        if (count > 0) broken_ = true;
    }
    bool whole() const { return !broken_ && left_.empty(); }

  private:
    std::string_view take(std::uint64_t size) {
        if (size > left_.size()) {
            broken_ = true;
            left_ = {};
            return {};
        }
        const auto bytes = left_.substr(0, size);
        left_.remove_prefix(size);
        return bytes;
    }

    std::string_view left_;
    bool broken_ = false;
};

template <typename Stream, typename Value>
void each_usage_member(Stream& stream, Value& row) {
    stream(row.time_us);
    for (auto* text : {&row.request_id, &row.key, &row.user, &row.team, &row.route, &row.model,
                       &row.provider, &row.upstream_model, &row.error}) {
        stream(*text);
    }
    for (auto* tokens : {&row.usage.input_tokens, &row.usage.output_tokens,
                         &row.usage.cached_input_tokens, &row.usage.reasoning_tokens}) {
        stream(*tokens);
    }
    stream(row.usage.source);
    for (auto* number :
         {&row.cost_micro_usd, &row.list_cost_micro_usd, &row.duration_us, &row.first_token_us}) {
        stream(*number);
    }
    stream(row.status);
}

template <typename Stream, typename Value>
void each_member(Stream& stream, Value& value) {
    using Type = std::remove_const_t<Value>;
    const auto all = [&stream](auto&... members) { (stream(members), ...); };
    if constexpr (std::is_same_v<Type, HoldId>) {
        all(value.host, value.number);
    } else if constexpr (std::is_same_v<Type, Window>) {
        all(value.start, value.end);
    } else if constexpr (std::is_same_v<Type, CounterName>) {
        all(value.rule, value.value);
    } else if constexpr (std::is_same_v<Type, Claim>) {
        all(value.measure, value.counter, value.amount, value.limit, value.refuses, value.window,
            value.period_us, value.burst);
    } else if constexpr (std::is_same_v<Type, Standing>) {
        all(value.used, value.held, value.left, value.wait_us, value.full_us, value.window);
    } else if constexpr (std::is_same_v<Type, Hold>) {
        all(value.id, value.claims, value.estimate);
    } else if constexpr (std::is_same_v<Type, Settlement>) {
        all(value.id, value.amounts, value.usage, value.recorded);
    } else if constexpr (std::is_same_v<Type, AskDurable>) {
        all(value.id);
    } else if constexpr (std::is_same_v<Type, Verdict>) {
        all(value.answer, value.refused_by, value.standings, value.reason);
    } else if constexpr (std::is_same_v<Type, HoldDecided>) {
        all(value.id, value.verdict);
    } else if constexpr (std::is_same_v<Type, DurableDecided>) {
        all(value.id, value.durable);
    } else {
        static_assert(std::is_same_v<Type, UsageRow>);
        each_usage_member(stream, value);
    }
}

// One of several kinds begins with its index.
template <typename... Kinds>
std::string kind_to_bytes(const std::variant<Kinds...>& message) {
    BytesOut bytes;
    bytes(static_cast<std::uint8_t>(message.index()));
    std::visit(bytes, message);
    return bytes.take();
}

template <typename Kind, typename Message>
std::optional<Message> read_rest(BytesIn bytes) {
    Kind kind;
    bytes(kind);
    return bytes.whole() ? std::optional<Message>(std::move(kind)) : std::nullopt;
}

template <typename Message, std::size_t at = 0>
std::optional<Message> read_kind(std::uint8_t kind, const BytesIn& bytes) {
    if constexpr (at == std::variant_size_v<Message>) {
        return std::nullopt;
    } else if (kind == at) {
        return read_rest<std::variant_alternative_t<at, Message>, Message>(bytes);
    } else {
        return read_kind<Message, at + 1>(kind, bytes);
    }
}

template <typename Message>
std::optional<Message> read(std::string_view text) {
    BytesIn bytes(text);
    std::uint8_t kind = std::variant_size_v<Message>;
    bytes(kind);
    return read_kind<Message>(kind, bytes);
}

}  // namespace

std::string to_bytes(const RelayedAsk& ask) { return kind_to_bytes(ask); }

std::string to_bytes(const RelayedAnswer& answer) { return kind_to_bytes(answer); }

std::string to_bytes(const std::vector<Hold>& holds) {
    BytesOut bytes;
    bytes(holds);
    return bytes.take();
}

std::optional<RelayedAsk> read_ask(std::string_view bytes) { return read<RelayedAsk>(bytes); }

std::optional<RelayedAnswer> read_answer(std::string_view bytes) {
    return read<RelayedAnswer>(bytes);
}

std::optional<std::vector<Hold>> read_holds(std::string_view bytes) {
    return read_rest<std::vector<Hold>, std::vector<Hold>>(BytesIn(bytes));
}

}  // namespace bellwether::ledger
