/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file evaluated as the milter evaluates a message: shared by scan and auth.
 */
#ifndef OCT_PROVISIONING_CTL_MESSAGE_H
#define OCT_PROVISIONING_CTL_MESSAGE_H

#include "milter/evaluate.h"
#include "provisioning/ctl_cmd.h"

#define CTL_RCPT_MAX 100
#define CTL_BODY_MAX (512u << 20)

struct ctl_message {
	const char *path;
	struct evaluate_env env;
	struct evaluator *evaluator;
	const struct evaluation *ev; /* of the evaluator */
	struct evaluate_envelope envelope;
	char helo[OCT_DOMAIN_SIZE];
	size_t rcpt_count;
	struct oct_addr *rcpts;
	bool guessed_client, guessed_helo, guessed_from, guessed_rcpt;
	/* views of the settings for env */
	const char **providers, **sealers;
	struct oct_prefix *forwarders;
};

/*
 * Evaluate the file at path with the envelope of the options (client, helo,
 * from, rcpt); what they leave out is guessed.  set: NULL = defaults.  A
 * status; ctl_message_fini releases out in every case.
 */
int ctl_message_read(struct ctl *ctl, const struct settings *set,
    const struct ctl_args *args, const char *path, struct ctl_message *out);
void ctl_message_fini(struct ctl_message *m);

/* Read a message from a file; a status. */
int ctl_message_file(const struct ctl *ctl, const char *path,
    const struct oct_msg_limits *limits, struct oct_msg **out);

/* {"client","helo","from","rcpt":[...],"guessed":[...]} */
json_t *ctl_message_envelope(const struct ctl_message *m);
/* The same for people. */
void ctl_message_envelope_text(const struct ctl_message *m,
    struct oct_str *out);

/* The options of an envelope: for the lists of verbs. */
#define CTL_ENVELOPE_OPTIONS                                                   \
	{ "client", "IP", "client address" },                                  \
	    { "helo", "NAME", "its HELO name" },                               \
	    { "from", "ADDRESS", "reverse-path; \"<>\" is the null one" }
#define CTL_DNS_OPTION                                                         \
	{ "dns", "HOST:PORT", "resolver (default: the configuration's, or "    \
			      "the system's)" }

/* --- Results as JSON, by the names of RFC 8601 -------------------------- */

json_t *ctl_spf_json(const struct auth_spf *r);
json_t *ctl_dkim_json(const struct auth_dkim *r); /* an array */
json_t *ctl_dmarc_json(const struct auth_dmarc *r);
json_t *ctl_arc_json(const struct auth_arc *r);
json_t *ctl_queries_json(const struct dns_session *dns); /* an array */
/* {"spf","dkim","dmarc","arc","queries"} of an evaluated message. */
json_t *ctl_results_json(const struct ctl_message *m);
/* Those members of v that are there, for people. */
void ctl_results_text(const json_t *v, struct oct_str *out);

#endif
