/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Zimbra server has, and what it should have: read from what its command
 * zmprov prints, or made of the model; the difference is a batch for
 * "zmprov -f".  Nothing is ever deleted but names of what stays: accounts and
 * lists are closed by their status.  One thread.
 */
#ifndef OCT_PROVISIONING_ZIMBRA_H
#define OCT_PROVISIONING_ZIMBRA_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/model.h"

enum zimbra_kind { ZIMBRA_COS, ZIMBRA_DOMAIN, ZIMBRA_ACCOUNT, ZIMBRA_LIST };

struct zimbra_names {
	size_t count, cap;
	const char **items; /* lower case, sorted once zimbra_sort was called */
};

/* Texts are "" where nothing is said. */
struct zimbra_entry {
	enum zimbra_kind kind;
	const char *name;    /* lower case */
	const char *id;      /* zimbraId, of a COS */
	const char *status;  /* in Zimbra's words */
	const char *display; /* accounts */
	const char *quota;   /* octets, "0" = none; accounts, COS */
	const char *cos;     /* name, or its id in a dump; accounts */
	const char *off;     /* "TRUE": nothing stays here */
	bool system;         /* Zimbra's own: never touched */
	bool resource;       /* a room, not a person */
	struct zimbra_names aliases, forwards, members;
	int64_t used;        /* octets, -1 = not told */
};

struct zimbra;

OCT_CHECK int zimbra_new(struct zimbra **out);
void zimbra_free(struct zimbra *z);
size_t zimbra_count(const struct zimbra *z);
const struct zimbra_entry *zimbra_at(const struct zimbra *z, size_t i);

/*
 * What "zmprov gac -v", "gad -v", "gaa -v", "gadl -v" and "gqu" print, one after
 * the other in any order.  text is changed.  OCT_EPARSE: problem says where and
 * what; a text that looks like an attribute is refused, since people write such
 * texts themselves.
 */
#define ZIMBRA_PROBLEM_SIZE 512
OCT_CHECK int zimbra_parse(
    char *text, struct zimbra **out, char problem[ZIMBRA_PROBLEM_SIZE]);

/* What the model says.  quota: of mailboxes for which nobody sets one, octets;
 * domain: that one alone, or NULL. */
OCT_CHECK int zimbra_want(const struct model *m, int64_t quota,
    const char *domain, struct zimbra **out);

struct zimbra_options {
	bool close_missing; /* in the wanted domains */
	bool forwarding;    /* Zimbra forwards; else that is left alone */
};

/* Told for each thing that cannot be made so. */
typedef void zimbra_refuse(void *arg, const char *name, const char *why);

/* Append the commands that make wanted of live, one a line.  *left: what wanted
 * does not name and stays. */
OCT_CHECK int zimbra_diff(const struct zimbra *live,
    const struct zimbra *wanted, const struct zimbra_options *options,
    zimbra_refuse *refuse, void *arg, size_t *left, struct oct_str *out);

/* Append it as a file for "octroictl plan": domains are tenant's ("" = none). */
OCT_CHECK int zimbra_model(const struct zimbra *z, const char *tenant,
    zimbra_refuse *refuse, void *arg, struct oct_str *out);

/* A word of a batch. */
void zimbra_word(struct oct_str *out, const char *text);

/* --- Between zimbra*.c only ---------------------------------------------- */

struct zimbra_entry *zimbra_change(struct zimbra *z, size_t i);
/* Not sorted yet; NULL: no memory. */
struct zimbra_entry *zimbra_add(
    struct zimbra *z, enum zimbra_kind kind, const char *name);
const char *zimbra_text(struct zimbra *z, const char *text, bool lower);
OCT_CHECK int zimbra_name_add(struct zimbra_names *n, const char *name);
/* Each name once. */
void zimbra_names_sort(struct zimbra_names *n);
bool zimbra_has(const struct zimbra_names *n, const char *name);
/* OCT_EPARSE: something is there twice; *name says what. */
OCT_CHECK int zimbra_sort(struct zimbra *z, const char **name);
const struct zimbra_entry *zimbra_find(
    const struct zimbra *z, enum zimbra_kind kind, const char *name);
/* Who has the alias; NULL: nobody. */
const struct zimbra_entry *zimbra_owner(
    const struct zimbra *z, const char *alias);
/* Names that shall be no aliases (any more). */
struct zimbra_names *zimbra_dropped(struct zimbra *z);
const struct zimbra_names *zimbra_dropped_of(const struct zimbra *z);

#endif
