/* bellwether/c/setup.h - what an instance is made from. Part of <bellwether/c/helpers.h>. */
#ifndef BELLWETHER_C_SETUP_H
#define BELLWETHER_C_SETUP_H

#include <bellwether/c/json_get.h>

/* 1 if the config of a bw_setup says that this credential can be used. */
static inline int bw_has_credential(bw_str config, bw_str name) {
    bw_json_walk names = bw_json_each(bw_json_get(config, "credentials"));
    while (bw_json_next(&names)) {
        if (bw_json_equals(names.value, name)) return 1;
    }
    return 0;
}

#endif
