/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of a held message to its owner, in words that need no
 * explanation.  Pure, but for the time zone; any thread.
 */
#ifndef OCT_CHALLENGE_WEB_OWNER_WORDS_H
#define OCT_CHALLENGE_WEB_OWNER_WORDS_H

#include "challenge-web/owner_text.h"
#include "lib/str.h"
#include "policy/owner.h"

/* Why it is held. */
enum otext owner_words_why(const struct case_item *item);
/* How its sender proved who he is; good: he did. */
enum otext owner_words_proof(const struct case_item *item, bool *good);
/* What became of the last try to deliver it; OTEXT_COUNT: nothing to say. */
enum otext owner_words_status(const struct case_item *item);
enum otext owner_words_act(enum owner_act act);
/* Where a grant or relation comes from; by: a name is to be filled in. */
enum otext owner_words_origin(const char *origin);

/* Its decoded subject, or words for none. */
void owner_words_subject(enum lang l, const char *raw, struct oct_str *out);
/* Its author, or words for none. */
const char *owner_words_sender(enum lang l, const struct case_item *item);
/* The name of a sender as an owner reads it: of "addr:a@b", "dom:b" and of the
 * identity "sid:N|a@b|network" the address or domain; nothing for one that
 * names nobody. */
void owner_words_who(const char *who, struct oct_str *out);
/* "Dimanche à 3 h", "Du lundi au vendredi à 8 h, 14 h"; of an off one nothing. */
void owner_words_schedule(enum lang l, int64_t schedule, struct oct_str *out);
/* "sam. 21 nov. à 9 h 05", "Sat 21 Nov at 09:05". */
void owner_words_time(enum lang l, int64_t wall_ms, struct oct_str *out);
/* "samedi 28 novembre", "Saturday 28 November". */
void owner_words_day(enum lang l, int64_t wall_ms, struct oct_str *out);
/* "12 ko", "3,4 Mo" */
void owner_words_size(enum lang l, int64_t octets, struct oct_str *out);

#endif
