/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Own domains (design 5): who writes in the name of a hosted domain without
 * proof.  Counted from the first such message, or from when the administrator
 * asked for it; mail without proof may be refused once the observation is 14
 * days old.
 *
 * In the store, oct:{domain}:own: "since" (ms), "sources" (their number), and
 * "s:<source>" -> "count first last hint" for each source, at most
 * OWN_SOURCES_MAX; the rest is counted under "s:other".  Any thread.
 */
#ifndef OCT_POLICY_OWN_H
#define OCT_POLICY_OWN_H

#include "auth/types.h"
#include "lib/addr.h"
#include "lib/def.h"
#include "lib/store.h"

#define OWN_SOURCES_MAX 200
#define OWN_OBSERVE_MS (14LL * 86400000)
#define OWN_SOURCE_SIZE (OCT_DOMAIN_SIZE + 8)
#define OWN_PACKED_SIZE (OCT_DOMAIN_SIZE + 72)

struct own_source {
	char name[OWN_SOURCE_SIZE]; /* "spf:domain", "net:192.0.2.0/24",
				       "by:collected", "other" */
	int64_t count, first_ms, last_ms; /* wall */
	char hint[OCT_DOMAIN_SIZE]; /* domain of the last reverse-path or HELO,
				       or "" */
};

/* The organisation that SPF proves, else the client's network. */
void own_source_name(const struct auth_spf *spf, const char *spf_org,
    const struct oct_ip *client, char out[OWN_SOURCE_SIZE]);

/* Without the name. */
void own_source_pack(const struct own_source *s, char out[OWN_PACKED_SIZE]);
OCT_CHECK int own_source_unpack(const char *packed, struct own_source *out);

/* Count one message; begins the observation if there is none. */
OCT_CHECK int own_record(struct store *store, const char *domain,
    const char *source, const char *hint, int64_t now_ms);

/* Begin the observation at now_ms, unless one is under way.  anew: forget that
 * one. */
OCT_CHECK int own_begin(struct store *store, const char *domain, bool anew,
    int64_t now_ms);

struct own {
	int64_t since_ms; /* 0 = not observed */
	size_t count;
	struct own_source *sources; /* most messages first */
};

OCT_CHECK int own_load(struct store *store, const char *domain,
    struct own *out);
void own_fini(struct own *own);

/* Has it been observed long enough? */
bool own_is_observed(const struct own *own, int64_t now_ms);

#endif
