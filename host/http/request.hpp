// `IncomingRequest` is a request as the parser has read it. All views point into the parser's own
// buffer and are valid until RequestParser::restart is called.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bellwether::http {

enum class Version { http_1_0, http_1_1 };

struct Field {
    std::string_view name;   // in lower case
    std::string_view value;  // without the white space around it
};

struct IncomingRequest {
    std::string_view method;
    std::string_view target;     // as it was sent
    std::string_view path;       // of the target; still percent-encoded, without the query
    std::string_view authority;  // of the target if it has one, else Host; empty: none was sent
    Version version = Version::http_1_1;
    std::vector<Field> fields;
    std::string body;  // unpacked, without chunks

    // The value of the first field with that name; empty if there is none.
    std::string_view header(std::string_view lower_case_name) const {
        for (const Field& field : fields) {
            if (field.name == lower_case_name) return field.value;
        }
        return {};
    }
};

}  // namespace bellwether::http
