/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between settings.c and its table only.
 */
#ifndef OCT_POLICY_SETTINGS_INT_H
#define OCT_POLICY_SETTINGS_INT_H

#include "policy/settings.h"

/* The schema tables; s NULL: for the sample. */
struct oct_conf_table settings_table(struct settings *s);
struct oct_conf_table settings_table_options(struct settings *s);
struct oct_conf_table settings_table_caps(struct settings *s);
struct oct_conf_table settings_table_scan(struct settings *s);
struct oct_conf_table settings_table_limits(struct settings *s);
struct oct_conf_table settings_table_hosting(struct settings *s);
struct oct_conf_table settings_table_centre(struct settings *s);

bool settings_is_domain(const char *v);
bool settings_is_domain_or_empty(const char *v);
bool settings_is_node(const char *v);
bool settings_is_rate(const char *v);
bool settings_is_rates(const char *v);
bool settings_is_volumes(const char *v);
bool settings_is_score(const char *v);
bool settings_is_prefix(const char *v);
bool settings_is_url(const char *v);
bool settings_is_local(const char *v);
bool settings_is_path(const char *v);
bool settings_is_path_or_empty(const char *v);
bool settings_is_ledger(const char *v);
bool settings_is_peer_or_empty(const char *v);
bool settings_is_address_or_empty(const char *v);
bool settings_is_shown(const char *v);
bool settings_is_timezone(const char *v);
bool settings_is_weight(const char *v);
bool settings_is_list(const char *v);
void settings_explain_list(const char *v, struct oct_str *out);

#endif
