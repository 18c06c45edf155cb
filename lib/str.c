/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

void
oct_str_fixed(struct oct_str *s, char *buf, size_t cap)
{
	OCT_ASSERT(cap > 0);
	*s = (struct oct_str){ .buf = buf, .cap = cap };
	buf[0] = '\0';
}

void
oct_str_heap(struct oct_str *s, size_t max)
{
	*s = (struct oct_str){ .max = max, .heap = true };
}

/* Make room for extra octets and the NUL; false once the builder failed. */
static bool
reserve(struct oct_str *s, size_t extra)
{
	size_t want, cap;
	char *grown;

	if (s->err != 0)
		return false;
	if (__builtin_add_overflow(s->len, extra, &want) || want == SIZE_MAX) {
		s->err = OCT_EFULL;
		return false;
	}
	if (s->heap ? want > s->max : want >= s->cap) {
		s->err = OCT_EFULL;
		return false;
	}
	if (want < s->cap)
		return true;
	cap = s->cap == 0 ? 128 : s->cap;
	while (cap < want + 1)
		cap = cap > SIZE_MAX / 2 ? want + 1 : cap * 2;
	grown = realloc(s->buf, cap);
	if (grown == NULL) {
		s->err = -ENOMEM;
		return false;
	}
	s->buf = grown;
	s->cap = cap;
	return true;
}

void
oct_str_addn(struct oct_str *s, const void *octets, size_t len)
{
	if (!reserve(s, len))
		return;
	if (len > 0)
		memcpy(s->buf + s->len, octets, len);
	s->len += len;
	s->buf[s->len] = '\0';
}

void
oct_str_add(struct oct_str *s, const char *text)
{
	oct_str_addn(s, text, strlen(text));
}

void
oct_str_addc(struct oct_str *s, char c)
{
	oct_str_addn(s, &c, 1);
}

void
oct_str_addf(struct oct_str *s, const char *fmt, ...)
{
	va_list ap, again;
	int need;

	va_start(ap, fmt);
	va_copy(again, ap);
	need = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (need < 0)
		s->err = s->err != 0 ? s->err : OCT_EFULL;
	else if (reserve(s, (size_t)need)) {
		(void)vsnprintf(s->buf + s->len, (size_t)need + 1, fmt, again);
		s->len += (size_t)need;
	}
	va_end(again);
}

void
oct_str_clear(struct oct_str *s)
{
	s->len = 0;
	s->err = 0;
	if (s->buf != NULL)
		s->buf[0] = '\0';
}

const char *
oct_str_text(const struct oct_str *s)
{
	return s->buf != NULL ? s->buf : "";
}

int
oct_str_err(const struct oct_str *s)
{
	return s->err;
}

char *
oct_str_take(struct oct_str *s)
{
	char *text;

	OCT_ASSERT(s->heap);
	if (s->err == 0 && s->buf == NULL)
		oct_str_addn(s, "", 0);
	if (s->err != 0) {
		oct_str_free(s);
		return NULL;
	}
	text = s->buf;
	s->buf = NULL;
	s->len = s->cap = 0;
	return text;
}

void
oct_str_free(struct oct_str *s)
{
	if (s->heap)
		free(s->buf);
	s->buf = NULL;
	s->len = s->cap = 0;
}

bool
oct_str_word(const char **rest, char *out, size_t len)
{
	size_t n = strcspn(*rest, " ");

	if (n == 0 || n >= len)
		return false;
	memcpy(out, *rest, n);
	out[n] = '\0';
	*rest += n;
	if (**rest == ' ')
		(*rest)++;
	return true;
}
