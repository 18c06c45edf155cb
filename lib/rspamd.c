/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.0 (RFC 1945), so that the answer ends with the connection or with its
 * Content-Length and never comes in chunks.
 */
#include "lib/rspamd.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"

#define HEAD_MAX 8192
#define FIELDS_MAX 100
#define SCORE_MAX 1000.0

/* --- The request ------------------------------------------------------------ */

static bool
is_plain(const char *v)
{
	for (; *v != '\0'; v++)
		if (*v < 0x20 || *v >= 0x7f)
			return false;
	return true;
}

static void
add_field(struct oct_str *out, const char *name, const char *value)
{
	if (value != NULL && *value != '\0' && is_plain(value))
		oct_str_addf(out, "%s: %s\r\n", name, value);
}

static int
send_request(struct smtp_conn *c, const struct rspamd_request *r,
    int64_t deadline)
{
	struct oct_str head;
	int rc;

	oct_str_heap(&head, HEAD_MAX);
	oct_str_addf(&head,
	    "POST /checkv2 HTTP/1.0\r\nHost: rspamd\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n",
	    r->header_len + r->body_len);
	add_field(&head, "IP", r->client);
	add_field(&head, "Helo", r->helo);
	add_field(&head, "From", r->rpath);
	add_field(&head, "Queue-Id", r->queue_id);
	oct_str_add(&head, "\r\n");
	rc = oct_str_err(&head);
	if (rc == 0)
		rc = smtp_conn_write(c, oct_str_text(&head), head.len,
		    deadline);
	if (rc == 0)
		rc = smtp_conn_write(c, r->header, r->header_len, deadline);
	if (rc == 0)
		rc = smtp_conn_write(c, r->body, r->body_len, deadline);
	oct_str_free(&head);
	return rc;
}

/* --- The answer --------------------------------------------------------------- */

/* "HTTP/1.1 200 OK" */
static int
read_status(struct smtp_conn *c, int64_t deadline)
{
	const char *line;
	size_t len;
	int rc = smtp_conn_line(c, &line, &len, deadline);

	if (rc != 0)
		return rc;
	if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
		return OCT_EREPLY;
	return memcmp(line + 9, "200", 3) == 0 ? 0 : OCT_EDEFER;
}

static int
read_field(const char *line, size_t len, int64_t *length)
{
	static const char length_is[] = "Content-Length:";
	static const char coding_is[] = "Transfer-Encoding:";
	char number[24];
	const char *v;
	size_t n;

	if (len >= sizeof(coding_is) - 1 &&
	    strncasecmp(line, coding_is, sizeof(coding_is) - 1) == 0)
		return OCT_EREPLY;
	if (len < sizeof(length_is) - 1 ||
	    strncasecmp(line, length_is, sizeof(length_is) - 1) != 0)
		return 0;
	v = line + sizeof(length_is) - 1;
	n = len - (sizeof(length_is) - 1);
	while (n > 0 && *v == ' ') {
		v++;
		n--;
	}
	if (n >= sizeof(number))
		return OCT_EREPLY;
	memcpy(number, v, n);
	number[n] = '\0';
	if (oct_num_int(number, 0, INT64_MAX, length) != 0)
		return OCT_EREPLY;
	return *length > RSPAMD_ANSWER_MAX ? OCT_ELIMIT : 0;
}

/* Up to the empty line; *length -1: not told. */
static int
read_fields(struct smtp_conn *c, int64_t *length, int64_t deadline)
{
	*length = -1;
	for (int i = 0; i < FIELDS_MAX; i++) {
		const char *line;
		size_t len;
		int rc = smtp_conn_line(c, &line, &len, deadline);

		if (rc == 0 && len == 0)
			return 0;
		if (rc == 0)
			rc = read_field(line, len, length);
		if (rc != 0)
			return rc;
	}
	return OCT_EREPLY;
}

static int
read_body(struct smtp_conn *c, int64_t length, struct oct_str *out,
    int64_t deadline)
{
	size_t want = length >= 0 ? (size_t)length : SIZE_MAX, got = 1;
	const char *octets;

	while (got > 0 && out->len < want) {
		int rc = smtp_conn_some(c, &octets, &got, deadline);

		if (rc != 0)
			return rc;
		oct_str_addn(out, octets, got);
		if (oct_str_err(out) != 0)
			return oct_str_err(out) == OCT_EFULL ? OCT_ELIMIT
							     : -ENOMEM;
	}
	return length >= 0 && out->len < want ? OCT_EDOWN : 0;
}

static bool
take(const json_t *v, const char *name, int32_t *out)
{
	const json_t *n = json_object_get(v, name);
	double x = json_number_value(n);

	if (!json_is_number(n) || !isfinite(x))
		return false;
	x = fmin(fmax(x, -SCORE_MAX), SCORE_MAX);
	*out = (int32_t)lround(x * 100);
	return true;
}

static int
parse(const struct oct_str *text, struct rspamd_opinion *out)
{
	json_t *v = json_loadb(oct_str_text(text), text->len,
	    JSON_REJECT_DUPLICATES, NULL);
	bool good = v != NULL && take(v, "score", &out->score) &&
	    take(v, "required_score", &out->required);

	json_decref(v);
	return good ? 0 : OCT_EREPLY;
}

int
rspamd_check(const struct smtp_peer *peer, const struct rspamd_request *request,
    int64_t deadline, struct rspamd_opinion *out)
{
	struct smtp_conn c;
	struct oct_str text;
	int64_t length;
	int rc;

	smtp_conn_init(&c);
	oct_str_heap(&text, RSPAMD_ANSWER_MAX);
	rc = smtp_conn_open(&c, peer, deadline);
	if (rc == 0)
		rc = send_request(&c, request, deadline);
	if (rc == 0)
		rc = read_status(&c, deadline);
	if (rc == 0)
		rc = read_fields(&c, &length, deadline);
	if (rc == 0)
		rc = read_body(&c, length, &text, deadline);
	if (rc == 0)
		rc = parse(&text, out);
	smtp_conn_close(&c);
	oct_str_free(&text);
	return rc;
}
