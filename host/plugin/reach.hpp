// How far an attempt has come. From this the host concludes how much work the upstream may have
// done for an attempt that failed (policy/estimate/reckon.cpp).
#pragma once

namespace bellwether::plugin {

enum class Reach {
    none,      // nothing was sent
    sent,      // the request was sent, and no head of an answer has come
    refused,   // the answer's status is not 2xx
    answered,  // a 2xx answer has begun, or the plugin makes it itself; a part may be missing
    judged,    // the plugin has refused the answer for what it says, not for a part that is missing
};

}  // namespace bellwether::plugin
