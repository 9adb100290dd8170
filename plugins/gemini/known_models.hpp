// The models that Google serves by both of its APIs, as a manifest lists them.
#pragma once

#define GEMINI_KNOWN_MODEL(id, context, max_output)                               \
    R"({"id": ")" id R"(", "context": )" context R"(, "max_output": )" max_output \
    R"(, "owned_by": "google"})"

#define GEMINI_KNOWN_MODELS \
    GEMINI_KNOWN_MODEL("gemini-2.5-pro", "1048576", "65536") "," \
    GEMINI_KNOWN_MODEL("gemini-2.5-flash", "1048576", "65536") "," \
    GEMINI_KNOWN_MODEL("gemini-2.5-flash-lite", "1048576", "65536") "," \
    GEMINI_KNOWN_MODEL("gemini-3-pro-preview", "1048576", "65536") "," \
    GEMINI_KNOWN_MODEL("gemini-3-flash-preview", "1048576", "65536") "," \
    GEMINI_KNOWN_MODEL("gemini-embedding-001", "2048", "0")
