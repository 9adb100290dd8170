// The pages of the admin listener, which run on its own thread: what is configured, what runs, and
// the little that an operator may change. A page is a function of the request and the host; the
// table of pages is in admin.cpp.
#pragma once

#include <expected>
#include <string_view>

#include "front/context.hpp"
#include "report/explain.hpp"

namespace bellwether::pages {

struct AdminRequest {
    std::string_view method;
    std::string_view path;
    std::string_view query;  // without the question mark
    std::string_view content_type;
    std::string_view body;
};

front::Answer answer_admin(const AdminRequest& request, const front::Context& context);
// The same for a request as the HTTP parser gives it.
front::Answer admin_surface(const http::IncomingRequest& request, const front::Context& context,
                            const config::Key* caller);

// The pages that have files of their own.
front::Answer admin_budgets(const AdminRequest& request, const front::Context& context);
front::Answer admin_budgets_reset(const AdminRequest& request, const front::Context& context);
front::Answer admin_config(const AdminRequest& request, const front::Context& context);
front::Answer admin_explain(const AdminRequest& request, const front::Context& context);
front::Answer admin_log(const AdminRequest& request, const front::Context& context);
front::Answer load_plugin(const AdminRequest& request, const front::Context& context);
front::Answer unload_plugin(const AdminRequest& request, const front::Context& context);
front::Answer admin_reload(const AdminRequest& request, const front::Context& context);
front::Answer admin_upgrade(const AdminRequest& request, const front::Context& context);
front::Answer admin_routes(const AdminRequest& request, const front::Context& context);
front::Answer set_admin_log(const AdminRequest& request, const front::Context& context);
front::Answer admin_usage(const AdminRequest& request, const front::Context& context);

// Explains how the host serves a model. The command line calls this for a host that is not running,
// so it has no `states`.
std::expected<report::Explanation, report::NotExplained> explain(
    const front::Host& host, const report::ExplainQuestion& question,
    const route::TargetStates* states = nullptr);

}  // namespace bellwether::pages
