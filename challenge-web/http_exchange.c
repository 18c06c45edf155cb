/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request read, one answer written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "challenge-web/forwarded.h"
#include "challenge-web/http_int.h"
#include "lib/num.h"

/* A body that is refused is read on for so much, so that the client reads our
 * answer; then we hang up. */
#define DISCARD_MAX (256 * 1024)

static enum http_method
method_parse(const char *name)
{
	if (strcmp(name, MHD_HTTP_METHOD_GET) == 0)
		return HTTP_GET;
	if (strcmp(name, MHD_HTTP_METHOD_HEAD) == 0)
		return HTTP_HEAD;
	if (strcmp(name, MHD_HTTP_METHOD_POST) == 0)
		return HTTP_POST;
	return HTTP_OTHER;
}

static const char *
value_of(struct exchange *x, enum MHD_ValueKind kind, const char *name)
{
	const char *v = MHD_lookup_connection_value(x->connection, kind, name);

	return v != NULL ? v : "";
}

static enum MHD_Result
keep_last(void *arg, OCT_UNUSED enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	const char **last = arg;

	if (strcasecmp(name, "X-Forwarded-For") == 0 && value != NULL)
		*last = value;
	return MHD_YES;
}

static void
read_client(struct exchange *x, bool behind_proxy)
{
	const union MHD_ConnectionInfo *peer = MHD_get_connection_info(
	    x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const char *forwarded = NULL;

	x->request.client.family = AF_UNSPEC;
	if (peer != NULL && peer->client_addr != NULL)
		oct_ip_from_sockaddr(peer->client_addr, &x->request.client);
	if (!behind_proxy)
		return;
	(void)MHD_get_connection_values(x->connection, MHD_HEADER_KIND,
	    keep_last, &forwarded);
	/* Unreadable: it stays the proxy, whose allowance all such share. */
	if (forwarded != NULL)
		(void)!forwarded_client(forwarded, &x->request.client);
}

/* What browsers and their extensions say when they load a page that nobody
 * opened (Fetch, "Sec-Purpose"; older names of the same). */
static bool
is_prefetch(struct exchange *x)
{
	static const char *const names[] = { "Sec-Purpose", "Purpose",
		"X-Purpose", "X-Moz" };

	for (size_t i = 0; i < OCT_LEN(names); i++) {
		const char *v = value_of(x, MHD_HEADER_KIND, names[i]);

		if (strncasecmp(v, "prefetch", 8) == 0 ||
		    strncasecmp(v, "prerender", 9) == 0 ||
		    strncasecmp(v, "preview", 7) == 0)
			return true;
	}
	return false;
}

static unsigned int
head_fault(struct exchange *x, const char *url, const char *version)
{
	const char *length = value_of(x, MHD_HEADER_KIND,
	    MHD_HTTP_HEADER_CONTENT_LENGTH);
	int64_t octets;

	/* RFC 9112 3.2: the library lets it pass. */
	if (strcmp(version, MHD_HTTP_VERSION_1_1) == 0 &&
	    *value_of(x, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST) == '\0')
		return MHD_HTTP_BAD_REQUEST;
	if (strlen(url) > HTTP_URI_MAX)
		return MHD_HTTP_URI_TOO_LONG;
	if (*length != '\0' &&
	    oct_num_int(length, 0, (int64_t)x->body_max, &octets) != 0)
		return MHD_HTTP_CONTENT_TOO_LARGE;
	return 0;
}

void
exchange_read_head(struct exchange *x, const char *url, const char *method,
    const char *version, bool behind_proxy)
{
	static const char *const args[HTTP_ARGS] = { "q", "p", "k", "i" };
	struct http_request *r = &x->request;

	for (size_t i = 0; i < HTTP_ARGS; i++)
		r->args[i] = value_of(x, MHD_GET_ARGUMENT_KIND, args[i]);
	r->session = value_of(x, MHD_COOKIE_KIND, HTTP_SESSION);
	r->site = value_of(x, MHD_HEADER_KIND, "Sec-Fetch-Site");
	r->method = method_parse(method);
	r->path = url;
	r->host = value_of(x, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	r->lang = value_of(x, MHD_GET_ARGUMENT_KIND, "lang");
	r->result = value_of(x, MHD_GET_ARGUMENT_KIND, "r");
	r->languages = value_of(x, MHD_HEADER_KIND,
	    MHD_HTTP_HEADER_ACCEPT_LANGUAGE);
	r->content_type = value_of(x, MHD_HEADER_KIND,
	    MHD_HTTP_HEADER_CONTENT_TYPE);
	r->body = x->body;
	r->prefetch = is_prefetch(x);
	read_client(x, behind_proxy);
	r->fault = head_fault(x, url, version);
}

const char *
http_arg(const struct http_request *r, enum http_arg which)
{
	return r->args[which] != NULL ? r->args[which] : "";
}

/* Where the body is kept; NULL: no memory. */
static char *
body_room(struct exchange *x)
{
	if (x->body_max <= HTTP_BODY_MAX)
		return x->body;
	if (x->large == NULL)
		x->large = malloc(x->body_max);
	x->request.body = x->large;
	return x->large;
}

bool
exchange_read_body(struct exchange *x, const char *octets, size_t len)
{
	struct http_request *r = &x->request;
	char *room;

	x->received += len;
	if (x->received > x->body_max) {
		if (r->fault == 0)
			r->fault = MHD_HTTP_CONTENT_TOO_LARGE;
		return x->received <= x->body_max + DISCARD_MAX;
	}
	room = body_room(x);
	if (room == NULL)
		return false;
	memcpy(room + r->body_len, octets, len);
	r->body_len += len;
	return true;
}

static const struct {
	const char *name, *value;
} always[] = {
	{ "Connection", "close" },
	{ "Cache-Control", "no-store" },
	{ "Content-Security-Policy",
	    "default-src 'none'; style-src 'self'; form-action 'self'; "
	    "base-uri 'none'; frame-ancestors 'none'" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy",
	    "camera=(), display-capture=(), geolocation=(), microphone=(), "
	    "payment=(), usb=()" },
	{ "Referrer-Policy", "no-referrer" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "X-Robots-Tag", "noindex" },
};

static bool
add_headers(struct MHD_Response *r, const struct http_reply *reply)
{
	bool ok = true;
	char number[24];

	for (size_t i = 0; i < OCT_LEN(always); i++)
		ok &= MHD_add_response_header(r, always[i].name,
		    always[i].value) == MHD_YES;
	if (reply->type != NULL)
		ok &= MHD_add_response_header(r, "Content-Type",
		    reply->type) == MHD_YES;
	if (reply->language != NULL)
		ok &= MHD_add_response_header(r, "Content-Language",
		    reply->language) == MHD_YES;
	if (reply->allow != NULL)
		ok &= MHD_add_response_header(r, "Allow", reply->allow) ==
		    MHD_YES;
	if (*reply->cookie != '\0')
		ok &= MHD_add_response_header(r, "Set-Cookie", reply->cookie) ==
		    MHD_YES;
	if (*reply->location != '\0')
		ok &= MHD_add_response_header(r, "Location",
		    reply->location) == MHD_YES;
	if (reply->retry_after_s > 0) {
		(void)snprintf(number, sizeof(number), "%lld",
		    (long long)reply->retry_after_s);
		ok &= MHD_add_response_header(r, "Retry-After", number) ==
		    MHD_YES;
	}
	return ok;
}

enum MHD_Result
exchange_answer(struct exchange *x)
{
	struct http_reply *reply = &x->reply;
	struct MHD_Response *r;
	enum MHD_Result rc = MHD_NO;

	if (reply->body == NULL && reply->len > 0) { /* out of memory */
		reply->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
		reply->len = 0;
	}
	r = MHD_create_response_from_buffer(reply->len, reply->body,
	    MHD_RESPMEM_MUST_FREE);
	if (r == NULL)
		return MHD_NO; /* the body is freed with the exchange */
	reply->body = NULL;    /* the response has it */
	if (add_headers(r, reply))
		rc = MHD_queue_response(x->connection, reply->status, r);
	MHD_destroy_response(r);
	return rc;
}
