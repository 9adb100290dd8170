// /admin/explain?model=NAME: who serves a model, how and why.
#include "http/query.hpp"
#include "serve/admin.hpp"
#include "serve/explain.hpp"

namespace bw::serve {

Answer admin_explain(const AdminRequest& request, const Context& context) {
    const auto model = http::query_value(request.query, "model");
    if (!model) {
        return to_answer(error_reply(400, "invalid_request_error", "missing_required_parameter",
                                     "Name a model: /admin/explain?model=NAME.", "model"));
    }
    ExplainReply reply = explain(context.host, *model);
    return {.status = reply.found ? 200 : 404, .body = std::move(reply.json)};
}

}  // namespace bw::serve
