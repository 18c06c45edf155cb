/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the authentication commands of octroictl.
 */
#ifndef OCT_PROVISIONING_CTL_AUTH_H
#define OCT_PROVISIONING_CTL_AUTH_H

#include "auth/types.h"
#include "provisioning/ctl_cmd.h"

#define CTL_AUTH_DNS_MS 20000 /* RFC 7208 4.6.4: at least 20 s */
#define CTL_AUTH_DNS_QUESTIONS 500

/* One request of a batch: sets the members of the answer.  OCT_EPARSE: not of
 * the form; *expected says what is. */
typedef int ctl_batch_answer(struct dns_session *dns, const json_t *in,
    json_t *out, const char **expected);
ctl_batch_answer ctl_batch_spf, ctl_batch_dmarc;

/*
 * Answer standard input, one JSON object a line, in order; each answer is
 * written before the next line is read.  A line that cannot be answered gets
 * {"id","error"} and the status is then 1.
 */
int ctl_auth_batch(struct ctl *ctl, const struct ctl_args *args,
    ctl_batch_answer *answer);

/* {"from","spf","dkim"} judged; OCT_EPARSE. */
OCT_CHECK int ctl_batch_dmarc_check(struct dns_session *dns, const json_t *in,
    struct auth_dmarc *out);

/* A reverse-path as SPF wants it: "<a@b>" without its brackets (in inner), NULL
 * and "<>" as "", all else as it is. */
#define CTL_AUTH_PATH_SIZE 2048
const char *ctl_auth_path(const char *text, char inner[CTL_AUTH_PATH_SIZE]);

/* A DNS session by --dns; a status. */
int ctl_auth_session(struct ctl *ctl, const struct ctl_args *args,
    struct dns_session **out);
/* {method: result, "queries"}; takes over result.  A status. */
int ctl_auth_print(const struct ctl *ctl, struct dns_session *dns,
    const char *method, json_t *result);

int ctl_auth_dkim(struct ctl *ctl, const struct ctl_args *args);
extern const struct ctl_option ctl_auth_dns_options[];

#endif
