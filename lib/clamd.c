/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/clamd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "lib/octets.h"

#define CHUNK 65536

static bool
ends(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(text + len - n, with, n) == 0;
}

/* The name of a signature as it may stand in logs and header fields. */
static void
copy_name(const char *from, size_t len, char out[CLAMD_NAME_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < CLAMD_NAME_SIZE - 1; i++) {
		char c = from[i];

		out[n++] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			(c != '\0' && strchr(".-_/", c) != NULL)
		    ? c
		    : '_';
	}
	out[n] = '\0';
}

/* "stream: OK", "stream: NAME FOUND", "... ERROR". */
static int
parse(const char *line, size_t len, struct clamd_result *out)
{
	static const char found[] = " FOUND";
	const char *colon = memchr(line, ':', len);
	size_t start = colon != NULL ? (size_t)(colon - line) + 2 : len;

	out->name[0] = '\0';
	if (ends(line, len, "size limit exceeded. ERROR")) {
		out->verdict = CLAMD_TOO_BIG;
		return 0;
	}
	if (ends(line, len, " ERROR"))
		return OCT_EDEFER;
	if (start >= len || line[start - 1] != ' ')
		return OCT_EREPLY;
	if (len - start == 2 && memcmp(line + start, "OK", 2) == 0) {
		out->verdict = CLAMD_CLEAN;
		return 0;
	}
	if (!ends(line + start, len - start, found) ||
	    len - start == sizeof(found) - 1)
		return OCT_EREPLY;
	copy_name(line + start, len - start - (sizeof(found) - 1), out->name);
	out->verdict = CLAMD_FOUND;
	return 0;
}

static int
send_chunk(struct smtp_conn *c, const char *octets, size_t len,
    int64_t deadline)
{
	uint8_t head[4];
	int rc;

	(void)oct_be_put(head, len, sizeof(head));
	rc = smtp_conn_write(c, head, sizeof(head), deadline);
	return rc == 0 && len > 0 ? smtp_conn_write(c, octets, len, deadline)
				  : rc;
}

/* All of it, or up to where clamd has spoken: it answers early when it has
 * enough. */
static int
send_parts(struct smtp_conn *c, const struct clamd_part *parts, size_t count,
    int64_t deadline)
{
	int rc = smtp_conn_write(c, "nINSTREAM\n", 10, deadline);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *at = parts[i].octets;
		size_t left = parts[i].len;

		while (rc == 0 && left > 0) {
			size_t n = left < CHUNK ? left : CHUNK;

			if (!smtp_conn_quiet(c))
				return 0;
			rc = send_chunk(c, at, n, deadline);
			at += n;
			left -= n;
		}
	}
	return rc == 0 ? send_chunk(c, NULL, 0, deadline) : rc;
}

int
clamd_scan(const struct smtp_peer *peer, const struct clamd_part *parts,
    size_t count, int64_t deadline, struct clamd_result *out)
{
	struct smtp_conn c;
	const char *line;
	size_t len;
	int rc, sent;

	smtp_conn_init(&c);
	rc = smtp_conn_open(&c, peer, deadline);
	if (rc != 0)
		return rc;
	sent = send_parts(&c, parts, count, deadline);
	/* A clamd that stopped reading may have said why. */
	rc = sent == OCT_ETIME ? sent
			       : smtp_conn_line(&c, &line, &len, deadline);
	if (rc == 0)
		rc = parse(line, len, out);
	smtp_conn_close(&c);
	return rc;
}

int
clamd_ask(const struct smtp_peer *peer, const char *command, int64_t deadline,
    char out[CLAMD_ANSWER_SIZE])
{
	char text[32];
	struct smtp_conn c;
	const char *line;
	size_t len;
	int n = snprintf(text, sizeof(text), "n%s\n", command), rc;

	OCT_ASSERT(n > 0 && (size_t)n < sizeof(text));
	smtp_conn_init(&c);
	rc = smtp_conn_open(&c, peer, deadline);
	if (rc == 0)
		rc = smtp_conn_write(&c, text, (size_t)n, deadline);
	if (rc == 0)
		rc = smtp_conn_line(&c, &line, &len, deadline);
	if (rc == 0 && len >= CLAMD_ANSWER_SIZE)
		rc = OCT_EREPLY;
	for (size_t i = 0; rc == 0 && i < len; i++)
		out[i] = line[i] >= 0x20 && line[i] < 0x7f ? line[i] : '?';
	if (rc == 0)
		out[len] = '\0';
	smtp_conn_close(&c);
	return rc;
}

int
clamd_signatures(const char *version, int64_t *out_ms)
{
	const char *slash = strchr(version, '/');
	const char *date = slash != NULL ? strchr(slash + 1, '/') : NULL;
	struct tm tm = { .tm_isdst = -1 };
	const char *end;
	time_t when;

	if (date == NULL)
		return OCT_EPARSE;
	end = strptime(date + 1, "%a %b %d %H:%M:%S %Y", &tm);
	if (end == NULL || *end != '\0')
		return OCT_EPARSE;
	when = mktime(&tm);
	if (when == (time_t)-1)
		return OCT_EPARSE;
	*out_ms = (int64_t)when * 1000;
	return 0;
}
