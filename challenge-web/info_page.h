/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages about the service: home, accessibility, legal notice, personal data.
 * Any thread.
 */
#ifndef OCT_CHALLENGE_WEB_INFO_PAGE_H
#define OCT_CHALLENGE_WEB_INFO_PAGE_H

#include "challenge-web/view.h"

void info_page_home(struct view *v);
void info_page_access(struct view *v);
void info_page_legal(struct view *v);
void info_page_data(struct view *v);

#endif
