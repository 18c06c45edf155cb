/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/multipart.h"

#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "lib/str.h"

#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */
#define HEAD_MAX 2048   /* of one part */

/* "\r\n--" and the boundary; false: there is none. */
static bool
read_boundary(const char *type, struct oct_str *out)
{
	static const char kind[] = "multipart/form-data";
	const char *p;
	size_t n;

	if (strncasecmp(type, kind, sizeof(kind) - 1) != 0)
		return false;
	p = strcasestr(type, "boundary=");
	if (p == NULL)
		return false;
	p += 9;
	n = *p == '"' ? strcspn(++p, "\"") : strcspn(p, "; \t");
	if (n == 0 || n > BOUNDARY_MAX)
		return false;
	oct_str_add(out, "\r\n--");
	oct_str_addn(out, p, n);
	return oct_str_err(out) == 0;
}

/* Does the head of a part (NUL-terminated) say that it is this field? */
static bool
is_named(const char *head, const char *name)
{
	const char *p = strcasestr(head, "content-disposition:");
	size_t len = strlen(name);

	p = p != NULL ? strcasestr(p, "; name=\"") : NULL;
	return p != NULL && strncmp(p + 8, name, len) == 0 &&
	    p[8 + len] == '"';
}

/* One part: what follows its delimiter, up to the next.  1 it is the field, 0 it
 * is not. */
static int
look_at(const char *part, size_t len, const char *name,
    struct multipart_value *out)
{
	char head[HEAD_MAX];
	const char *end;

	if (len < 2 || memcmp(part, "\r\n", 2) != 0)
		return OCT_EPARSE;
	end = memmem(part, len, "\r\n\r\n", 4);
	if (end == NULL || (size_t)(end - part) >= sizeof(head))
		return OCT_EPARSE;
	memcpy(head, part, (size_t)(end - part));
	head[end - part] = '\0';
	if (!is_named(head, name))
		return 0;
	out->octets = end + 4;
	out->len = len - (size_t)(end + 4 - part);
	return 1;
}

int
multipart_field(const struct multipart *m, const char *name,
    struct multipart_value *out)
{
	char text[BOUNDARY_MAX + 8];
	const char *p = m->body, *end = m->body + m->len, *next;
	struct oct_str s;
	int rc = 0;

	oct_str_fixed(&s, text, sizeof(text));
	/* The first delimiter has no line end before it. */
	if (!read_boundary(m->content_type, &s) || m->len < s.len ||
	    memcmp(p, text + 2, s.len - 2) != 0)
		return OCT_EPARSE;
	p += s.len - 2;
	for (int i = 0; rc == 0; i++) {
		if (end - p >= 2 && memcmp(p, "--", 2) == 0)
			return 0;
		next = memmem(p, (size_t)(end - p), text, s.len);
		if (next == NULL || i == MULTIPART_FIELDS)
			return OCT_EPARSE;
		rc = look_at(p, (size_t)(next - p), name, out);
		p = next + s.len;
	}
	return rc;
}
