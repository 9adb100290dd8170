// Must not compile unless the hook has its right name: one that is misspelt would never be called.
#include <bellwether/provider.hpp>

#ifndef HEAD
#define HEAD head
#endif
#ifndef DATA
#define DATA data
#endif
#ifndef END
#define END end
#endif
#ifndef STEP
#define STEP step
#endif

struct Asking {
    explicit Asking(const bw::Setup&) {}
    struct Call {
        Call(Asking&, const bw::Request&, bw::Attempt) {}
        void HEAD(const bw::Head&) {}
        void DATA(const bw::Frame&) {}
        void END() {}
    };
};

struct Computing {
    explicit Computing(const bw::Setup&) {}
    struct Call {
        Call(Computing&, const bw::Request&, bw::Attempt) {}
        bw::Step STEP() { return bw::Step::complete(); }
    };
};

template struct bw::detail::Thunks<Asking>;
template struct bw::detail::Thunks<Computing>;
