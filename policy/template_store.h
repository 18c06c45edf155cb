/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates that an administrator put in place of the built-in ones, for the
 * platform or for a hosted domain: oct:{d}:templates, a hash of "challenge.fr" ->
 * text.  Each change leaves its entry in the audit.  Any thread.
 */
#ifndef OCT_POLICY_TEMPLATE_STORE_H
#define OCT_POLICY_TEMPLATE_STORE_H

#include "lib/def.h"
#include "lib/store.h"
#include "policy/template.h"

enum template_origin {
	TEMPLATE_BUILTIN,
	TEMPLATE_PLATFORM,
	TEMPLATE_DOMAIN
};
const char *template_origin_name(enum template_origin o);

/* One template in both languages, as it is in force. */
struct template_texts {
	const char *source[TEMPLATE_LANGS];
	enum template_origin origin[TEMPLATE_LANGS];
	/* A stored one that fails template_check (the host of the pages changed,
	 * a newer version wants more) is passed over: which, and why. */
	bool passed_over;
	enum template_origin bad_origin;
	enum template_lang bad_lang;
	struct template_problem problem;
	char *backing[TEMPLATE_LANGS];
};

/* One round trip.  domain NULL = the platform's.  host: as template_check. */
OCT_CHECK int template_load(struct store *store, const char *domain,
    enum template_id id, const char *host, struct template_texts *out);
void template_texts_fini(struct template_texts *t);

/*
 * The stored text itself, whatever it is worth: 1 and *out (the caller frees
 * it), or 0.
 */
OCT_CHECK int template_stored(struct store *store, const char *domain,
    enum template_id id, enum template_lang lang, char **out);

struct template_change {
	struct store *store;
	const char *domain; /* NULL = the platform's; normalised */
	enum template_id id;
	enum template_lang lang;
	const char *source; /* NULL = remove */
	const char *host;   /* as template_check */
	const char *actor;  /* who, for the audit */
};
/* 0; OCT_EPARSE with *problem; OCT_EABSENT: there is no such domain, or nothing
 * to remove; or the store's. */
OCT_CHECK int template_change(const struct template_change *c,
    struct template_problem *problem);

#endif
