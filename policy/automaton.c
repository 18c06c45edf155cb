/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/automaton.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

#define NONE 0xffff
#define NODES_MAX 0x8000
#define ENDS 0x8000 /* of a move: a word ends where it leads */
#define CLASSES_MAX 256

/* What a node ends, with its borders. */
struct pattern {
	uint16_t what;
	uint16_t next; /* another pattern that ends here, or NONE */
	uint16_t len;
	bool before, after;
};

struct node {
	uint16_t fail, output; /* pattern, or NONE */
	uint16_t link;         /* next node with output on the way of fails */
	uint16_t first;        /* itself if it has output, else that */
};

struct automaton {
	/* Octets that no word has are one class: the tables stay small. */
	uint8_t class_of[256];
	size_t classes;
	uint16_t *go; /* [node * classes + class]; when built, with ENDS */
	struct node *node;
	struct pattern *pattern;
	size_t nodes, nodes_max, patterns;
};

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

/* --- Building ------------------------------------------------------------- */

/* One word of the list, cut from its borders. */
struct word {
	const char *text;
	size_t len;
	bool before, after;
};

/* false: there is no further one. */
static bool
next_word(const char **at, struct word *out)
{
	size_t len = strcspn(*at, "|");

	if (**at == '\0')
		return false;
	*out = (struct word){ .text = *at, .len = len };
	out->before = len > 0 && out->text[0] == '_';
	out->after = len > 1 && out->text[len - 1] == '_';
	out->text += out->before;
	out->len -= (size_t)out->before + (size_t)out->after;
	OCT_ASSERT(out->len > 0);
	*at += len + ((*at)[len] == '|');
	return true;
}

/* Letters and words in all, and the class of each letter. */
static void
measure(struct automaton *a, const struct automaton_words *list, size_t count)
{
	bool seen[256] = { false };

	a->nodes_max = 1;
	for (size_t i = 0; i < count; i++) {
		const char *at = list[i].words;
		struct word w;

		while (next_word(&at, &w)) {
			a->nodes_max += w.len;
			a->patterns++;
			for (size_t k = 0; k < w.len; k++)
				seen[(unsigned char)w.text[k]] = true;
		}
	}
	OCT_ASSERT(a->nodes_max <= NODES_MAX && a->patterns < NONE);
	a->classes = 1;
	for (size_t c = 0; c < OCT_LEN(seen); c++)
		if (seen[c])
			a->class_of[c] = (uint8_t)a->classes++;
	for (unsigned int c = 'A'; c <= 'Z'; c++)
		a->class_of[c] = a->class_of[lower((unsigned char)c)];
	OCT_ASSERT(a->classes < CLASSES_MAX);
}

static uint16_t *
move_of(const struct automaton *a, size_t node, size_t class)
{
	return &a->go[node * a->classes + class];
}

static void
add_word(struct automaton *a, const struct word *w, uint16_t what)
{
	struct pattern *p = &a->pattern[a->patterns];
	uint16_t at = 0;

	for (size_t i = 0; i < w->len; i++) {
		uint16_t *to = move_of(a, at,
		    a->class_of[(unsigned char)w->text[i]]);

		if (*to == 0) {
			a->node[a->nodes].output = NONE;
			*to = (uint16_t)a->nodes++;
		}
		at = *to;
	}
	*p = (struct pattern){ .what = what, .next = a->node[at].output,
		.len = (uint16_t)w->len, .before = w->before,
		.after = w->after };
	a->node[at].output = (uint16_t)a->patterns++;
}

/* Fails and the missing moves, by breadth: queue gets all nodes but the first in
 * that order. */
static void
complete(struct automaton *a, uint16_t *queue)
{
	size_t head = 0, tail = 0;

	for (size_t c = 0; c < a->classes; c++)
		if (*move_of(a, 0, c) != 0)
			queue[tail++] = *move_of(a, 0, c);
	while (head < tail) {
		uint16_t at = queue[head++];
		uint16_t fail = a->node[at].fail;

		a->node[at].link = a->node[fail].output != NONE
		    ? fail
		    : a->node[fail].link;
		for (size_t c = 0; c < a->classes; c++) {
			uint16_t *to = move_of(a, at, c);

			if (*to == 0) {
				*to = *move_of(a, fail, c);
				continue;
			}
			a->node[*to].fail = *move_of(a, fail, c);
			queue[tail++] = *to;
		}
	}
	for (size_t i = 1; i < a->nodes; i++)
		a->node[i].first = a->node[i].output != NONE ? (uint16_t)i
							     : a->node[i].link;
}

/*
 * Numbers the nodes in that order.  Texts rarely go deeper than two or three
 * letters: what is met all the time lies together, in the cache.  Moves get their
 * mark ENDS, so that the nodes themselves are only looked at where words end.
 */
static int
sort_nodes(struct automaton *a, const uint16_t *queue)
{
	uint16_t *number = calloc(a->nodes, sizeof(*number));
	uint16_t *go = calloc(a->nodes * a->classes, sizeof(*go));
	struct node *node = calloc(a->nodes, sizeof(*node));

	if (number == NULL || go == NULL || node == NULL) {
		free(number);
		free(go);
		free(node);
		return -ENOMEM;
	}
	for (size_t i = 1; i < a->nodes; i++)
		number[queue[i - 1]] = (uint16_t)i;
	for (size_t i = 0; i < a->nodes; i++) {
		const struct node *from = &a->node[i];
		size_t to = number[i];

		node[to] = (struct node){ .fail = number[from->fail],
			.output = from->output,
			.link = number[from->link],
			.first = number[from->first] };
		for (size_t c = 0; c < a->classes; c++) {
			uint16_t next = *move_of(a, i, c);
			bool ends = next != 0 && a->node[next].first != 0;

			go[to * a->classes + c] =
			    (uint16_t)(number[next] | (ends ? ENDS : 0));
		}
	}
	free(number);
	free(a->go);
	free(a->node);
	a->go = go;
	a->node = node;
	return 0;
}

static int
finish(struct automaton *a)
{
	uint16_t *queue = calloc(a->nodes, sizeof(*queue));
	int rc = -ENOMEM;

	if (queue != NULL) {
		complete(a, queue);
		rc = sort_nodes(a, queue);
	}
	free(queue);
	return rc;
}

int
automaton_new(const struct automaton_words *list, size_t count,
    struct automaton **out)
{
	struct automaton *a = calloc(1, sizeof(*a));
	int rc = -ENOMEM;

	if (a == NULL)
		return rc;
	measure(a, list, count);
	a->go = calloc(a->nodes_max * a->classes, sizeof(*a->go));
	a->node = calloc(a->nodes_max, sizeof(*a->node));
	a->pattern = calloc(a->patterns + 1, sizeof(*a->pattern));
	if (a->go == NULL || a->node == NULL || a->pattern == NULL)
		goto out;
	a->nodes = 1;
	a->patterns = 0;
	a->node[0].output = NONE;
	for (size_t i = 0; i < count; i++) {
		const char *at = list[i].words;
		struct word w;

		while (next_word(&at, &w))
			add_word(a, &w, list[i].what);
	}
	rc = finish(a);
	if (rc != 0)
		goto out;
	*out = a;
	a = NULL;
out:
	automaton_free(a);
	return rc;
}

void
automaton_free(struct automaton *a)
{
	if (a == NULL)
		return;
	free(a->go);
	free(a->node);
	free(a->pattern);
	free(a);
}

/* --- Finding --------------------------------------------------------------- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

struct place {
	const struct automaton_text *text;
	size_t end;
	automaton_each *each;
	void *arg;
};

/* Where a word with or without a border behind it counts. */
static unsigned int
counts_in(const struct place *at, bool border)
{
	const struct automaton_text *t = at->text;
	bool open = !border || at->end >= t->len ||
	    !is_letter(t->data[at->end]);

	return (open ? AUTOMATON_WHOLE : 0) |
	    (at->end < t->start && open ? AUTOMATON_START : 0) |
	    (at->end == t->start ? AUTOMATON_START : 0);
}

/* The words that end there. */
static void
tell_all(const struct automaton *a, uint16_t node, const struct place *at)
{
	const char *text = at->text->data;

	for (uint16_t i = a->node[node].output; i != NONE;
	     i = a->pattern[i].next) {
		const struct pattern *p = &a->pattern[i];
		size_t start = at->end - p->len;
		unsigned int in;

		if (p->before && start > 0 && is_letter(text[start - 1]))
			continue;
		in = counts_in(at, p->after);
		if (in != 0)
			at->each(at->arg, p->what, in);
	}
}

void
automaton_find(const struct automaton *a, const struct automaton_text *text,
    automaton_each *each, void *arg)
{
	struct place place = { .text = text, .each = each, .arg = arg };
	size_t at = 0;

	for (size_t i = 0; i < text->len; i++) {
		uint16_t move = *move_of(a, at,
		    a->class_of[(unsigned char)text->data[i]]);

		at = move & (NODES_MAX - 1);
		if ((move & ENDS) == 0)
			continue;
		for (uint16_t n = a->node[at].first; n != 0;
		     n = a->node[n].link) {
			place.end = i + 1;
			tell_all(a, n, &place);
		}
	}
}
