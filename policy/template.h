/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: the texts of the mails that octroi writes to people.  Each exists
 * in French and English, built in, and may be replaced for the platform and for
 * a hosted domain (template_store.h).
 *
 * A template is a line "Subject: ...", an empty line, and paragraphs, each one
 * line however long (lines are filled when the mail is written; a line that
 * begins with a space is left alone).  {{name}} stands for a value;
 * {{#name}}...{{/name}} is shown only if that value is not empty, or if that
 * word applies (enum template_word).  Nothing else has a meaning.  A line of
 * which nothing is left disappears; several empty lines become one.
 *
 * A mail has both languages: the first one's text with the word "first", and
 * below it the other one's with the word "second", in short.  Whatever the
 * values are, a checked template gives lawful lines and stays under its bounds.
 * Pure; any thread.
 */
#ifndef OCT_POLICY_TEMPLATE_H
#define OCT_POLICY_TEMPLATE_H

#include "lib/def.h"
#include "lib/str.h"

enum template_id {
	TEMPLATE_CHALLENGE, /* to a first-time sender */
	TEMPLATE_END,       /* to a sender: it was not delivered */
	TEMPLATE_DIGEST,    /* to an owner: what is held for him */
	TEMPLATE_EXTENSION, /* to a referent: kept longer, nobody looked */
	TEMPLATE_BREAKER,   /* to an administrator: no challenges leave */
	TEMPLATE_WELCOME,   /* to an owner: the option is on, and his page */
	TEMPLATE_LINK,      /* to an owner: a new link to his page */
	TEMPLATE_STORAGE,   /* to an owner and his referent: it fills up */
	TEMPLATE_SUSPENSION /* to referent and administrators: sends no more */
};
#define TEMPLATE_COUNT (TEMPLATE_SUSPENSION + 1)

enum template_lang { TEMPLATE_FR, TEMPLATE_EN };
#define TEMPLATE_LANGS (TEMPLATE_EN + 1)

enum template_value {
	TEMPLATE_V_DATE,      /* when it arrived, or began */
	TEMPLATE_V_EXPIRY,    /* until when */
	TEMPLATE_V_ADDRESSES, /* as typed; whole lines */
	TEMPLATE_V_LINK,      /* URL of a page of ours */
	TEMPLATE_V_CODE,      /* "123 456" */
	TEMPLATE_V_OPERATOR,  /* who runs the filter */
	TEMPLATE_V_HELP,      /* whom to ask */
	TEMPLATE_V_DPO,       /* data-protection officer */
	TEMPLATE_V_NOTICE,    /* URL of the information notice */
	TEMPLATE_V_MAILBOX,   /* address of the owner */
	TEMPLATE_V_DOMAIN,    /* hosted domain */
	TEMPLATE_V_COUNT,     /* how many messages */
	TEMPLATE_V_LINES,     /* the messages; whole lines */
	TEMPLATE_V_SCOPE,     /* of a breaker: "example.org" */
	TEMPLATE_V_CAUSE,     /* of a breaker, in words */
	TEMPLATE_V_PERCENT,   /* of the quota */
	TEMPLATE_V_USED,      /* storage: "4,2 Go" */
	TEMPLATE_V_QUOTA,
	TEMPLATE_V_LIMIT,     /* "100 messages en 1 h" */
	TEMPLATE_V_EARLIER,   /* what else waits, in a sentence */
	TEMPLATE_V_NETWORK    /* from which a link was asked for */
};
#define TEMPLATE_VALUES (TEMPLATE_V_NETWORK + 1)

/* Exactly one of each group that the template knows applies. */
enum template_word {
	TEMPLATE_W_FIRST, /* place of the language */
	TEMPLATE_W_SECOND,
	TEMPLATE_W_ONE, /* how many addresses or messages */
	TEMPLATE_W_MANY,
	TEMPLATE_W_CODE, /* does the page always ask for the code? */
	TEMPLATE_W_BUTTON,
	TEMPLATE_W_UNCONFIRMED, /* why it was not delivered */
	TEMPLATE_W_UNASKED,
	TEMPLATE_W_REFUSED,
	TEMPLATE_W_GAVE_UP
};
#define TEMPLATE_WORDS (TEMPLATE_W_GAVE_UP + 1)

struct template_input {
	const char *value[TEMPLATE_VALUES]; /* NULL = "" */
	uint32_t words;                     /* 1u << enum template_word */
	size_t width; /* columns of a filled line, 0 = TEMPLATE_WIDTH */
};

#define TEMPLATE_SOURCE_MAX 8192 /* octets of a template */
#define TEMPLATE_CHALLENGE_MAX 1536 /* octets of the text of a challenge */
#define TEMPLATE_TEXT_MAX 12288 /* of any other, without lists */
#define TEMPLATE_SUBJECT_MAX 200
#define TEMPLATE_WIDTH 72 /* columns of a filled line */
#define TEMPLATE_OPERATOR_MAX 80 /* octets of each text of the operator */
#define TEMPLATE_CONTACT_MAX 200 /* and of all four together */
#define TEMPLATE_DATE_MAX 64
#define TEMPLATE_URL_MAX 90
#define TEMPLATE_ADDRESSES_MAX 160

const char *template_name(enum template_id id); /* "challenge" */
const char *template_help(enum template_id id); /* one line of English */
/* 0, or OCT_EABSENT: no template has that name. */
OCT_CHECK int template_find(const char *name, enum template_id *out);
const char *template_lang_name(enum template_lang lang); /* "fr" */
OCT_CHECK int template_lang_find(const char *name, enum template_lang *out);

/* The built-in text. */
const char *template_builtin(enum template_id id, enum template_lang lang);

#define TEMPLATE_PROBLEM_SIZE 512
struct template_problem {
	size_t line; /* from 1; 0 = the whole */
	char text[TEMPLATE_PROBLEM_SIZE]; /* what it is, what was expected */
};

/*
 * May this be used?  host: that of the challenge pages, the only one that URLs
 * may name ("" = none may be named).  OCT_EPARSE with *problem, or -ENOMEM.
 */
OCT_CHECK int template_check(enum template_id id, const char *source,
    const char *host, struct template_problem *problem);

/* "{{code}} {{link}} ..." and "{{#first}} ...": what a template may use. */
void template_places(enum template_id id, struct oct_str *out);

/*
 * Append subject (one line) and text (LF ends) of a checked template.  Values
 * are taken as they are: one line of shown UTF-8 each, lists whole lines with
 * LF ends.  Either out may be NULL.
 */
void template_render(enum template_id id, const char *source,
    const struct template_input *in, struct oct_str *subject,
    struct oct_str *text);

/* Both languages: the first one's subject, its text, and the other's. */
struct template_pair {
	const char *source[TEMPLATE_LANGS];
	struct template_input in[TEMPLATE_LANGS]; /* dates differ */
	enum template_lang first;
};
/* The words of the place of the language are added here. */
void template_render_pair(enum template_id id, const struct template_pair *p,
    struct oct_str *subject, struct oct_str *text);

/* Values for a preview, or the longest there are. */
void template_sample(enum template_id id, enum template_lang lang,
    struct template_input *out);

#endif
