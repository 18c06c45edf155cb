/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the template_*.c files only: what each template may use, and its
 * pieces.
 */
#ifndef OCT_POLICY_TEMPLATE_INT_H
#define OCT_POLICY_TEMPLATE_INT_H

#include "policy/template.h"

#define BIT(n) (1u << (n))

enum value_form {
	FORM_INLINE,
	FORM_ALONE, /* a URL: blanks or line ends around it */
	FORM_LINES  /* whole lines: alone on its line */
};

struct value_spec {
	const char *name;
	enum value_form form;
	bool in_subject;
	const char *sample[TEMPLATE_LANGS], *longest[TEMPLATE_LANGS];
};
extern const struct value_spec template_value_specs[TEMPLATE_VALUES];

/* Words of one group follow each other; group: the first one's number. */
struct word_spec {
	const char *name;
	enum template_word group;
};
extern const struct word_spec template_word_specs[TEMPLATE_WORDS];

struct template_spec {
	const char *name, *help;
	uint32_t values, mandatory; /* BIT(enum template_value) */
	uint32_t words;
	/* Octets of the text as first and as second language. */
	size_t first_max, second_max;
};
extern const struct template_spec template_specs[TEMPLATE_COUNT];

enum piece_kind {
	PIECE_TEXT,
	PIECE_VALUE,   /* {{name}} */
	PIECE_IF_VALUE, /* {{#name}} */
	PIECE_IF_WORD,
	PIECE_END,     /* {{/name}} */
	PIECE_WRONG
};

struct piece {
	enum piece_kind kind;
	unsigned which;   /* value or word */
	const char *text; /* the octets; of a tag, its name */
	size_t len;
};

/* The next piece of the line at *at (its end is NUL or LF); false at the end. */
bool template_piece(enum template_id id, const char **at, struct piece *out);

/* Is the section shown? */
bool template_holds(const struct template_input *in, const struct piece *p);

#define TEMPLATE_DEPTH 4 /* of sections in sections */

/* The subject's text and length, and the text's first line; false: the source
 * does not begin with "Subject: " and an empty line. */
bool template_split(const char *source, const char **subject,
    size_t *subject_len, const char **body);

#endif
