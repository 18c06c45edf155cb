/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A string builder with a bound and a sticky "full": writers chain without
 * checks, one check at the end (oct_str_err).  Never cuts silently: what does
 * not fit is not written and the builder is full from then on.  Not shared
 * between threads.
 */
#ifndef OCT_LIB_STR_H
#define OCT_LIB_STR_H

#include <stdarg.h>

#include "lib/def.h"

struct oct_str {
	char *buf;   /* NUL-terminated after each call; NULL while empty+heap */
	size_t len;  /* octets in use, without the NUL */
	size_t cap;  /* octets available in buf, with the NUL */
	size_t max;  /* heap only: never grows over this many octets */
	bool heap;   /* grows with malloc; else buf is the caller's, fixed */
	int err;     /* 0, OCT_EFULL or -ENOMEM: sticky */
};

/* Build in the caller's storage (borrowed until the builder is dropped). */
void oct_str_fixed(struct oct_str *s, char *buf, size_t cap);

/* Build on the heap, at most max octets; oct_str_free or oct_str_take ends it. */
void oct_str_heap(struct oct_str *s, size_t max);

void oct_str_add(struct oct_str *s, const char *text);
void oct_str_addn(struct oct_str *s, const void *octets, size_t len);
void oct_str_addc(struct oct_str *s, char c);
void oct_str_addf(struct oct_str *s, const char *fmt, ...) OCT_PRINTF(2, 3);

/* Empty it (error included), keeping the storage. */
void oct_str_clear(struct oct_str *s);

/* The text so far; "" while nothing was written; never NULL. */
const char *oct_str_text(const struct oct_str *s);

/* 0, or the first error: OCT_EFULL or -ENOMEM. */
OCT_CHECK int oct_str_err(const struct oct_str *s);

/* Hand the heap text to the caller, who frees it.  NULL if the builder failed. */
OCT_CHECK char *oct_str_take(struct oct_str *s);

/* Release heap storage; legal on a fixed builder and after _take. */
void oct_str_free(struct oct_str *s);

/*
 * Take the next word of *rest (up to a space or the end) into out and move on.
 * False, with nothing changed, at the end or if it does not fit.
 */
bool oct_str_word(const char **rest, char *out, size_t len);

#endif
