/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the SPF engines: who is checked, and the evaluation of terms.
 * Private.  A struct spf_eval belongs to one check.
 */
#ifndef OCT_AUTH_SPF_EVAL_H
#define OCT_AUTH_SPF_EVAL_H

#include "auth/spf.h"
#include "auth/spf_macro.h"
#include "auth/spf_parse.h"

/* RFC 7208 4.6.4 */
#define SPF_LOOKUPS_MAX 10
#define SPF_VOIDS_MAX 2
#define SPF_MX_MAX 10
#define SPF_PTR_MAX 10

/* The identity of 2.3, 2.4 and 4.3, ready for the macros. */
struct spf_identity {
	bool helo;                    /* of HELO, not of MAIL */
	char domain[OCT_DOMAIN_SIZE]; /* as written, no final dot */
	char sender[OCT_ADDR_SIZE];   /* local part @ domain */
	size_t local_len;
	bool local_ok; /* ASCII and not too long: may be expanded */
	char helo_name[OCT_DOMAIN_SIZE];
	bool helo_ok;
};

/* false: there is no domain to check, the result is none (4.3). */
bool spf_identity_init(struct spf_identity *id,
    const struct auth_spf_input *in);

/* Lower case, for results. */
void spf_name_copy(char out[OCT_DOMAIN_SIZE], const char *name);

/* Empty *out for an evaluation of id. */
void spf_result_init(struct auth_spf *out, const struct spf_identity *id);

/* Validated names of the client (5.5), looked up once a check. */
struct spf_names {
	bool known;
	bool void_seen;
	size_t count;
	const char *name[SPF_PTR_MAX]; /* owned by the DNS session */
};

struct spf_eval {
	struct dns_session *dns;
	struct auth_spf *out;
	struct spf_identity id;
	struct spf_vars vars;
	struct spf_names names;
	bool void_seen; /* by the term that is being evaluated */
};

enum spf_match { SPF_MATCH_NO, SPF_MATCH_YES, SPF_MATCH_TEMP, SPF_MATCH_PERM };

/* check_host() of e->id with everything it includes; fills in e->out but for
 * the result, which it returns. */
enum auth_result spf_check_host(struct spf_eval *e);

/* Note what went wrong, if nothing was noted before; domain may be NULL. */
void spf_problem(struct spf_eval *e, const char *text, const char *domain);

/* Evaluate a, mx, ptr or exists for target; the voids are noted, not judged. */
enum spf_match spf_match_dns(struct spf_eval *e, const struct spf_term *t,
    const char *target);

/* For %{p} and the mechanism ptr: arg is the struct spf_eval. */
const char *spf_client_name(void *arg, const char *domain);

#endif
