/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mail programs are told, in their own dialects of XML, and what Outlook
 * asks.  Pure; any thread.
 */
#ifndef OCT_CHALLENGE_WEB_SETUP_TEXT_H
#define OCT_CHALLENGE_WEB_SETUP_TEXT_H

#include "policy/hosting.h"
#include "policy/zone.h"

/* Both servers must be set. */
void setup_text_thunderbird(const char *domain, const struct hosting *h,
    struct oct_str *out);
void setup_text_outlook(const char *address, const struct hosting *h,
    struct oct_str *out);
void setup_text_outlook_error(struct oct_str *out);

#endif
