// Writes JSON text: a thin, safe face of RapidJSON's writer. One Writer builds one document.
#pragma once

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace bellwether::json {

template <typename Engine>
class BasicWriter {
  public:
    BasicWriter() : engine_(buffer_) {}

    BasicWriter& begin_object() { return engine_.StartObject(), *this; }
    BasicWriter& end_object() { return engine_.EndObject(), *this; }
    BasicWriter& begin_array() { return engine_.StartArray(), *this; }
    BasicWriter& end_array() { return engine_.EndArray(), *this; }
    BasicWriter& key(std::string_view name) {
        return engine_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())), *this;
    }

    BasicWriter& value(std::string_view text) {
        return engine_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())), *this;
    }
    BasicWriter& value(const char* text) { return value(std::string_view(text)); }
    BasicWriter& value(std::int64_t number) { return engine_.Int64(number), *this; }
    BasicWriter& value(std::uint64_t number) { return engine_.Uint64(number), *this; }
    BasicWriter& value(int number) { return engine_.Int(number), *this; }
    BasicWriter& value(unsigned number) { return engine_.Uint(number), *this; }
    BasicWriter& value(bool flag) { return engine_.Bool(flag), *this; }
    BasicWriter& null() { return engine_.Null(), *this; }
    // Text that is valid JSON already.
    BasicWriter& raw(std::string_view json) {
        return engine_.RawValue(json.data(), json.size(), rapidjson::kObjectType), *this;
    }

    template <typename T>
    BasicWriter& field(std::string_view name, const T& content) {
        return key(name).value(content);
    }
    BasicWriter& field_or_null(std::string_view name, std::string_view text) {
        key(name);
        return text.empty() ? null() : value(text);
    }

    // An array of texts.
    BasicWriter& list(const auto& texts) {
        begin_array();
        for (const auto& text : texts) value(text);
        return end_array();
    }
    BasicWriter& field_list(std::string_view name, const auto& texts) {
        return key(name).list(texts);
    }
    BasicWriter& field_list_or_null(std::string_view name, const auto& texts) {
        key(name);
        return texts.empty() ? null() : list(texts);
    }

    std::string_view view() const { return {buffer_.GetString(), buffer_.GetSize()}; }
    std::string text() const { return std::string(view()); }

  private:
    rapidjson::StringBuffer buffer_;
    Engine engine_;
};

using Writer = BasicWriter<rapidjson::Writer<rapidjson::StringBuffer>>;
using PrettyWriter = BasicWriter<rapidjson::PrettyWriter<rapidjson::StringBuffer>>;

}  // namespace bellwether::json
