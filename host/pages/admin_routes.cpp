// /admin/routes: which targets a route has, how the first one is chosen, and how each one stands;
// and which credentials of providers with several are set aside.
#include "config/shown.hpp"
#include "json/writer.hpp"
#include "pages/admin.hpp"
#include "report/live_target.hpp"

namespace bellwether::pages {
namespace {

using json::PrettyWriter;

// Writes the targets of one route. The ids are taken in the order in which the table gives them.
class TargetWriter {
  public:
    TargetWriter(PrettyWriter& writer, const front::Context& context, const config::Route& route)
        : writer_(writer),
          providers_(context.host.config.providers),
          states_(context.running.upstreams->targets),
          ids_(context.host.routes.ids_of(route)) {}

    void list(std::string_view name, const std::vector<config::Target>& targets) {
        writer_.key(name).begin_array();
        for (const auto& target : targets) {
            writer_.begin_object();
            fields(target);
            writer_.field("tier", target.tier).field("weight", target.weight).end_object();
        }
        writer_.end_array();
    }

    void shadow(const std::optional<config::Shadow>& shadow) {
        writer_.key("shadow");
        if (!shadow) return void(writer_.null());
        writer_.begin_object();
        fields(shadow->to);
        writer_.end_object();
    }

  private:
    void fields(const config::Target& target) {
        writer_.field("provider", providers_[target.provider].name);
        writer_.field_or_null("model", target.model);
        write_fields(writer_, report::live_target(states_, ids_.front()));
        ids_ = ids_.subspan(1);
    }

    PrettyWriter& writer_;
    std::span<const config::Provider> providers_;
    const route::TargetStates& states_;
    std::span<const std::size_t> ids_;
};

void write_route(PrettyWriter& writer, const front::Context& context, const config::Route& route) {
    report::write_choosing(writer, route);
    TargetWriter targets(writer, context, route);
    for (const auto& chain : config::k_chains) targets.list(chain.key, route.*chain.targets);
    targets.shadow(route.shadow);
}

std::string_view name_of(policy::CredentialUse use) {
    switch (use) {
        case policy::CredentialUse::ready: return "ready";
        case policy::CredentialUse::set_aside: return "set_aside";
        case policy::CredentialUse::missing: return "missing";
    }
    return {};
}

// Writes the credentials of the providers that have several.
void write_credentials(PrettyWriter& writer, const front::Context& context) {
    const policy::Credentials& credentials = context.running.upstreams->credentials;
    const auto& providers = context.host.registry.providers;
    writer.key("credentials").begin_array();
    for (std::size_t i = 0; i < providers.size(); ++i) {
        if (credentials.count(i) < 2) continue;
        for (std::size_t number = 0; number < credentials.count(i); ++number) {
            auto [use, until] = credentials.state(i, number);
            if (!providers[i]->has_credential(number)) use = policy::CredentialUse::missing;
            const bool aside = use == policy::CredentialUse::set_aside;
            writer.begin_object().field("provider", providers[i]->name);
            writer.field("credential", std::uint64_t{number});
            writer.field("reference", credentials.reference(i, number));
            writer.field("use", name_of(use));
            writer.field_or_null("until", aside ? report::calendar_text(until) : std::string());
            writer.end_object();
        }
    }
    writer.end_array();
}

}  // namespace

front::Answer admin_routes(const AdminRequest&, const front::Context& context) {
    PrettyWriter writer;
    writer.begin_object().key("routes").begin_array();
    for (const auto& route : context.host.config.routes) {
        writer.begin_object().field("model", route.model);
        if (!route.alias.empty()) {
            writer.field("alias", route.alias);
        } else {
            write_route(writer, context, route);
        }
        config::write_place(writer, context.host.config, route.at);
        writer.end_object();
    }
    writer.end_array();
    write_credentials(writer, context);
    writer.end_object();
    return {.status = 200, .body = writer.text()};
}

}  // namespace bellwether::pages
