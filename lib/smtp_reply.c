/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/smtp_reply.h"

#include <string.h>
#include <strings.h>

#include "lib/err.h"

struct keyword {
	const char *name;
	unsigned bit;
};

static const struct keyword extensions[] = {
	{ "PIPELINING", SMTP_PIPELINING },
	{ "8BITMIME", SMTP_8BITMIME },
	{ "DSN", SMTP_DSN },
	{ "SMTPUTF8", SMTP_SMTPUTF8 },
	{ "AUTH", SMTP_AUTH },
};

/*
 * Parameters and the extension that brings each.  SIZE is not among them: it
 * told the size of the message before our trace was added.
 */
static const struct keyword parameters[] = {
	{ "BODY", SMTP_8BITMIME },
	{ "RET", SMTP_DSN },
	{ "ENVID", SMTP_DSN },
	{ "NOTIFY", SMTP_DSN },
	{ "ORCPT", SMTP_DSN },
	{ "SMTPUTF8", SMTP_SMTPUTF8 },
	{ "AUTH", SMTP_AUTH },
};

static unsigned
find(const struct keyword *table, size_t n, const char *word, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(table[i].name) == len &&
		    strncasecmp(table[i].name, word, len) == 0)
			return table[i].bit;
	}
	return 0;
}

/* One line of an EHLO reply, without its code. */
static unsigned
read_offer(const char *text, size_t len)
{
	size_t end = 0, at;
	unsigned bits;

	while (end < len && text[end] != ' ')
		end++;
	bits = find(extensions, OCT_LEN(extensions), text, end);
	for (at = end; bits == SMTP_AUTH && at < len; at = end) {
		end = ++at;
		while (end < len && text[end] != ' ')
			end++;
		if (end - at == 5 && strncasecmp(text + at, "PLAIN", 5) == 0)
			bits |= SMTP_AUTH_PLAIN;
	}
	return bits;
}

void
smtp_reply_text(struct smtp_reply *reply, const char *text, size_t len)
{
	const size_t room = sizeof(reply->text) - 1;
	size_t n = len > room ? room : len;

	for (size_t i = 0; i < n; i++)
		reply->text[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] :
		    '?';
	if (len > room)
		memcpy(reply->text + room - 2, "..", 2);
	reply->text[n] = '\0';
}

/* Postfix says "2.0.0 Ok: queued as 4ABC..." */
static void
read_queue_id(struct smtp_reply *reply)
{
	static const char mark[] = "queued as ";
	const char *id = strstr(reply->text, mark);
	size_t len;

	reply->queue_id[0] = '\0';
	if (id == NULL)
		return;
	id += sizeof(mark) - 1;
	len = strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz");
	if (len >= sizeof(reply->queue_id))
		return;
	memcpy(reply->queue_id, id, len);
	reply->queue_id[len] = '\0';
}

/* RFC 5321 4.2: 2 to 5, 0 to 5, 0 to 9; 0 if it is none. */
static int
read_code(const char *line, size_t len)
{
	if (len < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' ||
	    line[1] > '5' || line[2] < '0' || line[2] > '9')
		return 0;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

int
smtp_reply_line(struct smtp_parse *p, const char *line, size_t len,
    struct smtp_reply *reply)
{
	int code = read_code(line, len);
	size_t skip = len > 3 ? 4 : 3;

	if (code == 0 || (p->lines > 0 && code != p->code) ||
	    p->lines >= SMTP_REPLY_LINES)
		return OCT_EREPLY;
	if (len > 3 && line[3] != ' ' && line[3] != '-')
		return OCT_EREPLY;
	if (p->lines > 0)
		p->offers |= read_offer(line + skip, len - skip);
	p->code = code;
	p->lines++;
	if (len > 3 && line[3] == '-')
		return 0;
	reply->code = code;
	smtp_reply_text(reply, line + skip, len - skip);
	read_queue_id(reply);
	return 1;
}

int
smtp_path_check(const char *path, bool null_ok)
{
	bool quoted = false;
	size_t len = strlen(path);

	if (len > SMTP_ARG_MAX || (len == 0 && !null_ok))
		return OCT_EPARSE;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)path[i];

		if (c < 0x20 || c == 0x7f)
			return OCT_EPARSE;
		if (c == '"')
			quoted = !quoted;
		if (!quoted && (c == ' ' || c == '<' || c == '>'))
			return OCT_EPARSE;
		if (quoted && c == '\\') {
			c = (unsigned char)path[++i];
			if (c < 0x20 || c == 0x7f)
				return OCT_EPARSE;
		}
	}
	return quoted ? OCT_EPARSE : 0;
}

bool
smtp_is_utf8(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return true;
	}
	return false;
}

/* Octets of the word at text, up to a space or the end; 0 if it is none. */
static size_t
word_len(const char *text)
{
	size_t len = 0;

	while (text[len] != '\0' && text[len] != ' ') {
		unsigned char c = (unsigned char)text[len];

		if (c < 0x21 || c == 0x7f)
			return 0;
		len++;
	}
	return len;
}

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] >= 0x80)
			return false;
	}
	return true;
}

int
smtp_params_filter(const char *params, unsigned offers, struct oct_str *out)
{
	if (strlen(params) > SMTP_ARG_MAX)
		return OCT_EPARSE;
	while (*params != '\0') {
		size_t len = word_len(params);
		const char *eq = memchr(params, '=', len);
		size_t name = eq != NULL ? (size_t)(eq - params) : len;
		unsigned need;

		if (name == 0)
			return OCT_EPARSE;
		need = find(parameters, OCT_LEN(parameters), params, name);
		if (!is_ascii(params, len))
			need = need != 0 ? need | SMTP_SMTPUTF8 : 0;
		if (need != 0 && (need & offers) == need) {
			oct_str_addc(out, ' ');
			oct_str_addn(out, params, len);
		}
		params += len;
		if (*params == ' ' && *++params == '\0')
			return OCT_EPARSE;
	}
	return 0;
}

size_t
smtp_dot_feed(struct smtp_dot *d, const char *in, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bool cr = d->cr;

		d->cr = in[i] == '\r';
		if (in[i] == '\n') {
			out[n++] = '\r';
			out[n++] = '\n';
			d->inside = false;
			continue;
		}
		if (cr) {
			out[n++] = '\r';
			d->inside = true;
		}
		if (d->cr)
			continue;
		if (in[i] == '.' && !d->inside)
			out[n++] = '.';
		out[n++] = in[i];
		d->inside = true;
	}
	return n;
}

size_t
smtp_dot_end(struct smtp_dot *d, char *out)
{
	size_t n = 0;

	if (d->cr) {
		out[n++] = '\r';
		d->inside = true;
	}
	if (d->inside) {
		out[n++] = '\r';
		out[n++] = '\n';
	}
	*d = (struct smtp_dot){ 0 };
	return n;
}
