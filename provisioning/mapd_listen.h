/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets of octroi-mapd: non-blocking descriptors, or errors.
 */
#ifndef OCT_PROVISIONING_MAPD_LISTEN_H
#define OCT_PROVISIONING_MAPD_LISTEN_H

#include "lib/def.h"

/* A dead socket at path is replaced; a live one is -EADDRINUSE. */
OCT_CHECK int mapd_listen_unix(
    const char *path, unsigned int mode, const char *group);
/* As mapd_listen_check (mapd_server.h) takes it. */
OCT_CHECK int mapd_listen_tcp(const char *address);

#endif
