// Writes an access line in its two shapes. As text, for people, the part that every line has comes
// first, then `key=value` for what is known. As JSON the same names are the keys.
#include <fmt/compile.h>

#include <iterator>

#include "observe/access_log.hpp"
#include "observe/escape.hpp"
#include "observe/timestamp.hpp"

namespace bellwether::observe {

namespace {

constexpr std::string_view name_of(CallOutcome outcome) {
    switch (outcome) {
        case CallOutcome::ok: return "ok";
        case CallOutcome::error: return "error";
        case CallOutcome::cancelled: return "cancelled";
    }
    return "ok";
}

class TextFields {
  public:
    explicit TextFields(std::string& out) : out_(out) {}

    void add(std::string_view key, std::string_view value) {
        if (value.empty()) return;
        out_.append(" ").append(key).append("=");
        append_value(out_, value);
    }
    void add(std::string_view key, std::int64_t value) {
        if (value < 0) return;
        out_.append(" ").append(key).append("=").append(fmt::format_int(value).c_str());
    }
    void add_flag(std::string_view key, bool value) {
        if (value) add(key, "yes");
    }
    void add_json(std::string_view key, std::string_view json) { add(key, json); }

  private:
    std::string& out_;
};

class JsonFields {
  public:
    explicit JsonFields(std::string& out) : out_(out) {}

    void add(std::string_view key, std::string_view value) {
        if (value.empty()) return;
        begin(key);
        append_json_string(out_, value);
    }
    void add(std::string_view key, std::int64_t value) {
        if (value < 0) return;
        begin(key);
        out_.append(fmt::format_int(value).c_str());
    }
    void add_flag(std::string_view key, bool value) {
        begin(key);
        out_ += value ? "true" : "false";
    }
    void add_json(std::string_view key, std::string_view json) {
        if (json.empty()) return;
        begin(key);
        out_.append(json);
    }

  private:
    void begin(std::string_view key) { out_.append(",\"").append(key).append("\":"); }

    std::string& out_;
};

template <typename Fields>
void add_routing(Fields& fields, const AccessRecord& record) {
    fields.add("id", record.request_id);
    fields.add("trace_id", record.trace_id);
    fields.add("client", record.client);
    fields.add("key", record.key);
    fields.add("team", record.team);
    fields.add("error", record.error);
    fields.add("route", record.route);
    fields.add("model", record.model);
    fields.add("provider", record.provider);
    fields.add("upstream_model", record.upstream_model);
    fields.add("upstream_id", record.upstream_id);
    fields.add_json("attributes", record.attributes);
    fields.add("attempts", record.attempts);
    fields.add("tried", record.tried);
    fields.add("generation", record.generation);
    fields.add_flag("stream", record.stream);
}

template <typename Fields>
void add_measures(Fields& fields, const AccessRecord& record) {
    fields.add("bytes_in", record.bytes_in);
    fields.add("bytes_out", record.bytes_out);
    fields.add("first_byte_us", record.first_byte_us);
    fields.add("upstream_us", record.upstream_us);
    fields.add("overhead_us", record.overhead_us);
    fields.add("input_tokens", record.usage.input_tokens);
    fields.add("output_tokens", record.usage.output_tokens);
    fields.add("cached_input_tokens", record.usage.cached_input_tokens);
    fields.add("reasoning_tokens", record.usage.reasoning_tokens);
    fields.add("usage_source", to_string(record.usage.source));
    fields.add("cost_micro_usd", record.cost_micro_usd);
}

}  // namespace

void append_text(std::string& out, const AccessRecord& record) {
    append_timestamp(out, record.time);
    out += " access ";
    append_value(out, record.method);
    out += ' ';
    append_value(out, record.path);
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(" {} {} {}us"), record.status,
                   name_of(record.outcome), record.duration_us);
    TextFields fields(out);
    add_routing(fields, record);
    add_measures(fields, record);
    out += '\n';
}

void append_json(std::string& out, const AccessRecord& record) {
    out += R"({"time":")";
    append_timestamp(out, record.time);
    out += R"(","level":"access")";
    JsonFields fields(out);
    fields.add("method", record.method);
    fields.add("path", record.path);
    fields.add("status", record.status);
    fields.add("outcome", name_of(record.outcome));
    fields.add("duration_us", record.duration_us);
    add_routing(fields, record);
    add_measures(fields, record);
    out += "}\n";
}

}  // namespace bellwether::observe
