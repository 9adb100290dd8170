// The size of a prompt, of any body that the host accepts: never less than nothing, and no more
// than its bytes but for what stands in place of text.
// Setting: operation.
#include <algorithm>

#include "fuzz.hpp"
#include "json/request.hpp"
#include "json/value.hpp"
#include "policy/estimate/estimate.hpp"
#include "policy/estimate/prompt_size.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

// Told by views on the prompt, which walk it again.
std::int64_t count_prompts(const Call& call) {
    if (call.operation != Operation::completions) return 1;
    const std::string_view body = call.body;
    std::int64_t count = 0;
    const json::Value prompts(
        body.substr(call.asked.prompt_value.offset, call.asked.prompt_value.length));
    for (const json::Value& one : prompts.elements()) count += one.kind() != json::Kind::number;
    return std::max<std::int64_t>(count, 1);
}

void run(Input input) {
    Call call;
    call.operation = static_cast<Operation>(1 + input.setting(3));
    call.body = input.rest();
    if (!json::read_request(call)) return;
    require(call.asked.prompts == count_prompts(call), "prompts are counted as they are walked");
    const policy::PromptSize size = policy::measure_prompt(call);
    const auto bytes = static_cast<std::int64_t>(call.body.size());
    require(size.text_bytes > 0 && size.text_bytes <= bytes, "text is a part of the body");
    require(size.digits >= 0 && size.digits <= size.text_bytes, "digits are a part of the text");
    require(size.media_tokens >= 0 && size.part_tokens >= 0, "no part makes a prompt smaller");
    // A member of two bytes at least names each of them.
    require(size.media_tokens <= bytes * 16'384, "pictures are as many as there are");
    const policy::Bound bound = policy::bound_of(call, size, {.context = 1'000, .output_max = 100});
    require(bound.held.input > 0 && bound.held.output >= 0, "a hold is never free");
    require(bound.held.input <= bound.believed.input, "what is held is believed");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
