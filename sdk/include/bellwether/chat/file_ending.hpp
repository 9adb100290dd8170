// bellwether/chat/file_ending.hpp - the ending that names of files have, by their media type: what
// several APIs call a format.
#pragma once

#include <bellwether/version.hpp>

#include <string_view>

namespace bw::v1::chat {

// "pdf" of "application/pdf", which is in lower case and without parameters; empty if it is none of
// those that are usual in chats.
inline std::string_view file_ending(std::string_view media_type) {
    struct Row {
        std::string_view media_type;
        std::string_view ending;
    };
    constexpr Row k_rows[] = {
        {"image/png", "png"},
        {"image/jpeg", "jpeg"},
        {"image/jpg", "jpeg"},
        {"image/gif", "gif"},
        {"image/webp", "webp"},
        {"audio/mpeg", "mp3"},
        {"audio/mp3", "mp3"},
        {"audio/wav", "wav"},
        {"audio/x-wav", "wav"},
        {"application/pdf", "pdf"},
        {"text/plain", "txt"},
        {"text/markdown", "md"},
        {"text/html", "html"},
        {"text/csv", "csv"},
        {"application/msword", "doc"},
        {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
        {"application/vnd.ms-excel", "xls"},
        {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"}};
    for (const Row& row : k_rows) {
        if (row.media_type == media_type) return row.ending;
    }
    return {};
}

}  // namespace bw::v1::chat
