/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/casework.h"
#include "policy/options.h"

void
options_timers(const struct option_values *v, struct case_timers *t)
{
	t->settle = v->v[OPTION_SETTLE];
	t->fresh = v->v[OPTION_FRESH];
	t->hold = v->v[OPTION_HOLD];
	t->hold_silent = v->v[OPTION_HOLD_SILENT];
	t->hold_virus = v->v[OPTION_HOLD_VIRUS];
	t->quiet = v->v[OPTION_QUIET];
	t->button = v->v[OPTION_BUTTON];
	t->asks_max = (int)v->v[OPTION_ASKS];
	relation_ages(v, &t->ages);
}
