/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: a whole message, read and turned into features.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/io.h"
#include "policy/features.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct oct_msg *
message_of(const uint8_t *data, size_t size)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	int fd = memfd_create("message", MFD_CLOEXEC);

	oct_msg_limits_init(&limits);
	OCT_ASSERT(fd >= 0 && oct_io_write(fd, data, size) == 0);
	OCT_ASSERT(lseek(fd, 0, SEEK_SET) == 0);
	if (oct_msg_read(&limits, fd, &m) != 0)
		m = NULL;
	(void)close(fd);
	return m;
}

static void
check_text(const struct content_text *t)
{
	OCT_ASSERT(t->data != NULL && strlen(t->data) == t->len);
}

static void
check(const struct content *c, const struct content_limits *l)
{
	check_text(&c->subject);
	check_text(&c->from_name);
	check_text(&c->plain);
	check_text(&c->visible);
	OCT_ASSERT(c->plain.len <= 2 * l->text_octets);
	OCT_ASSERT(c->part_count <= l->parts && c->link_count <= l->links);
	OCT_ASSERT(c->tag_count <= l->marks && c->colour_count <= l->marks);
	for (size_t i = 0; i < c->part_count; i++)
		OCT_ASSERT((size_t)c->parts[i].depth <= l->depth);
	for (size_t i = 0; i < c->link_count; i++)
		OCT_ASSERT(c->links[i].url[0] != '\0' &&
		    (c->links[i].kind == CONTENT_LINK_WEB) ==
			(c->links[i].host[0] != '\0'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct features *f;
	const char *const rcpts[] = { "agent@mairie.example" };
	const struct feature_facts facts = { .recipients = rcpts,
		.recipient_count = 1, .proof = "A", .received_skip = 1 };
	struct content_limits limits;
	const struct content *c;
	struct overview *o;
	struct oct_msg *m = message_of(data, size);

	if (m == NULL)
		return 0;
	content_limits_init(&limits);
	limits.text_octets = 4000;
	limits.marks = limits.links = 60;
	limits.parts = 20;
	limits.archive_octets = 1 << 20;
	OCT_ASSERT(f != NULL || features_new(&f) == 0);
	OCT_ASSERT(content_read(m, &limits, &c) == 0);
	check(c, &limits);
	OCT_ASSERT(overview_new(c, &o) == 0);
	OCT_ASSERT(features_read(f, m, o, &facts) == 0);
	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		OCT_ASSERT(features_count(f, (enum feature_group)g) <=
		    FEATURES_MAX);
	overview_free(o);
	content_free(c);
	oct_msg_free(m);
	return 0;
}
