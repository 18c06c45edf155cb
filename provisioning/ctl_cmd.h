/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands of octroictl share: the open parts of the system, each
 * opened at first use, and how they report.  One thread.
 *
 * Functions that return a status give 0 or an exit status of sysexits(3), and
 * have then said on standard error what failed, on what, and what to do.
 */
#ifndef OCT_PROVISIONING_CTL_CMD_H
#define OCT_PROVISIONING_CTL_CMD_H

#include <jansson.h>

#include "lib/addr.h"
#include "lib/daemon.h"
#include "lib/def.h"
#include "lib/dns.h"
#include "lib/secret.h"
#include "lib/spool.h"
#include "lib/store.h"
#include "policy/detail.h"
#include "policy/directory.h"
#include "policy/settings.h"
#include "provisioning/ctl_args.h"
#include "provisioning/ctl_out.h"

struct ctl {
	const struct ctl_noun *nouns;
	const char *conf; /* path in force */
	bool conf_given;
	bool json, quiet;
	size_t batch_line; /* 0: not in a batch */
	char actor[OCT_ADDR_SIZE + 16]; /* who, for the audit: no spaces */
	char referent[65]; /* whose tenant's he is; "" = the Centre */
	/* Opened at first use, by the functions below. */
	struct settings *settings;
	struct store *store;
	struct spool *spool;
	struct dns *dns;
};

/* --as: who he is, and whether the command is his to give. */
int ctl_as(struct ctl *ctl, const struct ctl_args *args);

/* Run one command line (without the program's name). */
int ctl_run_line(struct ctl *ctl, int argc, char *const *argv);

/* --- The parts ---------------------------------------------------------- */

int ctl_settings(struct ctl *ctl, const struct settings **out);
/* NULL in *out and 0: there is no configuration, and none was named. */
int ctl_settings_maybe(struct ctl *ctl, const struct settings **out);
/* The site's secret; the caller ends it with oct_secret_fini. */
int ctl_secret(struct ctl *ctl, struct oct_secret *out);
/* The day that it is on the platform. */
int ctl_today(struct ctl *ctl, char out[DETAIL_DATE_SIZE]);
int ctl_store(struct ctl *ctl, struct store **out);
int ctl_spool(struct ctl *ctl, struct spool **out);
/* server: "HOST:PORT" of --dns; NULL: the configuration's, or else those of
 * /etc/resolv.conf.  A static resolver may be set in ctl->dns before. */
int ctl_dns(struct ctl *ctl, const char *server, struct dns **out);
/* The same, but with no server known *out is NULL. */
int ctl_dns_quiet(struct ctl *ctl, const char *server, struct dns **out);
void ctl_close(struct ctl *ctl);

/* --- Reports ------------------------------------------------------------ */

/* "octroictl: text"; returns status. */
int ctl_fail(const struct ctl *ctl, int status, const char *fmt, ...)
    OCT_PRINTF(3, 4);
/* For an error code: "octroictl: what on: error: hint"; returns the status that
 * belongs to it. */
int ctl_fail_rc(const struct ctl *ctl, int rc, const char *what,
    const char *on);

/* Print value as JSON if that was asked for, else as a table (an array) or a
 * record (an object).  Takes over value.  Returns a status. */
int ctl_print(const struct ctl *ctl, json_t *value,
    const struct ctl_column *columns, size_t count);
/* {"total":N,"items":[...]}, or a table of the items and how many there are if
 * not all are shown.  Takes over items (an array).  Returns a status. */
int ctl_print_list(const struct ctl *ctl, size_t total, json_t *items,
    const struct ctl_column *columns, size_t count);
/* The text to standard output; takes over text.  Returns a status. */
int ctl_write(const struct ctl *ctl, struct oct_str *text);
/* Something was done: a line for people, an object for programs, nothing with
 * --quiet.  Returns a status. */
int ctl_done(const struct ctl *ctl, const char *done, const char *kind,
    const char *name);

/* One entry in the audit stream.  local may be NULL. */
int ctl_audit(struct ctl *ctl, const char *action, const char *domain,
    const char *local, const char *detail);

/* --- Arguments ---------------------------------------------------------- */

/* A domain name as it is kept. */
int ctl_domain(const struct ctl *ctl, const char *text,
    char out[OCT_DOMAIN_SIZE]);
/* A hosted address as it is kept: lower case. */
int ctl_address(const struct ctl *ctl, const char *text, struct oct_addr *out);
/* The number of option name, or standard if it is not given. */
int ctl_number(const struct ctl *ctl, const struct ctl_args *args,
    const char *name, int64_t lo, int64_t hi, int64_t standard, int64_t *out);

/* One file or, for "-", standard input; the caller closes *fd. */
int ctl_open(const struct ctl *ctl, const char *path, int *fd);

/* A snapshot of the domain (NULL: all) as the store has it; directory_put. */
int ctl_directory(struct ctl *ctl, const char *domain,
    const struct dir_snapshot **out);

/* --- The commands, one table a file ------------------------------------- */

extern const struct ctl_verb ctl_domain_verbs[], ctl_mailbox_verbs[],
    ctl_alias_verbs[], ctl_batch_verbs[], ctl_held_verbs[], ctl_allow_verbs[],
    ctl_block_verbs[], ctl_relation_verbs[], ctl_scan_verbs[],
    ctl_auth_verbs[], ctl_spf_verbs[], ctl_dkim_verbs[], ctl_dmarc_verbs[],
    ctl_arc_verbs[], ctl_secret_verbs[], ctl_config_verbs[], ctl_spool_verbs[],
    ctl_doctor_verbs[], ctl_feed_verbs[], ctl_tenant_verbs[],
    ctl_policy_verbs[], ctl_group_verbs[], ctl_legacy_verbs[],
    ctl_plan_verbs[], ctl_price_verbs[], ctl_contract_verbs[],
    ctl_history_verbs[], ctl_export_verbs[], ctl_apply_verbs[], ctl_expect_verbs[], ctl_tag_verbs[],
    ctl_seed_verbs[], ctl_ledger_verbs[], ctl_template_verbs[],
    ctl_challenge_verbs[], ctl_bypass_verbs[], ctl_quota_verbs[],
    ctl_explain_verbs[], ctl_learn_verbs[], ctl_statement_verbs[],
    ctl_onboard_verbs[], ctl_digest_verbs[], ctl_log_verbs[],
    ctl_import_verbs[], ctl_owner_verbs[];

#endif
