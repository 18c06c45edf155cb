/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/err.h"
#include "policy/content_int.h"

#define CHUNK 16384

struct content_chunk {
	struct content_chunk *next;
	size_t used, size;
	char data[];
};

void
content_limits_init(struct content_limits *l)
{
	*l = (struct content_limits){ .parts = 200, .depth = 12,
		.text_octets = 60000, .total_octets = 8u << 20, .links = 500,
		.marks = 4000, .archive_entries = 200, .archive_depth = 3,
		.archive_octets = 64u << 20,
		.cpu_ms = 500 };
}

void
content_over(struct reading *r, const char *limit)
{
	if (r->out.over == NULL)
		r->out.over = limit;
}

static int64_t
cpu_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool
content_late(struct reading *r)
{
	if (cpu_ms() < r->until_ms)
		return false;
	content_over(r, "time");
	return true;
}

/* --- Memory ---------------------------------------------------------------- */

static char *
take(struct reading *r, size_t len)
{
	struct content_chunk *c = r->chunks;

	if (c == NULL || c->size - c->used < len) {
		size_t size = len > CHUNK ? len : CHUNK;

		c = malloc(sizeof(*c) + size);
		if (c == NULL) {
			r->err = -ENOMEM;
			return NULL;
		}
		*c = (struct content_chunk){ .next = r->chunks, .size = size };
		r->chunks = c;
	}
	c->used += len;
	return c->data + c->used - len;
}

const char *
content_copy(struct reading *r, const char *text, size_t len)
{
	char *out;

	if (len == 0)
		return "";
	out = take(r, len + 1);
	if (out == NULL)
		return "";
	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}

const char *
content_lower(struct reading *r, const char *text, size_t len)
{
	char *out;

	if (len == 0)
		return "";
	out = take(r, len + 1);
	if (out == NULL)
		return "";
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z'
			? text[i] + ('a' - 'A')
			: text[i]);
	out[len] = '\0';
	return out;
}

void *
content_push(struct reading *r, struct content_list *list, const char *limit)
{
	char *item;

	if (list->count >= list->max) {
		content_over(r, limit);
		return NULL;
	}
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 32 : 2 * list->room;
		void *more = reallocarray(list->items, room, list->size);

		if (more == NULL) {
			r->err = -ENOMEM;
			return NULL;
		}
		list->items = more;
		list->room = room;
	}
	item = (char *)list->items + list->count++ * list->size;
	memset(item, 0, list->size);
	return item;
}

/* --- The whole ---------------------------------------------------------------- */

static void
init(struct reading *r, const struct content_limits *l)
{
	const struct content_list names = { .size = sizeof(const char *),
		.max = l->marks };

	memset(r, 0, sizeof(*r));
	r->limits = *l;
	r->parts = (struct content_list){ .size = sizeof(struct content_part),
		.max = l->parts };
	r->links = (struct content_list){ .size = sizeof(struct content_link),
		.max = l->links };
	r->tags = r->attributes = r->properties = r->colours = names;
	oct_str_heap(&r->plain, 2 * l->text_octets);
	oct_str_heap(&r->visible, 2 * l->text_octets);
	r->until_ms = cpu_ms() + l->cpu_ms;
}

static void
fini(struct reading *r)
{
	struct content_chunk *next;

	for (struct content_chunk *c = r->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(r->parts.items);
	free(r->links.items);
	free(r->tags.items);
	free(r->attributes.items);
	free(r->properties.items);
	free(r->colours.items);
	oct_str_free(&r->plain);
	oct_str_free(&r->visible);
}

static struct content_text
text_of(struct oct_str *s)
{
	return (struct content_text){ oct_str_text(s), s->len };
}

static void
hand_over(struct reading *r)
{
	struct content *c = &r->out;

	c->plain = text_of(&r->plain);
	c->visible = text_of(&r->visible);
	c->parts = r->parts.items;
	c->part_count = r->parts.count;
	c->links = r->links.items;
	c->link_count = r->links.count;
	c->tags = r->tags.items;
	c->tag_count = r->tags.count;
	c->attributes = r->attributes.items;
	c->attribute_count = r->attributes.count;
	c->properties = r->properties.items;
	c->property_count = r->properties.count;
	c->colours = r->colours.items;
	c->colour_count = r->colours.count;
}

int
content_read(struct oct_msg *m, const struct content_limits *l,
    const struct content **out)
{
	struct content_limits standard;
	struct reading *r = malloc(sizeof(*r));
	int rc;

	if (r == NULL)
		return -ENOMEM;
	content_limits_init(&standard);
	init(r, l != NULL ? l : &standard);
	rc = content_walk(r, m);
	if (rc == 0)
		rc = r->err;
	if (rc != 0) {
		fini(r);
		free(r);
		return rc;
	}
	hand_over(r);
	*out = &r->out;
	return 0;
}

void
content_free(const struct content *c)
{
	union {
		const struct content *out;
		struct reading *reading; /* begins with it */
	} u = { .out = c };

	if (c == NULL)
		return;
	fini(u.reading);
	free(u.reading);
}
