// From a provider class to the functions of its table. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/provider/attempt.hpp>
#include <bellwether/provider/error.hpp>
#include <bellwether/provider/estimate.hpp>
#include <bellwether/provider/host.hpp>
#include <bellwether/provider/request.hpp>
#include <bellwether/version.hpp>

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bw::v1 {

// Bases of a Call that has no head(), or no end(). A hook that is neither there nor declined like
// that does not compile, so that a misspelt one is no hook that is never called.
struct NoHead {};
struct NoEnd {};

// What a service is told; see BW_NOTICE_*.
enum class Notice : std::uint32_t {
    drain = BW_NOTICE_DRAIN,
    memory = BW_NOTICE_MEMORY,
    credentials = BW_NOTICE_CREDENTIALS
};

namespace detail {

template <typename Call, typename = void>
struct HasHead : std::false_type {};
template <typename Call>
struct HasHead<Call, std::void_t<decltype(std::declval<Call&>().head(std::declval<Head>()))>>
    : std::true_type {};

template <typename Call, typename = void>
struct HasData : std::false_type {};
template <typename Call>
struct HasData<Call, std::void_t<decltype(std::declval<Call&>().data(std::declval<Frame>()))>>
    : std::true_type {};

template <typename Call, typename = void>
struct HasEnd : std::false_type {};
template <typename Call>
struct HasEnd<Call, std::void_t<decltype(std::declval<Call&>().end())>> : std::true_type {};

template <typename Call, typename = void>
struct HasStep : std::false_type {};
template <typename Call>
struct HasStep<Call, std::void_t<decltype(std::declval<Call&>().step())>> : std::true_type {};

template <typename Service, typename = void>
struct HasNotice : std::false_type {};
template <typename Service>
struct HasNotice<Service,
                 std::void_t<decltype(std::declval<Service&>().notice(std::declval<Notice>()))>>
    : std::true_type {};

template <typename Provider, typename = void>
struct HasEstimate : std::false_type {};
template <typename Provider>
struct HasEstimate<Provider, std::void_t<decltype(std::declval<Provider&>().estimate(
                                 std::declval<const Request&>(), std::declval<Estimate>()))>>
    : std::true_type {};

// Whether a provider has anything of the name estimate: then it is a second one beside this one's,
// and the name says nothing any more. No such object is ever made.
struct Named {
    int estimate;
};
template <typename Provider>
struct NamedTwice : Provider, Named {};
template <typename Provider, bool is_final = std::is_final_v<Provider>, typename = void>
struct NamesEstimate : std::true_type {};
template <typename Provider>
struct NamesEstimate<Provider, true> : std::false_type {};
template <typename Provider>
struct NamesEstimate<Provider, false, std::void_t<decltype(&NamedTwice<Provider>::estimate)>>
    : std::false_type {};

// The nested class Service of a provider; void: it has none.
template <typename Provider, typename = void>
struct ServiceOf {
    using type = void;
};
template <typename Provider>
struct ServiceOf<Provider, std::void_t<typename Provider::Service>> {
    using type = typename Provider::Service;
};

inline bw_status tell(const Teller& teller, std::string_view message,
                      std::string_view code = {}) noexcept {
    bw_error out = sized<bw_error>();
    out.status = BW_E_INTERNAL;
    out.message = to_str(message);
    out.code = to_str(code);
    return teller.tell(out);
}

// No bug of anybody's: the host knows it by the code.
inline bw_status tell_of_no_memory(const Teller& teller) noexcept {
    return tell(teller, "there is no memory left", "out_of_memory");
}

inline bw_status tell_of_bug(const Teller& teller, const char* function,
                             const char* what) noexcept {
    try {
        return tell(teller, std::string("a bug in the plugin: ") + function + " threw " + what);
    } catch (...) {
        return tell_of_no_memory(teller);
    }
}

// Runs `body` and gives the status it returns, if it returns one; whatever it throws ends here, is
// told, and becomes a status.
template <typename Body>
bw_status guarded(const Teller& teller, const char* function, Body&& body) noexcept {
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            return BW_OK;
        } else {
            return body();
        }
    } catch (const Refused& refused) {
        return refused.status;
    } catch (const Error& error) {
        return error.tell(teller);
    } catch (const std::bad_alloc&) {
        return tell_of_no_memory(teller);
    } catch (const std::exception& error) {
        return tell_of_bug(teller, function, error.what());
    } catch (...) {
        return tell_of_bug(teller, function, "something that is not a std::exception");
    }
}

inline Setup setup_of(const bw_setup& setup) {
    const std::string_view text = to_view(setup.config);
    if (!json::valid(text) || json::Value(text).kind() != json::Kind::object) {
        throw Error(BW_E_INVALID, "the config given to the plugin is not a JSON object");
    }
    return Setup(Host(setup.api, setup.host), text);
}

// A service that can be made from the one that it will replace is; nullptr: it replaces none.
template <typename Service>
Service* new_service(const bw_setup& setup) {
    if constexpr (std::is_constructible_v<Service, Setup, const Service*>) {
        return new Service(setup_of(setup), reinterpret_cast<const Service*>(setup.service));
    } else {
        return new Service(setup_of(setup));
    }
}

// What is behind a bw_provider.
template <typename Provider>
struct Instance {
    using Service = typename ServiceOf<Provider>::type;

    explicit Instance(const bw_setup& setup) : host(setup.api, setup.host), provider(make(setup)) {}

    static Provider make(const bw_setup& setup) {
        if constexpr (std::is_void_v<Service>) {
            return Provider(setup_of(setup));
        } else {
            return Provider(setup_of(setup), *reinterpret_cast<Service*>(setup.service));
        }
    }

    Host host;
    Provider provider;
};

// What is behind a bw_call.
template <typename Provider>
struct Running {
    using Call = typename Provider::Call;

    Running(Instance<Provider>& instance, bw_attempt* attempt, const bw_request& request)
        : teller(instance.host.teller(attempt)),
          call(instance.provider, Request(request), Attempt(instance.host, attempt)) {}

    Teller teller;
    Call call;
};

// The functions of the table for one provider class. Hidden, whatever the flags: another plugin may
// have a class of that name.
template <typename Provider>
struct [[gnu::visibility("hidden")]] Thunks;

template <typename Provider>
struct Thunks {
    using Call = typename Provider::Call;
    using Service = typename ServiceOf<Provider>::type;
    static constexpr bool k_is_engine = HasStep<Call>::value;
    static_assert(HasData<Call>::value || k_is_engine,
                  "Call needs data(const bw::Frame&), or step() if it answers by itself");
    static_assert(k_is_engine || HasHead<Call>::value || std::is_base_of_v<NoHead, Call>,
                  "Call needs head(const bw::Head&), or bw::NoHead as a base");
    static_assert(k_is_engine || HasEnd<Call>::value || std::is_base_of_v<NoEnd, Call>,
                  "Call needs end(), or bw::NoEnd as a base");

    static constexpr bool k_estimates = HasEstimate<Provider>::value;
    static_assert(k_estimates ||
                      (!NamesEstimate<Provider>::value && !std::is_base_of_v<Estimates, Provider>),
                  "estimate must be a public void estimate(const bw::Request&, bw::Estimate)");

    static Instance<Provider>* instance(bw_provider* provider) {
        return reinterpret_cast<Instance<Provider>*>(provider);
    }
    static Running<Provider>* running(bw_call* call) {
        return reinterpret_cast<Running<Provider>*>(call);
    }

    static bw_status service_open(const bw_setup* setup, bw_service** out) noexcept {
        if constexpr (!std::is_void_v<Service>) {
            return guarded({setup->api, setup->host, nullptr}, "service_open", [&] {
                *out = reinterpret_cast<bw_service*>(new_service<Service>(*setup));
            });
        }
        return BW_E_UNSUPPORTED;
    }
    static void service_close(bw_service* service) noexcept {
        if constexpr (!std::is_void_v<Service>) delete reinterpret_cast<Service*>(service);
    }
    static void service_notice(bw_service* service, const bw_notice* notice) noexcept {
        if constexpr (!std::is_void_v<Service>) {
            if constexpr (HasNotice<Service>::value) {
                reinterpret_cast<Service*>(service)->notice(static_cast<Notice>(notice->kind));
            }
        }
    }

    static bw_status create(const bw_setup* setup, bw_provider** out) noexcept {
        return guarded({setup->api, setup->host, nullptr}, "create", [&] {
            *out = reinterpret_cast<bw_provider*>(new Instance<Provider>(*setup));
        });
    }
    static void destroy(bw_provider* provider) noexcept { delete instance(provider); }

    static bw_status call_open(bw_provider* provider, bw_attempt* attempt,
                               const bw_request* request, bw_call** out) noexcept {
        Instance<Provider>& self = *instance(provider);
        return guarded(self.host.teller(attempt), "call_open", [&] {
            *out = reinterpret_cast<bw_call*>(new Running<Provider>(self, attempt, *request));
        });
    }

    static bw_status call_head(bw_call* call, const bw_head* head) noexcept {
        if constexpr (HasHead<Call>::value) {
            return guarded(running(call)->teller, "call_head",
                           [&] { running(call)->call.head(Head(*head)); });
        }
        return BW_OK;
    }

    static bw_status call_data(bw_call* call, const bw_frame* frame) noexcept {
        if constexpr (HasData<Call>::value) {
            return guarded(running(call)->teller, "call_data", [&]() -> bw_status {
                Call& object = running(call)->call;
                using Returned = decltype(object.data(Frame(*frame)));
                static_assert(std::is_void_v<Returned> || std::is_same_v<Returned, Progress>,
                              "Call::data returns nothing, or bw::Progress");
                if constexpr (std::is_same_v<Returned, Progress>) {
                    return object.data(Frame(*frame)) == Progress::complete ? BW_COMPLETE : BW_OK;
                } else {
                    object.data(Frame(*frame));
                    return BW_OK;
                }
            });
        }
        return BW_OK;
    }

    static bw_status call_end(bw_call* call, const bw_end*) noexcept {
        if constexpr (HasEnd<Call>::value) {
            return guarded(running(call)->teller, "call_end", [&] { running(call)->call.end(); });
        }
        return BW_OK;
    }

    static void call_close(bw_call* call, const bw_close*) noexcept { delete running(call); }

    static bw_status step(bw_call* call, bw_step* out) noexcept {
        if constexpr (k_is_engine) {
            return guarded(running(call)->teller, "step", [&]() -> bw_status {
                const Step step = running(call)->call.step();
                if (step.is_complete()) return BW_COMPLETE;
                out->wait_ms = step.wait_ms();
                return BW_OK;
            });
        }
        return BW_E_UNSUPPORTED;
    }

    static bw_status estimate(bw_provider* provider, const bw_request* request,
                              bw_estimate* out) noexcept {
        if constexpr (k_estimates) {
            Instance<Provider>& self = *instance(provider);
            return guarded(self.host.teller(nullptr), "estimate", [&] {
                self.provider.estimate(Request(*request), Estimate(self.host, out));
            });
        }
        return BW_E_UNSUPPORTED;
    }

    static const void* extension(const char* id) noexcept {
        static constexpr bw_engine_plugin engine = {sizeof(bw_engine_plugin), 0, &step};
        if (k_is_engine && std::strcmp(id, BW_EXT_ENGINE) == 0) return &engine;
        static constexpr bw_estimate_plugin estimates = {sizeof(bw_estimate_plugin), 0, &estimate};
        if (k_estimates && std::strcmp(id, BW_EXT_ESTIMATE) == 0) return &estimates;
        return nullptr;
    }
};

}  // namespace detail

}  // namespace bw::v1
