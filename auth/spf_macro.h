/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Macros of RFC 7208 section 7: syntax, and expansion into a domain name or an
 * explanation.  Private to the SPF evaluator.  No state; any thread.
 */
#ifndef OCT_AUTH_SPF_MACRO_H
#define OCT_AUTH_SPF_MACRO_H

#include "lib/addr.h"
#include "lib/def.h"

/* Borrowed text, not NUL-terminated. */
struct spf_span {
	const char *at;
	size_t len;
};

/* What the letters stand for; everything is borrowed. */
struct spf_vars {
	struct spf_span sender; /* %{s}; at NULL = cannot be expanded */
	struct spf_span local;  /* %{l}; the same */
	struct spf_span helo;   /* %{h}; the same */
	const char *origin;     /* %{o} */
	const char *domain;     /* %{d}: of the record that is evaluated */
	const char *receiver;   /* %{r} */
	struct oct_ip ip;       /* %{i} %{c} %{v} */
	int64_t now_s;          /* %{t} */
	/* %{p}: a validated name of ip, domain's preferred; "unknown" if none.
	 * Borrowed until the next call. */
	const char *(*client_name)(void *arg, const char *domain);
	void *arg;
	size_t budget; /* octets that may still be expanded in this check */
};

/* macro-string (7.1); the letters c, r, t and spaces only in explanations. */
bool spf_macro_ok(struct spf_span text, bool explanation);

/* domain-spec (7.1): a macro-string with a proper end. */
bool spf_domain_spec_ok(struct spf_span text);

/*
 * Expand a domain-spec; labels are dropped from the left over 253 octets (7.3),
 * a final dot goes.  0; OCT_EPARSE: not a domain name, so nothing can be
 * found under it; OCT_ELIMIT: the budget is spent.
 */
OCT_CHECK int spf_expand_domain(struct spf_vars *vars, struct spf_span spec,
    char out[OCT_DOMAIN_SIZE]);

/*
 * Expand an explain-string into out (size len).  OCT_EPARSE: wrong syntax, or
 * anything but printable ASCII came out; OCT_EFULL, OCT_ELIMIT: too long.
 */
OCT_CHECK int spf_expand_text(struct spf_vars *vars, struct spf_span text,
    char *out, size_t len);

/* Labels of 1 to 63 octets, 253 in all, no final dot. */
bool spf_name_ok(const char *name);

#endif
