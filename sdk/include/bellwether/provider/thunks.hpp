// From a provider class to the functions of its table. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/provider/error.hpp>
#include <bellwether/provider/exchange.hpp>
#include <bellwether/provider/host.hpp>
#include <bellwether/provider/models.hpp>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bw {

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

inline bw_status report_bug(bw_error* out, const char* function, const char* what) noexcept {
    if (out == nullptr) return BW_E_INTERNAL;
    append_text(out->message, out->message_len, "a bug in the plugin: ");
    append_text(out->message, out->message_len, function);
    append_text(out->message, out->message_len, " threw ");
    append_text(out->message, out->message_len, what);
    return BW_E_INTERNAL;
}

// No bug of anybody's: the host knows it by the code.
inline bw_status report_lack_of_memory(bw_error* out) noexcept {
    if (out == nullptr) return BW_E_INTERNAL;
    append_text(out->message, out->message_len, "there is no memory left");
    append_text(out->code, out->code_len, "out_of_memory");
    return BW_E_INTERNAL;
}

// Runs `body` and gives the status it returns, if it returns one; whatever it throws ends here, as
// a status.
template <typename Body>
bw_status guarded(bw_error* out, const char* function, Body&& body) noexcept {
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            return BW_OK;
        } else {
            return body();
        }
    } catch (const Error& error) {
        return error.write(out);
    } catch (const std::bad_alloc&) {
        return report_lack_of_memory(out);
    } catch (const std::exception& error) {
        return report_bug(out, function, error.what());
    } catch (...) {
        return report_bug(out, function, "something that is not a std::exception");
    }
}

// What is behind a bw_provider.
template <typename Provider>
struct Instance {
    Instance(const bw_host_api* api, bw_host* host, std::string_view config)
        : context{api, static_cast<const bw_generate_host*>(api->extension(host, BW_EXT_GENERATE))},
          models(static_cast<const bw_models_host*>(api->extension(host, BW_EXT_MODELS))),
          provider(Setup(Host(api, host), config)) {}

    Context context;
    const bw_models_host* models;  // nullptr: this host asks for no list of models
    Provider provider;
};

// The functions of the table for one provider class. Hidden, whatever the flags: another plugin may
// have a class of that name.
template <typename Provider>
struct [[gnu::visibility("hidden")]] Thunks;

template <typename Provider>
struct Thunks {
    using Call = typename Provider::Call;
    static_assert(HasData<Call>::value || HasStep<Call>::value,
                  "Call needs data(const bw::Frame&), or step() if it answers by itself");

    static Instance<Provider>* instance(bw_provider* provider) {
        return reinterpret_cast<Instance<Provider>*>(provider);
    }
    static Call* object(bw_call* call) { return reinterpret_cast<Call*>(call); }

    static bw_status create(const bw_host_api* api, bw_host* host, bw_str config, bw_provider** out,
                            bw_error* error) noexcept {
        return guarded(error, "create", [&] {
            const std::string_view text = to_view(config);
            if (!json::valid(text) || json::Value(text).kind() != json::Kind::object) {
                throw Error(BW_E_INVALID, "the config given to the plugin is not a JSON object");
            }
            auto made = std::make_unique<Instance<Provider>>(api, host, text);
            *out = reinterpret_cast<bw_provider*>(made.release());
        });
    }

    static void destroy(bw_provider* provider) noexcept { delete instance(provider); }

    static bw_status call_open(bw_provider* provider, bw_exchange* exchange,
                               const bw_request* request, bw_call** out, bw_error* error) noexcept {
        return guarded(error, "call_open", [&] {
            Instance<Provider>* const self = instance(provider);
            auto made = std::make_unique<Call>(self->provider, Request(*request),
                                               Exchange(self->context, exchange));
            *out = reinterpret_cast<bw_call*>(made.release());
        });
    }

    static bw_status call_head(bw_call* call, const bw_head* head, bw_error* error) noexcept {
        if constexpr (HasHead<Call>::value) {
            return guarded(error, "call_head", [&] { object(call)->head(Head(*head)); });
        }
        return BW_OK;
    }

    static bw_status call_data(bw_call* call, const bw_frame* frame, bw_error* error) noexcept {
        if constexpr (HasData<Call>::value) {
            return guarded(error, "call_data", [&]() -> bw_status {
                using Returned = decltype(object(call)->data(Frame(*frame)));
                static_assert(std::is_void_v<Returned> || std::is_same_v<Returned, Progress>,
                              "Call::data returns nothing, or bw::Progress");
                if constexpr (std::is_same_v<Returned, Progress>) {
                    const Progress progress = object(call)->data(Frame(*frame));
                    return progress == Progress::complete ? BW_COMPLETE : BW_OK;
                } else {
                    object(call)->data(Frame(*frame));
                    return BW_OK;
                }
            });
        }
        return BW_OK;
    }

    static bw_status call_end(bw_call* call, bw_error* error) noexcept {
        if constexpr (HasEnd<Call>::value) {
            return guarded(error, "call_end", [&] { object(call)->end(); });
        }
        return BW_OK;
    }

    static void call_close(bw_call* call) noexcept { delete object(call); }

    static bw_status step(bw_call* call, std::int64_t* wait_ms, bw_error* error) noexcept {
        if constexpr (HasStep<Call>::value) {
            return guarded(error, "step", [&] {
                const std::optional<std::chrono::milliseconds> wait = object(call)->step();
                *wait_ms = wait ? (wait->count() < 0 ? 0 : wait->count()) : -1;
            });
        }
        return BW_E_UNSUPPORTED;
    }

    static bw_status ask_models(bw_provider* provider, bw_exchange* exchange,
                                bw_error* error) noexcept {
        if constexpr (HasModels<Provider>::value) {
            return guarded(error, "ask_models", [&] {
                Instance<Provider>* const self = instance(provider);
                self->provider.ask_models(ModelsQuery(self->context.api, exchange));
            });
        }
        return BW_E_UNSUPPORTED;
    }

    static bw_status read_models(bw_provider* provider, bw_exchange* exchange, const bw_head* head,
                                 bw_str body, bw_error* error) noexcept {
        if constexpr (HasModels<Provider>::value) {
            return guarded(error, "read_models", [&] {
                Instance<Provider>* const self = instance(provider);
                if (self->models == nullptr) throw Error(BW_E_UNSUPPORTED, "no bw.models/1");
                self->provider.read_models(ModelsReply(self->models, exchange, *head, body));
            });
        }
        return BW_E_UNSUPPORTED;
    }

    static const void* extension(const char* id) noexcept {
        static constexpr bw_models_plugin models = {sizeof(bw_models_plugin), 0, &ask_models,
                                                    &read_models};
        if (HasModels<Provider>::value && std::strcmp(id, BW_EXT_MODELS) == 0) return &models;
        static constexpr bw_generate_plugin generate = {sizeof(bw_generate_plugin), 0, &step};
        if (HasStep<Call>::value && std::strcmp(id, BW_EXT_GENERATE) == 0) return &generate;
        return nullptr;
    }
};

}  // namespace detail

}  // namespace bw
