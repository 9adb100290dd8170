// bellwether/provider.hpp - writes a provider plugin as a small C++ class: no casts, no tables, no
// lifetimes to keep by hand. A provider is a class with a nested class Call, one object for each
// attempt to answer a request:
//
//   struct Shout {
//       explicit Shout(const bw::Setup& setup);
//       struct Call {
//           Call(Shout& provider, const bw::Request& request, bw::Exchange exchange);
//           void head(const bw::Head& head);    // optional
//           void data(const bw::Frame& frame);  // needed, unless there is a step; see below
//           void end();                         // optional
//           std::optional<std::chrono::milliseconds> step();  // optional: answers by itself
//       };
//   };
//   BW_PROVIDER(Shout, "com.example.shout", "1.0.0", R"({"summary": "SHOUTS"})")
//
// A provider that can list its upstream's models has, besides, both of
//       void ask_models(bw::ModelsQuery query);   // query.get(url), once
//       void read_models(bw::ModelsReply reply);  // reply.add(id) for each
//
// The constructor of Call sends; the destructor of Call is also what a cancel looks like. `data`
// may return a bw::Progress instead of nothing: Progress::complete says that the reply is, though
// the upstream may not close; what it still sends is dropped, and end() comes next. Anything goes
// wrong: throw bw::Error. Any other exception is reported as a bug of the plugin; none leaves it.
// The threading and the lifetimes are those of <bellwether/provider.h>: one instance, one thread.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>

#include <cstdint>

#include <bellwether/json.hpp>
#include <bellwether/provider/error.hpp>
#include <bellwether/provider/exchange.hpp>
#include <bellwether/provider/host.hpp>
#include <bellwether/provider/models.hpp>
#include <bellwether/provider/thunks.hpp>

namespace bw {

// The table of a provider class: built at the first call, from then on constant. The three texts
// must live as long as the process. For several plugins in one binary, as tests have them; a plugin
// of its own uses BW_PROVIDER. Hidden, whatever the flags: the table of another plugin's class of
// that name is another one.
template <typename Provider>
[[gnu::visibility("hidden")]] const bw_plugin* plugin_table(const char* id, const char* version,
                                                            const char* manifest) noexcept {
    using Thunks = detail::Thunks<Provider>;
    static const bw_plugin table = {sizeof(bw_plugin),
                                    BW_ABI_MINOR,
                                    0,
                                    0,
                                    id,
                                    version,
                                    manifest,
                                    &Thunks::create,
                                    &Thunks::destroy,
                                    &Thunks::call_open,
                                    &Thunks::call_head,
                                    &Thunks::call_data,
                                    &Thunks::call_end,
                                    &Thunks::call_close,
                                    &Thunks::extension};
    return &table;
}

}  // namespace bw

// Makes the file that it stands in a plugin: `id` and `version` are those of bw_plugin, `manifest`
// is its JSON.
#define BW_PROVIDER(Provider, id, version, manifest)                             \
    extern "C" BW_EXPORT const bw_plugin* bw_plugin_v1(std::uint32_t) noexcept { \
        return ::bw::plugin_table<Provider>(id, version, manifest);              \
    }
