// What the admin listener serves: what is configured, what runs, and the little that an operator
// may change. A page is a function of the request and the host; the table of them is in admin.cpp.
#pragma once

#include <expected>
#include <string_view>

#include "front/answer.hpp"
#include "report/explain.hpp"

namespace bw::pages {

struct AdminRequest {
    std::string_view method;
    std::string_view path;
    std::string_view query;  // without the question mark
    std::string_view content_type;
    std::string_view body;
};

front::Answer answer_admin(const AdminRequest& request, const front::Context& context);
// The same, of a request as it came.
front::Answer admin_surface(const http::RequestHead& request, const front::Context& context,
                            const config::Key* caller);

// The pages that have files of their own.
front::Answer admin_budgets(const AdminRequest& request, const front::Context& context);
front::Answer admin_budgets_reset(const AdminRequest& request, const front::Context& context);
front::Answer admin_config(const AdminRequest& request, const front::Context& context);
front::Answer admin_explain(const AdminRequest& request, const front::Context& context);
front::Answer admin_log(const AdminRequest& request, const front::Context& context);
front::Answer set_admin_log(const AdminRequest& request, const front::Context& context);
front::Answer admin_usage(const AdminRequest& request, const front::Context& context);

// What a host answers to the question; the command line asks it of one that does not serve.
std::expected<report::Explanation, report::NotExplained> explain(
    const front::Host& host, const report::ExplainQuestion& question);

}  // namespace bw::pages
