#include "plugin/framing/aws_message.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <bellwether/base64.hpp>
#include <chrono>
#include <concepts>
#include <cstring>
#include <iterator>
#include <optional>

#include "plugin/framing/frame.hpp"

namespace bellwether::plugin {
namespace {

constexpr std::size_t k_crc_bytes = 4;
constexpr std::size_t k_message_bytes_min = k_aws_prelude_bytes + k_crc_bytes;

template <typename Number>
Number big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char c : bytes.substr(0, sizeof(Number))) {
        number = number << 8 | static_cast<unsigned char>(c);
    }
    return static_cast<Number>(number);
}

// Whether the last four bytes are the CRC-32 of the others.
bool checks(std::string_view bytes) {
    const std::string_view said = bytes.substr(bytes.size() - k_crc_bytes);
    bytes.remove_suffix(k_crc_bytes);
    const auto* const data = reinterpret_cast<const Bytef*>(bytes.data());
    const uLong crc = ::crc32_z(0, data, bytes.size());
    return crc == big_endian<std::uint32_t>(said);
}

// Takes values off the front of a message's headers; after the first lack it gives nothing more.
class HeaderReader {
  public:
    explicit HeaderReader(std::string_view bytes) : rest_(bytes) {}

    bool done() const { return rest_.empty(); }
    std::optional<std::string_view> take(std::size_t size) {
        if (size > rest_.size()) return std::nullopt;
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    template <typename Number>
    std::optional<Number> number() {
        const auto bytes = take(sizeof(Number));
        return bytes ? std::optional(big_endian<Number>(*bytes)) : std::nullopt;
    }
    // A length and as many bytes.
    template <typename Length>
    std::optional<std::string_view> counted() {
        const auto size = number<Length>();
        return size ? take(*size) : std::nullopt;
    }

  private:
    std::string_view rest_;
};

template <typename Value>
std::optional<AwsValue> as_value(const std::optional<Value>& value) {
    return value ? std::optional<AwsValue>(*value) : std::nullopt;
}

enum WireType : std::uint8_t {
    k_true = 0,
    k_false = 1,
    k_byte = 2,
    k_short = 3,
    k_integer = 4,
    k_long = 5,
    k_bytes = 6,
    k_string = 7,
    k_timestamp = 8,
    k_uuid = 9
};

// Nothing: the bytes end before the value does.
std::optional<AwsValue> read_value(HeaderReader& reader, std::uint8_t type) {
    switch (type) {
        case k_true: return AwsValue(true);
        case k_false: return AwsValue(false);
        case k_byte: return as_value(reader.number<std::int8_t>());
        case k_short: return as_value(reader.number<std::int16_t>());
        case k_integer: return as_value(reader.number<std::int32_t>());
        case k_long: return as_value(reader.number<std::int64_t>());
        case k_string: return as_value(reader.counted<std::uint16_t>());
        case k_bytes: {
            const auto bytes = reader.counted<std::uint16_t>();
            return bytes ? std::optional<AwsValue>(AwsBytes{*bytes}) : std::nullopt;
        }
        case k_timestamp: {
            const auto time = reader.number<std::int64_t>();
            return time ? std::optional<AwsValue>(AwsTimestamp{*time}) : std::nullopt;
        }
        default: break;
    }
    const auto bytes = reader.take(sizeof(AwsUuid));
    if (!bytes) return std::nullopt;
    AwsUuid uuid{};
    std::memcpy(uuid.data(), bytes->data(), uuid.size());
    return AwsValue(uuid);
}

std::expected<std::vector<AwsHeader>, AwsFault> read_headers(std::string_view bytes) {
    std::vector<AwsHeader> headers;
    for (HeaderReader reader(bytes); !reader.done();) {
        const auto name = reader.counted<std::uint8_t>();
        const auto type = reader.number<std::uint8_t>();
        if (!name || !type) return std::unexpected(AwsFault{"has headers that end early"});
        if (name->empty()) return std::unexpected(AwsFault{"has a header without a name"});
        if (*type > k_uuid) {
            return std::unexpected(AwsFault{fmt::format("has a header of the type {}", *type)});
        }
        const auto value = read_value(reader, *type);
        if (!value) return std::unexpected(AwsFault{"has headers that end early"});
        headers.push_back({*name, *value});
    }
    return headers;
}

struct TextOf {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::string_view text) const { return std::string(text); }
    std::string operator()(AwsBytes value) const { return bw::base64::encode(value.bytes); }
    std::string operator()(std::integral auto number) const {
        return std::to_string(static_cast<std::int64_t>(number));
    }
    // A time that no calendar has stays a number.
    std::string operator()(AwsTimestamp time) const {
        using namespace std::chrono;
        constexpr std::int64_t k_year_10000_ms = 253'402'300'800'000;
        if (time.unix_ms < 0 || time.unix_ms >= k_year_10000_ms) {
            return std::to_string(time.unix_ms);
        }
        const sys_time<milliseconds> moment{milliseconds(time.unix_ms)};
        const auto day = floor<days>(moment);
        const year_month_day date(day);
        const hh_mm_ss clock(moment - day);
        return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                           static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                           static_cast<unsigned>(date.day()), clock.hours().count(),
                           clock.minutes().count(), clock.seconds().count(),
                           clock.subseconds().count());
    }
    std::string operator()(const AwsUuid& uuid) const {
        std::string text;
        for (std::size_t i = 0; i < uuid.size(); ++i) {
            if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
            fmt::format_to(std::back_inserter(text), "{:02x}", uuid[i]);
        }
        return text;
    }
};

}  // namespace

std::expected<AwsPrelude, AwsFault> read_aws_prelude(std::string_view bytes) {
    bytes = bytes.substr(0, k_aws_prelude_bytes);
    if (!checks(bytes)) {
        return std::unexpected(
            AwsFault{"has a wrong checksum of its lengths: the upstream sent "
                     "something else, or bytes were lost"});
    }
    const AwsPrelude prelude{big_endian<std::uint32_t>(bytes),
                             big_endian<std::uint32_t>(bytes.substr(4))};
    if (prelude.message_bytes > k_event_bytes_max) {
        return std::unexpected(
            AwsFault{fmt::format("is larger than {} MiB", k_event_bytes_max >> 20), true});
    }
    if (prelude.message_bytes < k_message_bytes_min) {
        return std::unexpected(
            AwsFault{fmt::format("has a length of {} bytes, fewer than the {} of an empty one",
                                 prelude.message_bytes, k_message_bytes_min)});
    }
    if (prelude.header_bytes > prelude.message_bytes - k_message_bytes_min) {
        return std::unexpected(AwsFault{"has headers that are longer than itself"});
    }
    if (prelude.header_bytes > k_aws_headers_bytes_max) {
        return std::unexpected(AwsFault{
            fmt::format("has headers larger than {} KiB", k_aws_headers_bytes_max >> 10), true});
    }
    return prelude;
}

std::expected<AwsMessage, AwsFault> read_aws_message(std::string_view bytes) {
    if (!checks(bytes)) return std::unexpected(AwsFault{"has a wrong checksum"});
    const std::size_t header_bytes = big_endian<std::uint32_t>(bytes.substr(4));
    bytes.remove_suffix(k_crc_bytes);
    bytes.remove_prefix(k_aws_prelude_bytes);
    auto headers = read_headers(bytes.substr(0, header_bytes));
    if (!headers) return std::unexpected(std::move(headers.error()));
    return AwsMessage{std::move(*headers), bytes.substr(header_bytes)};
}

std::string_view AwsMessage::text(std::string_view name) const {
    for (const AwsHeader& header : headers) {
        if (header.name != name) continue;
        const auto* const text = std::get_if<std::string_view>(&header.value);
        return text == nullptr ? std::string_view() : *text;
    }
    return {};
}

std::string_view AwsMessage::type() const {
    const std::string_view kind = text(":message-type");
    if (kind == "exception") return text(":exception-type");
    if (kind == "error") return text(":error-code");
    return text(":event-type");
}

std::string text_of(const AwsValue& value) { return std::visit(TextOf(), value); }

}  // namespace bellwether::plugin
