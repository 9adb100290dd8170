// A plugin of which an exception leaves call_open. BAD_NOEXCEPT 0: the function says that it may,
// and a cast hides that, as with code of another language.
#include <bellwether/c/helpers.h>
#include <bellwether/provider.h>

#include <stdexcept>

namespace {

bw_status leave() { throw std::runtime_error("nobody catches this"); }

bw_status create(const bw_setup*, bw_provider** out) noexcept {
    static int instance;
    *out = reinterpret_cast<bw_provider*>(&instance);
    return BW_OK;
}
void destroy(bw_provider*) noexcept {}
bw_status call_open(bw_provider*, bw_attempt*, const bw_request*,
                    bw_call**) noexcept(BAD_NOEXCEPT) {
    return leave();
}
bw_status call_head(bw_call*, const bw_head*) noexcept { return BW_OK; }
bw_status call_data(bw_call*, const bw_frame*) noexcept { return BW_OK; }
bw_status call_end(bw_call*, const bw_end*) noexcept { return BW_OK; }
void call_close(bw_call*, const bw_close*) noexcept {}

}  // namespace

extern "C" BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello*) noexcept {
    static bw_plugin table{};
    table.size = sizeof(bw_plugin);
    table.id = "com.example.bad.throws";
    table.version = "6.6.6";
    table.manifest = R"({"options": {"how": {}, "what": {}}})";
    table.create = create;
    table.destroy = destroy;
    table.call_open = reinterpret_cast<decltype(table.call_open)>(call_open);
    table.call_head = call_head;
    table.call_data = call_data;
    table.call_end = call_end;
    table.call_close = call_close;
    return &table;
}
