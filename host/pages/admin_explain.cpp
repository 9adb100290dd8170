// /admin/explain?model=NAME[&key=KEY][&user=USER]: who serves a model, how and why, what would
// count the call, and whether a client key may use it.
#include "http/query.hpp"
#include "pages/admin.hpp"
#include "pages/explain.hpp"

namespace bw::pages {

front::Answer admin_explain(const AdminRequest& request, const front::Context& context) {
    const auto model = http::query_value(request.query, "model");
    if (!model) {
        return front::to_answer(
            front::error_reply(400, "invalid_request_error", "missing_required_parameter",
                               "Name a model: /admin/explain?model=NAME.", "model"));
    }
    const std::string key = http::query_value(request.query, "key").value_or("");
    const std::string user = http::query_value(request.query, "user").value_or("");
    ExplainReply reply = explain(context.host, {.model = *model, .key = key, .user = user});
    return {.status = reply.found ? 200 : 404, .body = std::move(reply.json)};
}

}  // namespace bw::pages
