// How far an attempt has come, as far as it decides what the upstream may have done for it.
#pragma once

namespace bw::plugin {

enum class Reach {
    none,      // nothing was sent
    sent,      // nothing of an answer has come
    refused,   // its status is not 2xx
    answered,  // it has begun; its end, if it came, was not the end of an answer
    judged,    // the plugin has said what it is
};

}  // namespace bw::plugin
