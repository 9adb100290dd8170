// What the admin listener serves: what is configured, what runs, and the little that an operator
// may change. A page is a function of the request and the host; the table of them is in admin.cpp.
#pragma once

#include <string_view>

#include "serve/surface.hpp"

namespace bw::serve {

struct AdminRequest {
    std::string_view method;
    std::string_view path;
    std::string_view query;  // without the question mark
    std::string_view content_type;
    std::string_view body;
};

Answer answer_admin(const AdminRequest& request, const Context& context);
// The same, of a request as it came.
Answer admin_surface(const http::Request& request, const Context& context);

// The pages that have files of their own.
Answer admin_config(const AdminRequest& request, const Context& context);
Answer admin_explain(const AdminRequest& request, const Context& context);
Answer admin_log(const AdminRequest& request, const Context& context);
Answer set_admin_log(const AdminRequest& request, const Context& context);

}  // namespace bw::serve
