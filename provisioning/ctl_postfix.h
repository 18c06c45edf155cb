/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Postfix's settings, read by postconf and judged: what octroi needs, and why.
 * The judgement is pure; only ctl_postfix_read runs a program.
 */
#ifndef OCT_PROVISIONING_CTL_POSTFIX_H
#define OCT_PROVISIONING_CTL_POSTFIX_H

#include <jansson.h>

#include "lib/def.h"
#include "policy/settings.h"

#define CTL_ENDPOINT_SIZE 512

/* Our endpoints as Postfix writes them: "unix:/path", "inet:host:port".
 * OCT_EPARSE. */
OCT_CHECK int ctl_postfix_milter(const char *socket,
    char out[CTL_ENDPOINT_SIZE]);
OCT_CHECK int ctl_postfix_map(const char *socket, char out[CTL_ENDPOINT_SIZE]);

/*
 * Run postconf (for the folder dir, NULL = its own) with these fixed arguments,
 * at most 10 s and 1 MiB.  The text is the caller's.  -ENOENT: there is none.
 */
enum ctl_postconf {
	CTL_POSTCONF_MAIN,    /* "name = value" lines of what matters */
	CTL_POSTCONF_SERVICES, /* -M */
	CTL_POSTCONF_OPTIONS  /* -P */
};
OCT_CHECK int ctl_postfix_read(const char *dir, enum ctl_postconf what,
    char **out);

/* --- Findings ----------------------------------------------------------- */

enum ctl_grade { CTL_OK, CTL_WARN, CTL_FAIL };
const char *ctl_grade_name(enum ctl_grade g);

struct ctl_findings {
	json_t *items; /* {"state","check","on","finding","hint"} */
	enum ctl_grade worst;
};
void ctl_finding(struct ctl_findings *f, enum ctl_grade grade,
    const char *check, const char *on, const char *finding, const char *hint);

/* Judge the three outputs of postconf. */
void ctl_postfix_judge(const char *main_text, const char *services,
    const char *options, const struct settings *set, struct ctl_findings *f);

#endif
