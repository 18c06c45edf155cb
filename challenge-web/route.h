/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a path and a method to its handler.  The functions are http_conf's, arg
 * is a struct app.  Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_ROUTE_H
#define OCT_CHALLENGE_WEB_ROUTE_H

#include "challenge-web/http.h"

size_t route_body_max(void *arg, const char *path);
bool route_blocks(void *arg, const struct http_request *r);
void route_handle(void *arg, const struct http_request *r,
    struct http_reply *reply);

#endif
