/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file evaluated as the milter evaluates a message: shared by scan and auth.
 */
#ifndef OCT_PROVISIONING_CTL_MESSAGE_H
#define OCT_PROVISIONING_CTL_MESSAGE_H

#include "milter/evaluate.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_mails.h"
#include "provisioning/ctl_manifest.h"

#define CTL_RCPT_MAX 100
#define CTL_BODY_MAX (512u << 20)

/* What evaluations share; immutable once open. */
struct ctl_site {
	const struct settings *set; /* NULL = defaults */
	const struct ctl_args *args;
	struct evaluate_env env;
	struct ctl_manifest *manifest; /* NULL: none was named */
	/* Whose legacy addresses count; borrowed, NULL: nobody's. */
	const struct dir_snapshot *snapshot;
	/* views of the settings for env */
	const char **providers, **sealers;
	struct oct_prefix *forwarders;
};
/* A status; ctl_site_close releases out in every case.  The options: dns, no-dns,
 * model, manifest.  needs_dns: without a resolver it fails; else what needs DNS is
 * not known where none is named, configured, or answers. */
int ctl_site_open(struct ctl *ctl, const struct settings *set,
    const struct ctl_args *args, bool needs_dns, struct ctl_site *out);
void ctl_site_close(struct ctl_site *site);

struct ctl_message {
	const struct ctl_site *site;
	const char *path;
	struct evaluator *evaluator;
	const struct evaluation *ev; /* of the evaluator */
	struct evaluate_envelope envelope;
	char helo[OCT_DOMAIN_SIZE];
	size_t rcpt_count;
	struct oct_addr *rcpts;
	bool listed; /* in the manifest */
	bool guessed_client, guessed_helo, guessed_from, guessed_rcpt;
};

/*
 * Evaluate a message with the envelope of the manifest, or else of the options
 * (client, helo, from, rcpt); what they leave out is guessed.  A status;
 * ctl_message_fini releases out in every case.  Any thread.
 */
int ctl_message_read(const struct ctl *ctl, const struct ctl_site *site,
    const struct ctl_mail *mail, struct ctl_message *out);
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
#define CTL_CONTENT_OPTIONS                                                    \
	{ "model", "FILE", "classifier (default: the configuration's)" },      \
	    { "manifest", "FILE", "table of envelopes, by the id of a file" }, \
	    { "no-dns", NULL, "ask no DNS: what needs it is not known" }
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
