/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of struct oct_msg, for lib/msg*.c only.
 *
 * The header lies in one block, in the form in which it is written
 * ("Name:value\r\n" after one another), so that runs of fields are written and
 * hashed without copying; fields points into it.
 */
#ifndef OCT_LIB_MSG_INT_H
#define OCT_LIB_MSG_INT_H

#include "lib/msg.h"

struct oct_msg {
	struct oct_msg_limits limits;
	char *head; /* owned */
	size_t head_len, head_cap;
	struct oct_field *fields; /* owned; point into head */
	size_t count, fields_cap;
	char *body; /* owned; NULL while empty or spilled */
	size_t body_len, body_cap;
	int spill_fd;    /* owned; -1 = the body is in memory */
	void *map;       /* owned; the spilled body, or NULL */
	size_t map_len;
	const char *over; /* static text */
	int err;          /* first failure of an add, sticky: incomplete */
};

/* All return m->err when the message is incomplete already. */
OCT_CHECK int msg_fail(struct oct_msg *m, int err);
OCT_CHECK int msg_over(struct oct_msg *m, const char *limit);
OCT_CHECK int msg_add_field(struct oct_msg *m, const struct oct_field *f);

/* Release the body and its file. */
void msg_body_fini(struct oct_msg *m);

/* Length of the field name at the start of the line: 0 = it is no field. */
size_t msg_field_name_len(const char *line, size_t len);

#endif
