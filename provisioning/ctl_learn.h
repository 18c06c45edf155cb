/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model was taught: between the files of `octroictl learn`.
 */
#ifndef OCT_PROVISIONING_CTL_LEARN_H
#define OCT_PROVISIONING_CTL_LEARN_H

#include "policy/classifier.h"
#include "provisioning/ctl_cmd.h"

json_t *ctl_learn_json(const struct classifier *c, const char *path);
/* The same for people, appended; changes v. */
void ctl_learn_text(json_t *v, struct oct_str *out);

#endif
