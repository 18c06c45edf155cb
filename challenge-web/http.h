/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 over libmicrohttpd: one thread serves all connections, so that their
 * limit is a true one; requests that wait for the store are handled by the
 * threads of a work pool meanwhile.  Every connection carries one request and
 * has a bounded time for its head, and again for its body and answer.  Bounds:
 * HTTP_URI_MAX (414), HTTP_BODY_MAX (413).
 */
#ifndef OCT_CHALLENGE_WEB_HTTP_H
#define OCT_CHALLENGE_WEB_HTTP_H

#include "challenge-web/work.h"
#include "lib/addr.h"
#include "lib/def.h"

#define HTTP_URI_MAX 256
#define HTTP_BODY_MAX 4096
#define HTTP_LOCATION_SIZE 1024
#define HTTP_COOKIE_SIZE 256

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_OTHER };

/* Arguments of a query that pages know. */
enum http_arg {
	HTTP_ARG_SEARCH, /* "q" */
	HTTP_ARG_PAGE,   /* "p" */
	HTTP_ARG_KIND,   /* "k" */
	HTTP_ARG_ITEM    /* "i" */
};
#define HTTP_ARGS (HTTP_ARG_ITEM + 1)

/* Borrowed for the call; strings are never NULL, but args may be. */
struct http_request {
	unsigned int fault; /* 0, or the status that it must be refused with */
	enum http_method method;
	const char *path;         /* without the query */
	const char *host;         /* the field of that name */
	const char *lang, *result; /* of the query */
	const char *args[HTTP_ARGS];
	const char *session;       /* cookie HTTP_SESSION, or NULL */
	const char *site;          /* Sec-Fetch-Site, or NULL */
	const char *languages;    /* Accept-Language */
	const char *content_type;
	const char *body;
	size_t body_len;
	bool prefetch;        /* a program fetches it, nobody asked yet */
	struct oct_ip client; /* AF_UNSPEC if not known */
};

/* "" if it is not there. */
const char *http_arg(const struct http_request *r, enum http_arg which);

/* RFC 6265bis 4.1.3.2: browsers take it over https only, from this host and for
 * all of it. */
#define HTTP_SESSION "__Host-octroi"

/* Filled by the handler. */
struct http_reply {
	unsigned int status;
	const char *type;     /* Content-Type, static storage */
	const char *language; /* Content-Language, static storage, or NULL */
	const char *allow;    /* of a 405, static storage, or NULL */
	char location[HTTP_LOCATION_SIZE]; /* "" = none */
	char cookie[HTTP_COOKIE_SIZE];     /* Set-Cookie, "" = none */
	int64_t retry_after_s;             /* 0 = none */
	char *body; /* heap: handed over; NULL = 500, unless len is 0 */
	size_t len;
};

struct http_conf {
	const char *listen; /* "127.0.0.1:8025" or "[::1]:8025" */
	size_t connections;
	int64_t limit_ms;  /* for the head; for the rest */
	bool behind_proxy; /* the client is in X-Forwarded-For */
	size_t threads;    /* that wait for the store */
	size_t queue;      /* requests that wait for a thread; beyond: 503 */
	/* The octets that a body of that path may have; NULL: HTTP_BODY_MAX. */
	size_t (*body_max)(void *arg, const char *path);
	/* Does it wait for the store?  Called by the serving thread. */
	bool (*blocks)(void *arg, const struct http_request *r);
	/* Called by a thread of the pool if so, else by the serving one. */
	void (*handle)(void *arg, const struct http_request *r,
	    struct http_reply *reply);
	void *arg;
};

struct http;

/* Is that an address to listen on?  OCT_ECONF. */
OCT_CHECK int http_listen_check(const char *listen);

/* conf is copied, its strings and what it points to must outlive it.  0,
 * OCT_ECONF (listen), -errno, -ENOMEM. */
OCT_CHECK int http_start(const struct http_conf *conf, struct http **out);
/* Cut connections whose time is over; call about once a second. */
void http_tick(struct http *h);
/* The port, for tests that listen on port 0. */
int http_port(const struct http *h);
/* Do fn(arg) in the pool; false: it is full, and it will not be done. */
OCT_CHECK bool http_submit(struct http *h, work_fn *fn, void *arg);
/* Accept no more, let requests in hand end for at most drain_ms, and close.
 * All that was submitted is done then. */
void http_stop(struct http *h, int64_t drain_ms);

#endif
