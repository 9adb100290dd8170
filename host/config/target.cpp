// The targets of [[routes]] and of default_to.
#include "config/target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/pattern.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"
#include "json/upstream_body.hpp"

namespace bellwether::config {
namespace {

constexpr Whole k_weight{0, 1'000'000};
constexpr Whole k_tier{1, 100};

// Members that stay as the client wrote them, for they say how many answers it gets. What else no
// target can change, json/upstream_body.hpp says.
constexpr std::string_view k_fixed_member = "n";

// Reports why a target cannot set or drop this member of a request; `fault` is empty if it can.
bool check_member(Section& section, std::string_view key, const Text& name, std::string fault) {
    if (fault.empty() && name.value == k_fixed_member) fault = "stays as the client wrote it";
    if (fault.empty()) return true;
    section.error(name.at, key, fmt::format("has {}, which {}", in_quotes(name.value), fault),
                  R"(a parameter such as "temperature" or "top_p")",
                  name.value == "model" ? "the model's name stands beside provider" : "");
    return false;
}

void read_set(Section& section, std::string_view key, Target& target) {
    auto members = section.table(key);
    if (!members) return;
    for (const Text& name : members->rest()) {
        const toml::node& value = *members->find(name.value);
        std::string json = to_json(value, members->full(name.value), section.report());
        if (!check_member(section, key, name, json::fault_of_set(name.value, json))) continue;
        target.set.push_back({name.value, std::move(json), name.at});
    }
}

void read_drop(Section& section, std::string_view key, Target& target) {
    for (Text& name : section.texts(key)) {
        if (!check_member(section, key, name, json::fault_of_drop(name.value))) continue;
        const std::string quoted = in_quotes(name.value);
        if (std::ranges::find(target.set, name.value, &Option::key) != target.set.end()) {
            section.error(name.at, key, fmt::format("has {}, which set has, too", quoted),
                          "it in one of the two");
        } else if (std::ranges::find(target.drop, name.value) != target.drop.end()) {
            section.error(name.at, key, fmt::format("has {} twice", quoted));
        } else {
            target.drop.push_back(std::move(name.value));
        }
    }
}

void read_prefix(Section& section, std::string_view key, Target& target) {
    auto prefix = section.text(key, k_model_bytes_max);
    if (!prefix) return;
    if (section.has("model")) {
        section.report().warning(
            section.key_at(key),
            fmt::format("{} has no effect: the target has a model of its own", section.full(key)));
    }
    target.strip_prefix = std::move(prefix->value);
}

void read_model(Section& section, std::string_view key, Target& target) {
    auto model = section.text(key);
    if (!model) return;
    if (is_glob(model->value)) {
        section.error(model->at, key, fmt::format("= {} is a pattern", in_quotes(model->value)),
                      "the name of one model, as the provider calls it");
    }
    target.model = std::move(model->value);
}

void write_set(json::PrettyWriter& writer, const Target& target) {
    if (target.set.empty()) return;
    writer.key("set").begin_object();
    for (const Option& member : target.set) {
        writer.key(member.key).raw(may_hold_secret(member.key) ? R"("***")" : member.json);
    }
    writer.end_object();
}

// `provider` is read and written apart, and so are the time limits: they begin as the provider's.
constexpr KeyOf<Target> k_target_keys[] = {
    key<Target>("provider", k_text, "its name", nullptr, nullptr, k_required),
    {.facts = {"model", k_text, "what the provider calls the model",
               "the name that the client used, aliases followed"},
     .read = read_model,
     .get = detail::MemberPath<&Target::model>::get,
     .is_shown = [](const Target& target) { return !target.model.empty(); }},
    key<&Target::weight>("weight", k_weight,
                         "the share of calls, if weighted; 0: only as a fallback"),
    key<&Target::tier>("tier", k_tier,
                       "targets of a higher tier are tried after all those of a lower one"),
    {.facts = {"strip_prefix", Worded{"string", k_text.schema, {.bytes = k_model_bytes_max}},
               "what the name that the client used loses at its beginning, without a `model`",
               "none"},
     .read = read_prefix,
     .get = detail::MemberPath<&Target::strip_prefix>::get,
     .is_shown = [](const Target& target) { return !target.strip_prefix.empty(); }},
    {.facts = {"set", Worded{"table", R"("type": "object")"},
               "members of the request for calls that leave them out", "none"},
     .read = read_set,
     .write = write_set},
    {.facts = {"drop", k_texts, "members that are taken out of the request", "none"},
     .read = read_drop,
     .get = detail::MemberPath<&Target::drop>::get,
     .is_shown = [](const Target& target) { return !target.drop.empty(); }},
    {.facts = {"timeouts", Tables{"timeouts"}, "limits on one attempt here",
               "those of the provider"},
     .read = [](Section& section, std::string_view key,
                Target& target) { read_timeouts(section, key, target.timeouts); }},
};

// Other gateways write the provider and its model as one name: "openai/gpt-4.1".
std::string meant_target(const std::string& text, const std::vector<std::string>& names) {
    const auto slash = text.find('/');
    if (slash == text.npos || std::ranges::find(names, text.substr(0, slash)) == names.end()) {
        return did_you_mean(text, names);
    }
    return fmt::format("did you mean {{ provider = {}, model = {} }}?",
                       in_quotes(text.substr(0, slash)), in_quotes(text.substr(slash + 1)));
}

class TargetReader {
  public:
    TargetReader(Section& owner, std::string_view key, const TargetScope& scope)
        : owner_(owner), name_(owner.full(key)), scope_(scope) {}

    void read(const toml::node& node) {
        if (node.is_string()) return read_name(node);
        const auto* array = node.as_array();
        if (array == nullptr) {
            return owner_.wrong_type(name_, node,
                                     "a provider's name, or an array of names or tables");
        }
        if (array->empty()) {
            owner_.report().error(position_of(node), fmt::format("{} is empty", name_),
                                  "at least one provider");
        }
        for (const auto& element : *array) read_element(element);
        warn_of_repetition();
    }

    GivenTargets take() { return std::move(given_); }

  private:
    void read_element(const toml::node& element) {
        if (element.is_string()) return read_name(element);
        const auto* table = element.as_table();
        if (table == nullptr) {
            return owner_.wrong_type(fmt::format("an element of {}", name_), element,
                                     "a provider's name or a table { provider, model, weight }");
        }
        Section section(*table, name_, owner_.report(), owner_.around());
        read_table(section);
        section.finish();
    }

    void read_name(const toml::node& node) {
        const Text provider{node.as_string()->get(), position_of(node)};
        auto target = target_of(provider, scope_, owner_.report());
        if (target) add(*std::move(target), {});
    }

    // The keys are read even if there is no such provider, so that their mistakes are told as well.
    void read_table(Section& section) {
        const auto provider = section.text("provider");
        auto known = provider ? target_of(*provider, scope_, owner_.report()) : std::nullopt;
        Target target = known.value_or(Target{});
        target.at = section.at();
        read_keys<Target>(section, k_target_keys, target);
        if (!section.has("provider")) {
            section.report().absent(section.at(), {"provider"}, "a target names no provider",
                                    "{ provider = \"NAME\" }");
        }
        if (!known) return;
        add(std::move(target), section.has("weight") ? section.key_at("weight") : Position{});
    }

    void add(Target target, Position weight_at) {
        given_.targets.push_back(std::move(target));
        given_.weights_at.push_back(weight_at);
    }

    void warn_of_repetition() {
        const std::vector<Target>& all = given_.targets;
        for (auto target = all.begin(); target != all.end(); ++target) {
            const auto same = [&](const Target& other) {
                return other.provider == target->provider && other.model == target->model;
            };
            if (std::find_if(all.begin(), target, same) == target) continue;
            owner_.report().warning(target->at, "the same provider and model stand here twice");
        }
    }

    Section& owner_;
    const std::string name_;
    const TargetScope& scope_;
    GivenTargets given_;
};

}  // namespace

std::optional<Target> target_of(const Text& provider, const TargetScope& scope, Report& report) {
    const auto found = std::ranges::find(scope.providers, provider.value, &Provider::name);
    if (found != scope.providers.end()) {
        Target target;
        target.provider = static_cast<std::size_t>(found - scope.providers.begin());
        target.timeouts = found->timeouts;
        target.retry = scope.retry.over(found->retry);
        target.at = provider.at;
        return target;
    }
    if (scope.providers.empty()) return std::nullopt;  // reported already
    std::vector<std::string> names;
    for (const auto& known : scope.providers) names.push_back(known.name);
    report.error(provider.at, fmt::format("unknown provider {}", in_quotes(provider.value)),
                 fmt::format("one of {}", fmt::join(names, ", ")),
                 meant_target(provider.value, names));
    return std::nullopt;
}

GivenTargets read_targets(Section& owner, std::string_view key, const TargetScope& scope) {
    TargetReader reader(owner, key, scope);
    if (const toml::node* node = owner.find(key)) reader.read(*node);
    return reader.take();
}

void write_targets(json::PrettyWriter& writer, std::string_view key, const Config& config,
                   std::span<const Target> targets) {
    writer.key(key).begin_array();
    for (const Target& target : targets) {
        const Provider& provider = config.providers[target.provider];
        writer.begin_object().field("provider", provider.name);
        write_keys<Target>(writer, k_target_keys, target);
        if (target.timeouts != provider.timeouts) write_timeouts(writer, target.timeouts);
        if (target.retry != provider.retry) write_retry(writer, target.retry);
        writer.end_object();
    }
    writer.end_array();
}

SectionFacts target_section() {
    return {"target", "`to`", "One of those who serve it", rows_of<Target>(k_target_keys)};
}

}  // namespace bellwether::config
