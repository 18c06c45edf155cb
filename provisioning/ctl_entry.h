/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands that provision share: the entry that a command line names,
 * its attributes, how it is changed and how it is shown.  One thread.
 */
#ifndef OCT_PROVISIONING_CTL_ENTRY_H
#define OCT_PROVISIONING_CTL_ENTRY_H

#include "policy/directory_schema.h"
#include "provisioning/ctl_cmd.h"

#define CTL_ENTRY_MAX 131072 /* octets of JSON of one entry */

struct ctl_subject {
	enum dir_kind kind;
	const char *noun; /* "group" for an alias with post */
	char domain[OCT_DOMAIN_SIZE]; /* "" = it belongs to none */
	char local[OCT_ADDR_SIZE];    /* local part, old address or id */
	char name[OCT_ADDR_SIZE];     /* for people */
};

/* What the noun is about, and what its first words name.  A legacy address has
 * two words: itself, and its domain or a mailbox of it. */
enum dir_kind ctl_noun_kind(const char *noun);
int ctl_subject(const struct ctl *ctl, const struct ctl_args *args,
    struct ctl_subject *out);
/* The same, of names that are known to be right. */
void ctl_subject_of(enum dir_kind kind, const char *domain, const char *local,
    struct ctl_subject *out);

/* The attributes given as options, as one JSON object; words after the first
 * are targets of an alias.  Returns a status. */
int ctl_entry_attributes(const struct ctl *ctl, const struct ctl_args *args,
    enum dir_kind kind, struct oct_str *out);

/* What a person wrote as its value: "-" is nothing, as it is shown.  (Files for
 * apply say what they say.) */
const char *ctl_entry_value(const struct dir_attribute *a, const char *text);

/* CTL_REOPEN: to the state that the journal tells. */
enum ctl_act { CTL_ADD, CTL_SET, CTL_REOPEN, CTL_REMOVE };
/* Change it, and say that it was done (done NULL: silently).  A status. */
int ctl_subject_change(struct ctl *ctl, const struct ctl_subject *s,
    enum ctl_act act, const char *json, const char *done);

/* All its attributes as the store has them, secrets masked.  A status: it is a
 * failure that it is not there. */
int ctl_subject_read(struct ctl *ctl, const struct ctl_subject *s,
    json_t **out);
/* The text of a member, "" if there is none. */
const char *ctl_text(const json_t *object, const char *name);

/* An entry with its name and attributes; d: its domain (NULL = none). */
json_t *ctl_entry_json(enum dir_kind kind, const void *entry,
    const struct dir_domain *d);
json_t *ctl_entry_tenant_json(const struct dir_tenant *t);
/* v: its name and its attributes; taken over.  Returns a status. */
int ctl_entry_print(const struct ctl *ctl, enum dir_kind kind, json_t *v);

/* --at=DATE[THH:MM] of a show: that time, or what there is now (absent: 0). */
int ctl_at(struct ctl *ctl, const struct ctl_args *args, int64_t *wall_ms);
/* Print the entry as it was then. */
int ctl_show_at(struct ctl *ctl, const struct ctl_subject *s, int64_t wall_ms);

/* The verbs of several nouns. */
ctl_run ctl_add_run, ctl_set_run, ctl_show_run, ctl_close_run, ctl_reopen_run,
    ctl_purge_run, ctl_remove_run, ctl_password_run, ctl_import_run;
extern const struct ctl_option ctl_close_options[], ctl_purge_options[],
    ctl_at_options[], ctl_password_options[], ctl_import_options[];
/* Close a tenant and its domains, from that day on ("" = now); open again what
 * was closed with it.  A status. */
int ctl_close_tenant(struct ctl *ctl, const char *id, const char *first_closed);
int ctl_reopen_tenant(struct ctl *ctl, const char *id);

/* Is the plan there that a tenant names?  named: the JSON of what is set. */
int ctl_check_named(struct ctl *ctl, const struct ctl_subject *s,
    const char *named);
/* May that domain (normalised) be hosted?  A status. */
int ctl_check_hosted(struct ctl *ctl, const char *domain);
/* The setting that makes it a name of octroi's own; NULL: none does. */
const char *ctl_own_name(const struct settings *set, const char *domain);

#endif
