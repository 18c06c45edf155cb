/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs beside us that look at a whole message: clamd for malware, rspamd for
 * an opinion.  Each is asked in a thread of its own while DNS is waited for, and
 * joined within its time-out.  One message, one owner.
 */
#ifndef OCT_MILTER_OUTSIDE_H
#define OCT_MILTER_OUTSIDE_H

#include "auth/types.h"
#include "lib/clamd.h"
#include "lib/msg.h"
#include "lib/rspamd.h"
#include "policy/settings.h"

/* Whom to ask; immutable. */
struct outside_env {
	bool virus, opinion; /* is there one? */
	struct smtp_peer clamd, rspamd;
	int64_t virus_ms, opinion_ms;
	size_t virus_max, opinion_max;   /* octets of a message */
	int32_t factor, cap;             /* hundredths */
};
/* The settings were checked when they were loaded. */
void outside_env_init(const struct settings *s, struct outside_env *out);

/* What is known of malware in a message. */
enum virus_state {
	VIRUS_NOT_ASKED, /* nobody is, or what is too big for us anyway */
	VIRUS_CLEAN,
	VIRUS_FOUND,
	VIRUS_TOO_BIG,
	VIRUS_UNCHECKED /* no answer: error tells why */
};
struct virus {
	enum virus_state state;
	int error;                  /* lib/err.h */
	char name[CLAMD_NAME_SIZE]; /* found */
};

/* What rspamd is told of where the message comes from. */
struct outside_envelope {
	const struct oct_ip *client;
	const char *helo, *rpath, *id;
	bool scored; /* is an opinion wanted at all? */
};

struct outside;

/* env NULL, or nobody to ask: *out is NULL.  msg must not change and its body not
 * be released until both were joined (outside_free at the latest). */
OCT_CHECK int outside_start(const struct outside_env *env, struct oct_msg *msg,
    const struct outside_envelope *from, struct outside **out);
/* Waits for clamd.  o may be NULL. */
void outside_virus(struct outside *o, struct virus *out);
/* Waits for rspamd: what it adds to the score, in hundredths; 0 = nothing. */
int32_t outside_opinion(struct outside *o);
void outside_free(struct outside *o);

/* "not-checked (time-out)" and the like; "" where it was checked. */
const char *outside_virus_text(const struct virus *v);

#endif
