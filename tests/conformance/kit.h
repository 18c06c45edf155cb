/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the suite programs share: folders, tab-separated files, zones, scores.
 * For tests only; a failure of the machine ends the program.
 */
#ifndef OCT_TESTS_KIT_H
#define OCT_TESTS_KIT_H

#include "lib/def.h"
#include "lib/dns.h"
#include "lib/msg.h"

#define KIT_SKIP 77
#define KIT_FIELDS 8
#define KIT_PATH 4096

struct kit_score {
	const char *name;
	size_t right, wrong, unsettled;
};

/*
 * The folder to read: base/sub if that is there (base holds all the suites),
 * else base itself; false if neither is.
 */
bool kit_folder(const char *base, const char *sub, char out[KIT_PATH]);

/* Say loudly that there is nothing to test; the exit code. */
int kit_skip(const char *name, const char *folder);

/* Print "right R wrong W unsettled U"; the exit code. */
int kit_end(const struct kit_score *score);

/* A row that is wrong, with what came instead. */
void kit_wrong(struct kit_score *score, const char *row, const char *fmt, ...)
    OCT_PRINTF(3, 4);

/* A whole file, NUL-terminated, caller frees; NULL if absent. */
char *kit_slurp(const char *path, size_t *len);

/* base/name.ext */
void kit_path(char out[KIT_PATH], const char *base, const char *name,
    const char *ext);

/* One line's fields, cut at tabs in place; how many. */
typedef void kit_row(char *field[KIT_FIELDS], size_t count, void *arg);

/* Each line that is no comment; false if the file is absent. */
bool kit_rows(const char *path, kit_row *row, void *arg);

/* \xHH and \\ undone in place; the length. */
size_t kit_unescape(char *text);

/* A resolver with what the .zone file says (name TXT value; a value like
 * "~~SERVFAIL~~" is a name that never answers).  An absent file is empty. */
struct dns *kit_zone(const char *path);

/* A session that has patience. */
struct dns_session *kit_session(struct dns *dns);

/* A stored message; NULL if it cannot be read. */
struct oct_msg *kit_message(const char *path);

#endif
