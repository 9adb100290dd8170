// The JSON scanner against RapidJSON: both take the same texts and read the same in them, and what
// is rewritten stays valid and changes nothing else.
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <bellwether/json.hpp>
#include <optional>

#include "fuzz.hpp"

namespace fuzz {

using namespace bw;

namespace {

using json::Kind;
using json::Value;

// Numbers stay text: nothing is lost, and nothing is rounded.
constexpr unsigned k_flags = rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;

// What a text means, one line for each step through it, and how deep it nests.
class Meaning : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Meaning> {
  public:
    bool Null() { return add("null"); }
    bool Bool(bool flag) { return add(flag ? "true" : "false"); }
    bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
        return add("number ", {text, size});
    }
    bool String(const char* text, rapidjson::SizeType size, bool) {
        return add("string ", {text, size});
    }
    bool Key(const char* text, rapidjson::SizeType size, bool) { return add("key ", {text, size}); }
    bool StartObject() { return enter("{"); }
    bool StartArray() { return enter("["); }
    bool EndObject(rapidjson::SizeType) { return leave("}"); }
    bool EndArray(rapidjson::SizeType) { return leave("]"); }

    // The same, of what our own views show.
    void walk(const Value& value) {
        switch (value.kind()) {
            case Kind::missing: require(false, "valid text has no missing values"); break;
            case Kind::null: add("null"); break;
            case Kind::boolean: add(value.boolean(false) ? "true" : "false"); break;
            case Kind::number: add("number ", value.raw()); break;
            case Kind::string: add("string ", value.string()); break;
            case Kind::array:
                add("[");
                for (const Value& element : value.elements()) walk(element);
                add("]");
                break;
            case Kind::object:
                add("{");
                for (const json::Member& member : value.members()) {
                    add("key ", member.key());
                    walk(member.value());
                }
                add("}");
        }
    }

    const std::string& text() const { return text_; }
    int depth_max() const { return depth_max_; }

  private:
    bool add(std::string_view what, std::string_view text = {}) {
        text_.append(what).append(text).append("\n");
        return true;
    }
    bool enter(std::string_view bracket) {
        depth_max_ = std::max(depth_max_, ++depth_);
        return add(bracket);
    }
    bool leave(std::string_view bracket) {
        --depth_;
        return add(bracket);
    }

    std::string text_;
    int depth_ = 0;
    int depth_max_ = 0;
};

// Nothing if RapidJSON refuses the text. `too_big`: it only gave up on a number that a double
// cannot hold, and has not read the rest.
std::optional<Meaning> read_by_rapidjson(std::string_view text, bool& too_big) {
    // It takes NUL for the end of the text; JSON has no place for NUL at all.
    if (text.find('\0') != text.npos) return std::nullopt;
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader reader;
    std::optional<Meaning> meaning(std::in_place);
    const rapidjson::ParseResult result = reader.Parse<k_flags>(stream, *meaning);
    too_big = result.Code() == rapidjson::kParseErrorNumberTooBig;
    if (result.IsError()) return std::nullopt;
    return meaning;
}

// It also reads the escape of a low surrogate that no high one precedes, into what is no UTF-8.
bool has_lone_surrogate(const Meaning& meaning) {
    const std::string& text = meaning.text();
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if (text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0) return true;
    }
    return false;
}

void check_scalars(const Value& value) {
    if (value.kind() == Kind::string) {
        require(value.equals(value.string()), "a string equals itself");
    }
    const auto integer = value.integer();
    if (!integer) return;
    require(std::to_string(*integer) == value.raw() || value.raw() == "-0",
            "an integer is what is written");
    require(value.number() == static_cast<double>(*integer), "an integer is a number");
}

// All members but those named `key`, as raw text.
std::string others(std::string_view object, std::string_view key) {
    std::string out;
    for (const json::Member& member : Value(object).members()) {
        if (member.key_is(key)) continue;
        out.append(member.raw_key()).append(":").append(member.value().raw()).append("\n");
    }
    return out;
}

void rewrite(std::string_view object, std::string_view key) {
    constexpr std::string_view k_new = R"({"new":[1]})";
    const std::string with = json::with_member(object, key, k_new);
    require(json::valid(with, json::k_nesting_max), "with_member gives valid JSON");
    require(others(with, key) == others(object, key), "with_member leaves the others alone");
    std::size_t count = 0;
    for (const json::Member& member : Value(with).members()) {
        if (!member.key_is(key)) continue;
        require(member.value().raw() == k_new, "with_member sets the value");
        ++count;
    }
    require(count > 0, "with_member adds the member");
    const std::string without = json::without_member(with, key);
    require(json::valid(without, json::k_nesting_max), "without_member gives valid JSON");
    require(others(without, key) == others(object, key), "without_member leaves the others alone");
    require(!Value(without)[key], "without_member drops the member");
}

// Nothing is promised of malformed text but to stay within it and to end.
void touch(std::string_view text) {
    const Value value(text);
    static_cast<void>(value.string());
    static_cast<void>(value.integer());
    static_cast<void>(value.number());
    static_cast<void>(value["model"].equals("m"));
    static_cast<void>(value.at(1)["a"].boolean(false));
    static_cast<void>(json::with_member(text, "model", "1"));
    static_cast<void>(json::without_member(text, "model"));
    static_cast<void>(json::unescape(text));
}

void run(std::string_view text) {
    touch(text);
    const std::string quoted = json::quote(text);
    require(json::valid(quoted), "quoted text is valid JSON");
    require(json::quote(Value(quoted).string()) == quoted, "quoting again changes nothing");

    bool too_big = false;
    const auto theirs = read_by_rapidjson(text, too_big);
    if (too_big) return;
    const bool valid = json::valid(text);
    require(valid == (theirs && theirs->depth_max() <= json::k_nesting_default &&
                      !has_lone_surrogate(*theirs)),
            "both take the text or neither");
    if (!valid) return;
    const Value value(text);
    Meaning ours;
    ours.walk(value);
    require(ours.text() == theirs->text(), "both read the same");
    check_scalars(value);
    if (value.kind() != Kind::object) return;
    std::string last = "model";
    for (const json::Member& member : value.members()) {
        check_scalars(member.value());
        last = member.key();
    }
    rewrite(text, "model");
    rewrite(text, last);
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
