/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/msg_int.h"
#include "lib/str.h"

#define HEAD_FIRST_OCTETS 8192
#define FIELDS_FIRST 64

void
oct_msg_limits_init(struct oct_msg_limits *limits)
{
	*limits = (struct oct_msg_limits){
		.header_octets = 1024 * 1024,
		.header_count = 10000,
		.memory_octets = 256 * 1024,
		.body_octets = 100 * 1024 * 1024,
	};
}

int
oct_msg_new(const struct oct_msg_limits *limits, struct oct_msg **out)
{
	struct oct_msg *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return -ENOMEM;
	m->limits = *limits;
	m->spill_fd = -1;
	*out = m;
	return 0;
}

void
oct_msg_free(struct oct_msg *m)
{
	if (m == NULL)
		return;
	msg_body_fini(m);
	free(m->fields);
	free(m->head);
	free(m);
}

int
msg_fail(struct oct_msg *m, int err)
{
	if (m->err == 0)
		m->err = err;
	return m->err;
}

int
msg_over(struct oct_msg *m, const char *limit)
{
	if (m->over == NULL)
		m->over = limit;
	return msg_fail(m, OCT_ELIMIT);
}

const char *
oct_msg_over(const struct oct_msg *m)
{
	return m->over;
}

/* Make room; fields move with the block that they point into. */
static int
reserve_head(struct oct_msg *m, size_t extra)
{
	size_t cap = m->head_cap == 0 ? HEAD_FIRST_OCTETS : m->head_cap;
	char *moved;

	if (extra <= m->head_cap - m->head_len)
		return 0;
	while (cap - m->head_len < extra)
		cap *= 2;
	moved = malloc(cap);
	if (moved == NULL)
		return -ENOMEM;
	if (m->head_len > 0)
		memcpy(moved, m->head, m->head_len);
	for (size_t i = 0; i < m->count; i++) {
		struct oct_field *f = &m->fields[i];

		f->name = moved + (f->name - m->head);
		f->value = moved + (f->value - m->head);
	}
	free(m->head);
	m->head = moved;
	m->head_cap = cap;
	return 0;
}

static int
reserve_field(struct oct_msg *m)
{
	size_t cap = m->fields_cap == 0 ? FIELDS_FIRST : m->fields_cap * 2;
	struct oct_field *grown;

	if (m->count < m->fields_cap)
		return 0;
	grown = reallocarray(m->fields, cap, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	m->fields = grown;
	m->fields_cap = cap;
	return 0;
}

/*
 * How many CR are missing before LF.  Every line end must be a fold: any other
 * would start a field that nobody looked at.
 */
static int
count_bare_lf(const char *value, size_t len, size_t *out)
{
	const char *p = value, *end = value + len;
	size_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		if (p + 1 == end || (p[1] != ' ' && p[1] != '\t'))
			return OCT_EPARSE;
		if (p == value || p[-1] != '\r')
			n++;
		p++;
	}
	*out = n;
	return 0;
}

static char *
copy_value(char *to, const char *value, size_t len)
{
	const char *p = value, *end = value + len, *lf;

	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		memcpy(to, p, (size_t)(lf - p));
		to += lf - p;
		if (lf == value || lf[-1] != '\r')
			*to++ = '\r';
		*to++ = '\n';
		p = lf + 1;
	}
	memcpy(to, p, (size_t)(end - p));
	return to + (end - p);
}

static void
store_field(struct oct_msg *m, const struct oct_field *f)
{
	struct oct_field *new = &m->fields[m->count++];
	char *p = m->head + m->head_len;

	new->name = p;
	new->name_len = f->name_len;
	memcpy(p, f->name, f->name_len);
	p += f->name_len;
	*p++ = ':';
	new->value = p;
	p = copy_value(p, f->value, f->value_len);
	new->value_len = (size_t)(p - new->value);
	*p++ = '\r';
	*p++ = '\n';
	m->head_len = (size_t)(p - m->head);
}

int
msg_add_field(struct oct_msg *m, const struct oct_field *f)
{
	size_t left = m->limits.header_octets - m->head_len, bare = 0, need;
	int rc = m->err;

	if (rc != 0)
		return rc;
	if (m->count >= m->limits.header_count)
		return msg_over(m, "header_count");
	if (f->name_len > left || f->value_len > left)
		return msg_over(m, "header_octets");
	rc = count_bare_lf(f->value, f->value_len, &bare);
	if (rc != 0)
		return msg_fail(m, rc);
	need = f->name_len + f->value_len + bare + 3;
	if (need > left)
		return msg_over(m, "header_octets");
	rc = reserve_head(m, need);
	if (rc == 0)
		rc = reserve_field(m);
	if (rc != 0)
		return msg_fail(m, rc);
	store_field(m, f);
	return 0;
}

static bool
is_name(char c)
{
	return c > 0x20 && c < 0x7f && c != ':';
}

size_t
msg_field_name_len(const char *line, size_t len)
{
	size_t name = 0, i;

	while (name < len && is_name(line[name]))
		name++;
	for (i = name; i < len && (line[i] == ' ' || line[i] == '\t'); i++)
		;
	return i < len && line[i] == ':' ? name : 0;
}

int
oct_msg_add_field(struct oct_msg *m, const char *name, const char *value)
{
	struct oct_field f = { .name = name, .value = value };

	f.name_len = strlen(name);
	f.value_len = strlen(value);
	for (size_t i = 0; i < f.name_len; i++)
		if (!is_name(name[i]))
			return msg_fail(m, OCT_EPARSE);
	return f.name_len == 0 ? msg_fail(m, OCT_EPARSE) : msg_add_field(m, &f);
}

size_t
oct_msg_field_count(const struct oct_msg *m)
{
	return m->count;
}

const struct oct_field *
oct_msg_field(const struct oct_msg *m, size_t i)
{
	OCT_ASSERT(i < m->count);
	return &m->fields[i];
}

static bool
is_named(const struct oct_field *f, const char *name, size_t len)
{
	return f->name_len == len && strncasecmp(f->name, name, len) == 0;
}

bool
oct_field_is(const struct oct_field *f, const char *name)
{
	return is_named(f, name, strlen(name));
}

bool
oct_field_starts(const struct oct_field *f, const char *prefix)
{
	size_t len = strlen(prefix);

	return f->name_len >= len && strncasecmp(f->name, prefix, len) == 0;
}

const struct oct_field *
oct_msg_find(const struct oct_msg *m, const char *name, size_t n)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < m->count; i++)
		if (is_named(&m->fields[i], name, len) && n-- == 0)
			return &m->fields[i];
	return NULL;
}

size_t
oct_msg_count(const struct oct_msg *m, const char *name)
{
	size_t len = strlen(name), n = 0;

	for (size_t i = 0; i < m->count; i++)
		n += is_named(&m->fields[i], name, len);
	return n;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int
oct_msg_value(const struct oct_msg *m, const char *name, char *out, size_t len)
{
	const struct oct_field *f = oct_msg_find(m, name, 0);
	const char *p, *end;
	struct oct_str s;

	oct_str_fixed(&s, out, len);
	if (f == NULL)
		return 0;
	p = f->value;
	end = p + f->value_len;
	while (p < end && is_space(*p))
		p++;
	while (end > p && is_space(end[-1]))
		end--;
	for (; p < end; p++)
		/* RFC 5322 2.2.3: unfolding removes the CRLF before WSP. */
		if (*p != '\n' && !(*p == '\r' && p[1] == '\n'))
			oct_str_addc(&s, *p);
	if (oct_str_err(&s) != 0)
		return OCT_EFULL;
	return 1;
}

uint64_t
oct_msg_size(const struct oct_msg *m)
{
	return (uint64_t)m->head_len + 2 + m->body_len;
}
