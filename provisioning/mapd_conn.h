/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client of octroi-mapd: octets in, requests answered, octets out.  The
 * loop's thread only.
 */
#ifndef OCT_PROVISIONING_MAPD_CONN_H
#define OCT_PROVISIONING_MAPD_CONN_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/directory.h"
#include "provisioning/dict.h"
#include "provisioning/socketmap.h"

#define MAPD_INPUT_SIZE 4096 /* a whole request, and some sent ahead */

/* What answering needs, and what it counts; one for all connections. */
struct mapd_answers {
	struct directory *directory;
	struct socketmap_site site;
	struct oct_str value;          /* scratch */
	struct socketmap_request request;
	uint64_t count[SOCKETMAP_PERM + 1]; /* by status */
	struct dict_conf dict;
	struct dict_counts dict_count;
};

struct mapd_conn {
	struct mapd_conn *newer, *older; /* the loop's list by last request */
	int fd;                          /* owned */
	struct dict_session *dict; /* Dovecot's protocol; NULL: socketmap */
	int64_t active_ms; /* monotonic: accepted, or last whole request */
	struct oct_str out;
	size_t sent; /* of out */
	size_t in_len;
	char in[MAPD_INPUT_SIZE];
};

/* Takes over fd (non-blocking); dict: it speaks Dovecot's protocol.  NULL: no
 * memory, fd is closed. */
struct mapd_conn *mapd_conn_new(int fd, bool dict, int64_t now_ms);
void mapd_conn_free(struct mapd_conn *c);

enum mapd_wish {
	MAPD_READ,  /* wait until there is more to read */
	MAPD_WRITE, /* wait until the client takes more */
	MAPD_CLOSE  /* end of file, error, or a client to get rid of */
};

/*
 * Do what can be done without waiting: read once, answer what is whole, write.
 * *limit names, for the log, the limit or rule that the client broke (static),
 * or is NULL.
 */
enum mapd_wish mapd_conn_serve(struct mapd_conn *c, struct mapd_answers *a,
    int64_t now_ms, const char **limit);

#endif
