/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the HTTP layer: one request on its way.  It belongs to the serving
 * thread, but while it is EXCHANGE_WORKING to the pool.
 */
#ifndef OCT_CHALLENGE_WEB_HTTP_INT_H
#define OCT_CHALLENGE_WEB_HTTP_INT_H

#include <microhttpd.h>

#include "challenge-web/http.h"

enum exchange_stage { EXCHANGE_READING, EXCHANGE_WORKING, EXCHANGE_ANSWERING };

struct exchange {
	struct http *http;
	struct MHD_Connection *connection;
	enum exchange_stage stage;
	int64_t queued_ms; /* monotonic */
	struct http_request request;
	struct http_reply reply;
	size_t received; /* octets of the body, kept or not */
	size_t body_max;
	char *large;     /* instead of body, where more is allowed */
	char body[HTTP_BODY_MAX];
};

/* Read the head into x->request (a fault included). */
void exchange_read_head(struct exchange *x, const char *url, const char *method,
    const char *version, bool behind_proxy);
/* Keep a part of the body; false: so much too much that we hang up. */
OCT_CHECK bool exchange_read_body(struct exchange *x, const char *octets,
    size_t len);
/* Answer, with the headers that every answer has. */
enum MHD_Result exchange_answer(struct exchange *x);

/* Open connections and until when they may last.  Lives in http_conn.c. */
struct http_conn {
	struct http_conn *prev, *next;
	int fd;
	int64_t deadline_ms;
};
struct http_conns;
struct http_conns *http_conns_new(void);
void http_conns_free(struct http_conns *c);
/* NULL: no memory. */
struct http_conn *http_conns_add(struct http_conns *c, int fd,
    int64_t deadline_ms);
void http_conns_remove(struct http_conns *c, struct http_conn *conn);
void http_conns_extend(struct http_conns *c, struct http_conn *conn,
    int64_t deadline_ms);
/* Shut down those over their time; returns how many. */
size_t http_conns_cut(struct http_conns *c, int64_t now_ms);

#endif
