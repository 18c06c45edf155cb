/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lexicon.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/lexicon_words.h"

#define NODES_MAX 12000
#define PATTERNS_MAX 1200
#define NONE 0xffff

/* What a node ends: a category or a brand, with its borders. */
struct pattern {
	uint16_t what;   /* category, or categories + brand */
	uint16_t next;   /* another pattern that ends here, or NONE */
	uint16_t len;
	bool before, after;
};

struct node {
	uint16_t fail, output; /* pattern, or NONE */
	uint16_t link;         /* next node with output on the way of fails */
};

struct automaton {
	uint16_t (*go)[256];
	struct node *node;
	size_t nodes, patterns;
	struct pattern pattern[PATTERNS_MAX];
	bool ready;
};

static struct automaton automaton;
static pthread_once_t once = PTHREAD_ONCE_INIT;

size_t
lexicon_categories(void)
{
	return OCT_LEN(lexicon_words);
}

const char *
lexicon_category(size_t i)
{
	return lexicon_words[i].name;
}

size_t
lexicon_brands(void)
{
	return OCT_LEN(lexicon_brand_words);
}

const char *
lexicon_brand(size_t i)
{
	return lexicon_brand_words[i];
}

/* --- Building ------------------------------------------------------------- */

static uint16_t
child(struct automaton *a, uint16_t from, unsigned char c)
{
	if (a->go[from][c] == 0) {
		OCT_ASSERT(a->nodes < NODES_MAX);
		a->node[a->nodes].output = NONE;
		a->go[from][c] = (uint16_t)a->nodes++;
	}
	return a->go[from][c];
}

static void
add_pattern(struct automaton *a, const char *word, size_t len, size_t what)
{
	struct pattern *p = &a->pattern[a->patterns];
	uint16_t at = 0;

	OCT_ASSERT(a->patterns < PATTERNS_MAX);
	p->before = len > 0 && word[0] == '_';
	p->after = len > 1 && word[len - 1] == '_';
	word += p->before;
	len -= (size_t)p->before + (size_t)p->after;
	OCT_ASSERT(len > 0);
	for (size_t i = 0; i < len; i++)
		at = child(a, at, (unsigned char)word[i]);
	p->what = (uint16_t)what;
	p->len = (uint16_t)len;
	p->next = a->node[at].output;
	a->node[at].output = (uint16_t)a->patterns++;
}

static void
add_words(struct automaton *a)
{
	for (size_t i = 0; i < OCT_LEN(lexicon_words); i++) {
		const char *p = lexicon_words[i].words;

		while (*p != '\0') {
			size_t len = strcspn(p, "|");

			add_pattern(a, p, len, i);
			p += len + (p[len] == '|');
		}
	}
}

static size_t
brand_index(const char *name)
{
	for (size_t i = 0; i < OCT_LEN(lexicon_brand_words); i++)
		if (strcmp(lexicon_brand_words[i], name) == 0)
			return i;
	OCT_ASSERT(false);
	return 0;
}

static void
add_brands(struct automaton *a)
{
	char word[64];
	size_t len;

	for (size_t i = 0; i < OCT_LEN(lexicon_brand_words); i++) {
		len = strlen(lexicon_brand_words[i]);
		word[0] = '_';
		memcpy(word + 1, lexicon_brand_words[i], len);
		word[len + 1] = '_';
		add_pattern(a, word, len + 2, OCT_LEN(lexicon_words) + i);
	}
	for (size_t i = 0; i < OCT_LEN(lexicon_spellings); i++)
		add_pattern(a, lexicon_spellings[i][0],
		    strlen(lexicon_spellings[i][0]),
		    OCT_LEN(lexicon_words) +
			brand_index(lexicon_spellings[i][1]));
}

/* Fails and the missing moves, by breadth. */
static int
complete(struct automaton *a)
{
	uint16_t *queue = calloc(a->nodes, sizeof(*queue));
	size_t head = 0, tail = 0;

	if (queue == NULL)
		return -ENOMEM;
	for (unsigned int c = 0; c < 256; c++)
		if (a->go[0][c] != 0)
			queue[tail++] = a->go[0][c];
	while (head < tail) {
		uint16_t at = queue[head++];
		uint16_t fail = a->node[at].fail;

		a->node[at].link = a->node[fail].output != NONE
		    ? fail
		    : a->node[fail].link;
		for (unsigned int c = 0; c < 256; c++) {
			uint16_t to = a->go[at][c];

			if (to == 0) {
				a->go[at][c] = a->go[fail][c];
				continue;
			}
			a->node[to].fail = a->go[fail][c];
			queue[tail++] = to;
		}
	}
	free(queue);
	return 0;
}

static void
build(void)
{
	struct automaton *a = &automaton;

	_Static_assert(OCT_LEN(lexicon_words) <= LEXICON_CATEGORIES_MAX,
	    "categories");
	_Static_assert(OCT_LEN(lexicon_brand_words) <= LEXICON_BRANDS_MAX,
	    "brands");
	a->go = calloc(NODES_MAX, sizeof(*a->go));
	a->node = calloc(NODES_MAX, sizeof(*a->node));
	if (a->go == NULL || a->node == NULL) {
		free(a->go);
		free(a->node);
		return;
	}
	a->nodes = 1;
	a->node[0].output = NONE;
	add_words(a);
	add_brands(a);
	a->ready = complete(a) == 0;
}

/* --- Finding --------------------------------------------------------------- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static void
note(const struct pattern *p, struct lexicon_hits *out)
{
	size_t brand;

	if (p->what < OCT_LEN(lexicon_words)) {
		out->category[p->what] = (uint16_t)(out->category[p->what] +
		    (out->category[p->what] < UINT16_MAX));
		return;
	}
	brand = p->what - OCT_LEN(lexicon_words);
	out->brand[brand / 64] |= (uint64_t)1 << (brand % 64);
}

/* The patterns that end before text[end]. */
static void
note_all(const struct automaton *a, uint16_t node, const char *text,
    size_t len, size_t end, struct lexicon_hits *out)
{
	for (uint16_t i = a->node[node].output; i != NONE;
	     i = a->pattern[i].next) {
		const struct pattern *p = &a->pattern[i];
		size_t start = end - p->len;

		if (p->before && start > 0 && is_letter(text[start - 1]))
			continue;
		if (p->after && end < len && is_letter(text[end]))
			continue;
		note(p, out);
	}
}

void
lexicon_find(const char *text, size_t len, struct lexicon_hits *out)
{
	const struct automaton *a = &automaton;
	uint16_t at = 0;

	memset(out, 0, sizeof(*out));
	(void)pthread_once(&once, build);
	if (!a->ready)
		return;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c + ('a' - 'A'));
		at = a->go[at][c];
		for (uint16_t n = at; n != 0; n = a->node[n].link)
			note_all(a, n, text, len, i + 1, out);
	}
}

unsigned int
lexicon_count(const struct lexicon_hits *hits, const char *category)
{
	for (size_t i = 0; i < OCT_LEN(lexicon_words); i++)
		if (strcmp(lexicon_words[i].name, category) == 0)
			return hits->category[i];
	OCT_ASSERT(false);
	return 0;
}

bool
lexicon_has_brand(const struct lexicon_hits *hits, size_t brand)
{
	return (hits->brand[brand / 64] >> (brand % 64) & 1) != 0;
}
