// The words that the file, the pages and the metrics have for the values of an enum: one table for
// each, in the order of its enumerators.
#pragma once

#include <array>
#include <string_view>

#include "config/config.hpp"

namespace bellwether::config {

template <typename Enum>
inline constexpr std::array<std::string_view, 0> k_names{};

template <>
inline constexpr std::array<std::string_view, 4> k_names<LogLevel>{
    to_string(LogLevel::debug), to_string(LogLevel::info), to_string(LogLevel::warn),
    to_string(LogLevel::error)};
template <>
inline constexpr std::array<std::string_view, 3> k_names<LogFormat>{"auto", "text", "json"};
template <>
inline constexpr std::array<std::string_view, 2> k_names<Alive>{"bytes", "payload"};
template <>
inline constexpr std::array<std::string_view, 3> k_names<HttpVersion>{"1.1", "auto", "2"};
template <>
inline constexpr std::array<std::string_view, 6> k_names<Strategy>{
    "ordered", "weighted", "least_latency", "least_busy", "cheapest", "sticky"};
template <>
inline constexpr std::array<std::string_view, 4> k_names<StickyBy::Of>{"key", "user", "prompt",
                                                                       "header"};
template <>
inline constexpr std::array<std::string_view, 2> k_names<Sync>{"disk", "os"};
template <>
inline constexpr std::array<std::string_view, k_subjects> k_names<Subject>{
    "key", "team", "user", "model", "provider", "route"};
template <>
inline constexpr std::array<std::string_view, 3> k_names<Count>{"total", "input", "output"};
template <>
inline constexpr std::array<std::string_view, 3> k_names<BudgetMode>{"hard", "soft", "shadow"};
template <>
inline constexpr std::array<std::string_view, 6> k_names<calendar::Unit>{"minute", "hour",  "day",
                                                                         "week",   "month", "none"};

// The days of a week from Monday on. A Period holds them as numbers, of which Monday is 1.
inline constexpr std::array<std::string_view, 7> k_weekdays{
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

template <typename Enum>
constexpr std::string_view name_of(Enum value) {
    static_assert(!k_names<Enum>.empty(), "an enum without a table of names");
    return k_names<Enum>[static_cast<std::size_t>(value)];
}

}  // namespace bellwether::config
