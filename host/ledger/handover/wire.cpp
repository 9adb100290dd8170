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
    } else if constexpr (std::is_same_v<Type, Verdict>) {
        all(value.answer, value.refused_by, value.standings, value.reason);
    } else if constexpr (std::is_same_v<Type, RelayedAnswer>) {
        all(value.id, value.verdict);
    } else if constexpr (std::is_same_v<Type, MovedStore>) {
        all(value.file, value.holds, value.tallies, value.usage);
    } else if constexpr (std::is_same_v<Type, FileIdentity>) {
        all(value.device, value.number, value.born_ns);
    } else if constexpr (std::is_same_v<Type, StoredTally>) {
        all(value.number, value.measure, value.name, value.window, value.used, value.rate);
    } else if constexpr (std::is_same_v<Type, RateState>) {
        all(value.full_ns, value.limit, value.period_us);
    } else {
        static_assert(std::is_same_v<Type, UsageRow>);
        each_usage_member(stream, value);
    }
}

template <typename Value>
std::string whole(const Value& value) {
    BytesOut bytes;
    bytes(value);
    return bytes.take();
}

template <typename Value>
std::optional<Value> read_whole(BytesIn bytes) {
    Value value;
    bytes(value);
    return bytes.whole() ? std::optional<Value>(std::move(value)) : std::nullopt;
}

}  // namespace

// The index of its kind, and the value.
std::string to_bytes(const RelayedAsk& ask) {
    BytesOut bytes;
    bytes(static_cast<std::uint8_t>(ask.index()));
    std::visit(bytes, ask);
    return bytes.take();
}

std::string to_bytes(const RelayedAnswer& answer) { return whole(answer); }

std::string to_bytes(const MovedStore& moved) { return whole(moved); }

std::optional<RelayedAsk> read_ask(std::string_view bytes) {
    BytesIn rest(bytes);
    std::uint8_t kind = std::variant_size_v<RelayedAsk>;
    rest(kind);
    if (kind == 0) return read_whole<Hold>(rest);
    if (kind == 1) return read_whole<Settlement>(rest);
    return std::nullopt;
}

std::optional<RelayedAnswer> read_answer(std::string_view bytes) {
    return read_whole<RelayedAnswer>(BytesIn(bytes));
}

std::optional<MovedStore> read_moved(std::string_view bytes) {
    return read_whole<MovedStore>(BytesIn(bytes));
}

}  // namespace bellwether::ledger
