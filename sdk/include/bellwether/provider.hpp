// bellwether/provider.hpp - writes a provider plugin as a small C++ class: no casts, no tables, no
// lifetimes to keep by hand. A provider is a class with a nested class Call, one object for each
// attempt to answer a request:
//
//   struct Shout {
//       explicit Shout(const bw::Setup& setup);
//       struct Call {  // : bw::NoHead, bw::NoEnd, if it has no head() or no end()
//           Call(Shout& provider, const bw::Request& request, bw::Attempt attempt);
//           void head(const bw::Head& head);
//           void data(const bw::Frame& frame);
//           void end();
//       };
//   };
//   BW_PROVIDER(Shout, "com.example.shout", "1.0.0", R"({"summary": "SHOUTS"})")
//
// The constructor of Call sends; the destructor of Call is also what a cancel looks like. `data`
// may return a bw::Progress instead of nothing: Progress::complete says that the reply is, though
// the upstream may not close; what it still sends is dropped, and end() comes next. end() may send
// again: its answer comes to head(), data() and end() in turn. A provider that answers by itself
// has `bw::Step step()` in place of the three, and calls attempt.generate() in place of send.
//
// What the workers share, such as the weights of a model and threads, is a nested class Service:
//
//       struct Service {
//           explicit Service(const bw::Setup& setup);  // may take its time
//           void notice(bw::Notice notice);            // optional
//       };
//       Shout(const bw::Setup& setup, Service& service);
//
// A Service whose constructor takes (setup, const Service* replaced) is given the one that it will
// replace, which is still in use, to take weights over from; nullptr if there is none.
//
// A provider that knows better than the host what a request can cost at most says so in a hook.
// With bw::Estimates as a base a misspelt one does not compile:
//
//       void estimate(const bw::Request& request, bw::Estimate estimate);  // estimate.bound(...)
//
// Anything goes wrong: throw bw::Error. Any other exception is reported as a bug of the plugin;
// none leaves it. The threading and the lifetimes are those of <bellwether/provider.h>.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>
#include <bellwether/version.hpp>

#include <bellwether/json.hpp>
#include <bellwether/provider/attempt.hpp>
#include <bellwether/provider/error.hpp>
#include <bellwether/provider/estimate.hpp>
#include <bellwether/provider/host.hpp>
#include <bellwether/provider/request.hpp>
#include <bellwether/provider/send.hpp>
#include <bellwether/provider/thunks.hpp>
#include <bellwether/provider/usage.hpp>

namespace bw::v1 {

// The table of a provider class: built at the first call, from then on constant. The three texts
// must live as long as the process. For several plugins in one binary, as tests have them; a plugin
// of its own uses BW_PROVIDER. Hidden, whatever the flags: the table of another plugin's class of
// that name is another one.
template <typename Provider>
[[gnu::visibility("hidden")]] const bw_plugin* plugin_table(const char* id, const char* version,
                                                            const char* manifest) noexcept {
    using Thunks = detail::Thunks<Provider>;
    static const bw_plugin table = [&] {
        bw_plugin made = detail::sized<bw_plugin>();
        made.abi_minor = BW_ABI_MINOR;
        made.id = id;
        made.version = version;
        made.manifest = manifest;
        if (!std::is_void_v<typename Thunks::Service>) {
            made.service_open = &Thunks::service_open;
            made.service_close = &Thunks::service_close;
            made.service_notice = &Thunks::service_notice;
        }
        made.create = &Thunks::create;
        made.destroy = &Thunks::destroy;
        made.call_open = &Thunks::call_open;
        made.call_head = &Thunks::call_head;
        made.call_data = &Thunks::call_data;
        made.call_end = &Thunks::call_end;
        made.call_close = &Thunks::call_close;
        made.extension = &Thunks::extension;
        return made;
    }();
    return &table;
}

}  // namespace bw::v1

// Makes the file that it stands in a plugin: `id` and `version` are those of bw_plugin, `manifest`
// is its JSON.
#define BW_PROVIDER(Provider, id, version, manifest)                               \
    extern "C" BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello*) noexcept { \
        return ::bw::plugin_table<Provider>(id, version, manifest);                \
    }
