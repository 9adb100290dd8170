#include "plugin/framing/aws_framer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "plugin/framing/aws_message.hpp"

namespace bellwether::plugin {
namespace {

bool tell(const AwsFault& fault, FrameOutlet& outlet) {
    std::string problem = "an event-stream message " + fault.what;
    return fault.too_large ? outlet.too_large(std::move(problem))
                           : outlet.wrong(std::move(problem));
}

}  // namespace

bool AwsFramer::feed(std::string_view bytes, FrameOutlet& outlet) {
    while (!bytes.empty()) {
        const std::size_t wanted = message_bytes_ == 0 ? k_aws_prelude_bytes : message_bytes_;
        const std::size_t taken = std::min(wanted - message_.size(), bytes.size());
        message_.append(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
        if (message_.size() < wanted) return true;
        if (!(message_bytes_ == 0 ? take_prelude(outlet) : give_message(outlet))) return false;
    }
    return true;
}

bool AwsFramer::take_prelude(FrameOutlet& outlet) {
    const auto prelude = read_aws_prelude(message_);
    if (!prelude) return tell(prelude.error(), outlet);
    message_bytes_ = prelude->message_bytes;
    return true;
}

bool AwsFramer::give_message(FrameOutlet& outlet) {
    const auto message = read_aws_message(message_);
    if (!message) return tell(message.error(), outlet);
    std::vector<std::string> texts;  // reserved, so that views on them stay
    std::vector<FrameHeader> headers;
    texts.reserve(message->headers.size());
    for (const AwsHeader& header : message->headers) {
        headers.push_back({header.name, texts.emplace_back(text_of(header.value))});
    }
    const bool going = outlet.give({.kind = FrameKind::aws,
                                    .data = message->payload,
                                    .event = message->type(),
                                    .headers = headers});
    message_.clear();
    message_bytes_ = 0;
    return going;
}

bool AwsFramer::finish(FrameOutlet& outlet) {
    if (message_.empty()) return true;
    if (message_bytes_ == 0) {
        return outlet.wrong(fmt::format("the event stream ends {} bytes into a message's first {}",
                                        message_.size(), k_aws_prelude_bytes));
    }
    return outlet.wrong(fmt::format("the event stream ends {} bytes into a message of {}",
                                    message_.size(), message_bytes_));
}

}  // namespace bellwether::plugin
