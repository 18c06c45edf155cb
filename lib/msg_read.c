/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored message back into parts, divided as Postfix's cleanup divides it: a
 * line that is neither a field nor a continuation ends the header and is the
 * first line of the body.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/msg_int.h"

#define CHUNK ((size_t)65536)

/* The header is read whole into buf; the body passes through it in chunks. */
struct reader {
	struct oct_msg *m;
	int fd;
	bool eof;
	char *buf;
	size_t len, cap, max;
	size_t pos;            /* start of the line to look at */
	size_t field;          /* start of the field being collected */
	bool in_field;
	bool last_cr;          /* body: the last octet seen was CR */
	char *crlf;            /* body: a chunk with its line ends put right */
};

static int
grow(struct reader *r)
{
	char *grown;

	if (r->cap - r->len >= CHUNK)
		return 0;
	grown = realloc(r->buf, r->cap + r->cap / 2 + CHUNK);
	if (grown == NULL)
		return -ENOMEM;
	r->buf = grown;
	r->cap += r->cap / 2 + CHUNK;
	return 0;
}

static int
fill(struct reader *r)
{
	size_t got;
	int rc = grow(r);

	if (rc == 0)
		rc = oct_io_read(r->fd, r->buf + r->len, CHUNK, &got);
	if (rc != 0)
		return rc;
	r->eof = got < CHUNK;
	r->len += got;
	return 0;
}

static bool
is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* Hand over buf[field..end), where end is past its last line end. */
static int
end_field(struct reader *r, size_t end)
{
	const char *line = r->buf + r->field;
	size_t len = end - r->field;
	struct oct_field f = { .name = line };
	const char *nul;

	if (!r->in_field)
		return 0;
	r->in_field = false;
	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	f.name_len = msg_field_name_len(line, len);
	f.value = (const char *)memchr(line, ':', len) + 1;
	f.value_len = len - (size_t)(f.value - line);
	/* As Postfix has it: a NUL ends the value. */
	nul = memchr(f.value, '\0', f.value_len);
	if (nul != NULL)
		f.value_len = (size_t)(nul - f.value);
	return msg_add_field(r->m, &f);
}

/* An mbox separator as first line, renamed as Postfix's smtpd does. */
static bool
is_mbox_line(const struct reader *r, const char *line, size_t len)
{
	return r->pos == 0 &&
	    ((len >= 5 && memcmp(line, "From ", 5) == 0) ||
	    (len >= 6 && memcmp(line, ">From ", 6) == 0));
}

static int
add_mbox_line(struct reader *r, const char *line, size_t len)
{
	static const char name[] = "X-Mailbox-Line";
	struct oct_field f = { .name = name, .name_len = sizeof(name) - 1 };
	char *value = malloc(len + 1);
	int rc;

	if (value == NULL)
		return -ENOMEM;
	len = strnlen(line, len);
	value[0] = ' ';
	memcpy(value + 1, line, len);
	f.value = value;
	f.value_len = len + 1;
	rc = msg_add_field(r->m, &f);
	free(value);
	return rc;
}

/*
 * Look at the line buf[pos..pos+len), line end excluded; next is where the
 * following one starts.  1: go on, 0: the header ended, pos is the body.
 */
static int
take_line(struct reader *r, size_t len, size_t next)
{
	const char *line = r->buf + r->pos;
	int rc;

	if (len > 0 && is_wsp(line[0]) && r->in_field)
		goto more;
	rc = end_field(r, r->pos);
	if (rc != 0)
		return rc;
	if (len == 0) {
		r->pos = next;
		return 0;
	}
	if (is_mbox_line(r, line, len)) {
		rc = add_mbox_line(r, line, len);
		r->pos = next;
		return rc == 0 ? 1 : rc;
	}
	if (msg_field_name_len(line, len) == 0)
		return 0;
	r->field = r->pos;
	r->in_field = true;
more:
	r->pos = next;
	return 1;
}

/* A line with no end within the bound on headers: too much, or body? */
static int
take_endless(struct reader *r)
{
	const char *line = r->buf + r->pos;
	size_t len = r->len - r->pos;

	if (len == 0 || (is_wsp(line[0]) && r->in_field) ||
	    msg_field_name_len(line, len) > 0)
		return msg_over(r->m, "header_octets");
	return end_field(r, r->pos);
}

static int
read_header(struct reader *r)
{
	size_t seen = 0, len, next;
	const char *lf;
	int rc = 1;

	while (rc > 0) {
		lf = NULL;
		if (r->len > r->pos + seen)
			lf = memchr(r->buf + r->pos + seen, '\n',
			    r->len - r->pos - seen);
		if (lf == NULL && !r->eof) {
			seen = r->len - r->pos;
			if (r->len > r->max)
				return take_endless(r);
			rc = fill(r);
			if (rc < 0)
				return rc;
			rc = 1;
			continue;
		}
		if (lf == NULL && r->pos == r->len)
			return end_field(r, r->len);
		len = lf == NULL ? r->len - r->pos
				 : (size_t)(lf - r->buf) - r->pos;
		next = r->pos + len + (lf != NULL);
		if (len > 0 && r->buf[r->pos + len - 1] == '\r')
			len--;
		seen = 0;
		rc = take_line(r, len, next);
	}
	return rc;
}

/* Add a piece of the body, bare LF turned to CRLF. */
static int
add_body(struct reader *r, const char *octets, size_t len)
{
	char *to = r->crlf;

	for (size_t i = 0; i < len; i++) {
		if (octets[i] == '\n' && !r->last_cr)
			*to++ = '\r';
		*to++ = octets[i];
		r->last_cr = octets[i] == '\r';
	}
	return oct_msg_add_body(r->m, r->crlf, (size_t)(to - r->crlf));
}

static int
read_body(struct reader *r)
{
	const char *octets = r->buf + r->pos;
	size_t left = r->len - r->pos, n;
	char last = '\n';
	int rc = 0;

	r->crlf = malloc(2 * CHUNK);
	if (r->crlf == NULL)
		return -ENOMEM;
	for (;;) {
		for (; left > 0 && rc == 0; octets += n, left -= n) {
			n = left < CHUNK ? left : CHUNK;
			rc = add_body(r, octets, n);
			last = octets[n - 1];
		}
		if (rc != 0 || r->eof)
			break;
		r->len = 0;
		rc = fill(r);
		octets = r->buf;
		left = r->len;
	}
	/* SMTP knows no unfinished line. */
	if (rc == 0 && last != '\n')
		rc = add_body(r, r->last_cr ? "\n" : "\r\n",
		    r->last_cr ? 1 : 2);
	return rc;
}

int
oct_msg_read(const struct oct_msg_limits *limits, int fd, struct oct_msg **out)
{
	struct reader r = { .fd = fd, .max = limits->header_octets + CHUNK };
	int rc = oct_msg_new(limits, &r.m);

	if (rc != 0)
		return rc;
	rc = read_header(&r);
	if (rc == 0)
		rc = read_body(&r);
	free(r.buf);
	free(r.crlf);
	if (rc != 0) {
		oct_msg_free(r.m);
		return rc;
	}
	*out = r.m;
	return 0;
}
