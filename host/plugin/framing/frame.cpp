#include "plugin/framing/frame.hpp"

#include <bellwether/provider.h>

#include <algorithm>
#include <array>
#include <utility>

namespace bellwether::plugin {
namespace {

constexpr std::array<std::pair<FrameKind, std::uint32_t>, 6> k_kinds = {
    {{FrameKind::whole, BW_FRAME_WHOLE},
     {FrameKind::raw, BW_FRAME_RAW},
     {FrameKind::sse, BW_FRAME_SSE},
     {FrameKind::line, BW_FRAME_LINE},
     {FrameKind::aws, BW_FRAME_AWS},
     {FrameKind::item, BW_FRAME_ITEM}}};

}  // namespace

std::optional<FrameKind> frame_kind_of(std::uint32_t abi_kind) {
    const auto* const found =
        std::ranges::find(k_kinds, abi_kind, [](const auto& pair) { return pair.second; });
    return found == k_kinds.end() ? std::nullopt : std::optional(found->first);
}

std::uint32_t abi_kind_of(FrameKind kind) {
    return std::ranges::find(k_kinds, kind, [](const auto& pair) { return pair.first; })->second;
}

}  // namespace bellwether::plugin
