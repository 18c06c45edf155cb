/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Held items as octroictl shows them: shared by its files that look at items.
 */
#ifndef OCT_PROVISIONING_CTL_HELD_H
#define OCT_PROVISIONING_CTL_HELD_H

#include "policy/casework.h"
#include "provisioning/ctl_cmd.h"

/* One line of a listing, as JSON. */
json_t *ctl_held_json(const struct case_item *item);
/* With everything that is known of it. */
json_t *ctl_held_json_whole(const struct case_item *item);

/* The names of all hosted domains (an array of texts); a status. */
int ctl_held_domains(struct ctl *ctl, json_t **out);

/*
 * The item named "DOMAIN/ID" or "ID".  A status; out is released by
 * case_item_fini.
 */
int ctl_held_find(struct ctl *ctl, const char *name, struct case_item *out);

/* Call for every held item of every mailbox, newest first; what visit returns
 * but 0 ends it.  A status. */
typedef int ctl_held_visit(void *arg, const char *domain, const char *id);
int ctl_held_each(struct ctl *ctl, ctl_held_visit *visit, void *arg);

/* octroictl held list. */
int ctl_held_list(struct ctl *ctl, const struct ctl_args *args);
extern const struct ctl_option ctl_held_list_options[];

#endif
