/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message evaluated: fed as it comes, its look-ups started early and joined
 * at the end; the outcome is plain data for the decisions.  Free of libmilter
 * types, so that `octroictl scan` gives the verdict that the milter would.  One
 * thread at a time.
 */
#ifndef OCT_MILTER_EVALUATE_H
#define OCT_MILTER_EVALUATE_H

#include "auth/dkim.h"
#include "auth/types.h"
#include "lib/dns.h"
#include "lib/msg.h"
#include "milter/lists.h"
#include "milter/outside.h"
#include "policy/appraise.h"
#include "policy/decide.h"
#include "policy/domain_file.h"
#include "policy/proof.h"
#include "policy/score.h"

#define EVALUATE_FROM_MAX 8
#define EVALUATE_LISTS_SIZE 512

/* What evaluation needs of the process; immutable, outlives evaluators. */
struct evaluate_env {
	struct dns *dns;
	struct auth_dkim_lib *dkim;
	struct oct_msg_limits limits;
	const char *hostname;
	bool spf_libspf2;              /* the other engine */
	struct lists *lists;           /* DNS lists; may be NULL */
	const struct outside_env *outside; /* other programs; may be NULL */
	bool org_psl;                  /* organisational domains by the public
					  suffix list */
	const char *const *providers;  /* domains whose SPF terms bind reverse-
					  paths to accounts, NULL-terminated */
	struct domain_file *providers_file; /* more of them; may be NULL */
	struct domain_file *institutional;  /* never asked; may be NULL */
	const char *const *sealers;    /* trusted ARC sealers, likewise */
	const struct oct_prefix *forwarders; /* declared forwarders */
	size_t forwarder_count;
	struct score_weights weights;
	struct classifier_live *model;           /* of the classifier; may be NULL */
	int64_t dns_ms;                /* budget for all look-ups of a message */
	size_t dns_questions;          /* and their number */
};

struct evaluate_envelope {
	enum direction direction;
	struct oct_ip client;
	const char *helo;
	struct oct_addr rpath;
	const char *id; /* for warnings */
	/* Who is hosted, for rules; NULL = not known.  Outlives the evaluator. */
	const struct dir_snapshot *hosted;
	/* Of a file, which was received before; 0 in service: */
	size_t received_skip; /* Received fields at the top that are our own */
	int64_t received_ms;  /* when it was received */
};

#define EVALUATE_RCPTS_MAX 20 /* that the content is compared with */
#define EVALUATE_LEGACY_MAX 4 /* providers of legacy addresses */

/* A provider from which mail may have been sent on. */
struct evaluate_legacy {
	char domain[OCT_DOMAIN_SIZE];
	bool sealed;    /* it sealed the message, and saw DMARC pass */
	bool from_host; /* the client is in its SPF record, or the DNS cannot say
			   so now */
};

/* The outcome; strings and arrays belong to the evaluator. */
struct evaluation {
	struct auth_spf spf;
	struct auth_dkim dkim;
	struct auth_dmarc dmarc;
	struct auth_arc arc;
	bool credited;
	const char *credit; /* by whom: "arc", "forwarder", or "none" */
	size_t from_count;
	bool from_malformed;
	struct oct_addr from[EVALUATE_FROM_MAX];
	char from_org[OCT_DOMAIN_SIZE], rpath_org[OCT_DOMAIN_SIZE];
	char spf_org[OCT_DOMAIN_SIZE];
	char dkim_org[AUTH_DKIM_MAX][OCT_DOMAIN_SIZE];
	bool has_cc;
	bool spf_listed_provider;
	bool institutional; /* the one author's domain is on the operator's
			       list; whether it is proven is another matter */
	size_t legacy_count;
	struct evaluate_legacy legacy[EVALUATE_LEGACY_MAX];
	char lists[EVALUATE_LISTS_SIZE]; /* which DNS lists counted: "zone:code"
					    separated by commas, or "" */
	struct score score;
	struct virus virus;
	bool heard;             /* the classifier was asked: */
	struct opinion opinion;
	double rank;            /* policy/appraise.h */
};

struct evaluator;

/* Starts the SPF, DMARC and DNS list look-ups. */
OCT_CHECK int evaluator_new(const struct evaluate_env *env,
    const struct evaluate_envelope *envelope, struct evaluator **out);
void evaluator_free(struct evaluator *e);

/* In order.  OCT_ELIMIT: a bound of the message was hit (it is marked, go on). */
OCT_CHECK int evaluator_field(struct evaluator *e, const char *name,
    const char *value);
OCT_CHECK int evaluator_eoh(struct evaluator *e);
OCT_CHECK int evaluator_body(struct evaluator *e, const void *octets,
    size_t len);
/* A recipient as typed; before the end.  More than EVALUATE_RCPTS_MAX are not
 * compared with. */
void evaluator_rcpt(struct evaluator *e, const struct oct_addr *typed);
/* Before the end, likewise: the provider of a legacy address of a recipient, whose
 * look-ups start.  false: there are too many, this one is not looked at. */
bool evaluator_legacy(struct evaluator *e, const char *domain);
/* And once a recipient: has it such an address?  If all have, and a provider sent
 * the message on, the client's address says nothing of its sender. */
void evaluator_legacy_rcpt(struct evaluator *e, bool any);
/* Joins everything; *out is valid until evaluator_free. */
OCT_CHECK int evaluator_end(struct evaluator *e, int64_t now_ms,
    const struct evaluation **out);

/* What the classifier says with what that domain taught it, in hundredths; remembers
 * the last answer. */
int32_t evaluator_points(struct evaluator *e, const char *domain);
const struct score *evaluator_score(const struct evaluator *e);

struct oct_msg *evaluator_msg(struct evaluator *e);
const struct evaluate_envelope *evaluator_envelope(const struct evaluator *e);
struct dns_session *evaluator_dns(struct evaluator *e);
/* The organisational domain of any name, as for those of the message: within the
 * same deadline, and at least the name itself.  want: begin the look-up. */
void evaluator_want_org(struct evaluator *e, const char *domain);
void evaluator_org(struct evaluator *e, const char *domain,
    char out[OCT_DOMAIN_SIZE]);

/* Is the recipient (as typed) named in To, Cc or Resent-*?  also: further
 * addresses that count for it (finals behind an alias). */
bool evaluator_names(struct evaluator *e, const struct oct_addr *typed,
    const char *final_address);

/* Fill in a proof_input for one recipient from the outcome. */
void evaluation_proof(const struct evaluation *ev,
    const struct evaluate_envelope *envelope, bool to_names_rcpt,
    enum proof_replay replay, struct proof_input *out);

#endif
