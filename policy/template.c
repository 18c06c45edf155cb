/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What templates may use, and how they are read.
 */
#include "policy/template.h"

#include <string.h>

#include "lib/err.h"
#include "policy/template_int.h"

/* 40 and 80 octets. */
#define X40 "0123456789012345678901234567890123456789"
#define X80 X40 X40

const struct value_spec template_value_specs[TEMPLATE_VALUES] = {
	[TEMPLATE_V_DATE] = { "date", FORM_INLINE, true,
	    { "samedi 21 novembre 2026 à\u00a011\u00a0h\u00a045 (heure de Paris)",
		"Saturday 21 November 2026 at\u00a011:45\u00a0(UTC+1)" },
	    { "mercredi 30 septembre 2026 à\u00a023\u00a0h\u00a059 (heure de Paris)",
		"Wednesday 30 September 2026 at\u00a023:59\u00a0(UTC+11:30)" } },
	[TEMPLATE_V_EXPIRY] = { "expiry", FORM_INLINE, false,
	    { "samedi 28 novembre 2026 à\u00a011\u00a0h\u00a045 (heure de Paris)",
		"Saturday 28 November 2026 at\u00a011:45\u00a0(UTC+1)" },
	    { "mercredi 30 septembre 2026 à\u00a023\u00a0h\u00a059 (heure de Paris)",
		"Wednesday 30 September 2026 at\u00a023:59\u00a0(UTC+11:30)" } },
	[TEMPLATE_V_ADDRESSES] = { "addresses", FORM_LINES, false,
	    { "    urbanisme@ville.example\n", "    urbanisme@ville.example\n" },
	    { "    " X40 "\n    " X40 "\n    0123456789abcdef\n"
	      "    et 200 autres adresses\n",
		"    " X40 "\n    " X40 "\n    0123456789abcdef\n"
		"    and 200 other addresses\n" } },
	[TEMPLATE_V_LINK] = { "link", FORM_ALONE, false,
	    { "https://filtre.example/abcdefghijklmnopqrstuvwxyz234567",
		"https://filtre.example/abcdefghijklmnopqrstuvwxyz234567" },
	    { X80 "0123456789", X80 "0123456789" } },
	[TEMPLATE_V_CODE] = { "code", FORM_INLINE, false,
	    { "123 456", "123 456" }, { "123 456", "123 456" } },
	[TEMPLATE_V_OPERATOR] = { "operator", FORM_INLINE, false,
	    { "Centre de gestion de l'Exemple",
		"Centre de gestion de l'Exemple" },
	    { X40 "0123456789", X40 "0123456789" } },
	[TEMPLATE_V_HELP] = { "help", FORM_INLINE, false,
	    { "aide@cdg.example, 01 23 45 67 89",
		"aide@cdg.example, 01 23 45 67 89" },
	    { X40 "0123456789", X40 "0123456789" } },
	[TEMPLATE_V_DPO] = { "dpo", FORM_INLINE, false,
	    { "dpo@cdg.example", "dpo@cdg.example" },
	    { X40 "0123456789", X40 "0123456789" } },
	[TEMPLATE_V_NOTICE] = { "notice", FORM_INLINE, false,
	    { "https://cdg.example/donnees", "https://cdg.example/donnees" },
	    { X40 "0123456789", X40 "0123456789" } },
	[TEMPLATE_V_MAILBOX] = { "mailbox", FORM_INLINE, true,
	    { "urbanisme@ville.example", "urbanisme@ville.example" },
	    { X80, X80 } },
	[TEMPLATE_V_DOMAIN] = { "domain", FORM_INLINE, true,
	    { "ville.example", "ville.example" }, { X80, X80 } },
	[TEMPLATE_V_COUNT] = { "count", FORM_INLINE, true, { "12", "12" },
	    { "1000000", "1000000" } },
	[TEMPLATE_V_LINES] = { "lines", FORM_LINES, false,
	    { "  1. urbanisme@ville.example\n     De : jean@citoyen.example\n",
		"  1. urbanisme@ville.example\n"
		"     From: jean@citoyen.example\n" },
	    { "  " X40 "\n", "  " X40 "\n" } },
	[TEMPLATE_V_SCOPE] = { "scope", FORM_INLINE, true,
	    { "expediteur.example", "expediteur.example" }, { X80, X80 } },
	[TEMPLATE_V_CAUSE] = { "cause", FORM_INLINE, false,
	    { "7 de ses 60 dernières demandes sont revenues en erreur",
		"7 of its last 60 requests bounced" },
	    { X80, X80 } },
	[TEMPLATE_V_PERCENT] = { "percent", FORM_INLINE, true, { "90", "90" },
	    { "100", "100" } },
	[TEMPLATE_V_USED] = { "used", FORM_INLINE, false,
	    { "4,5\u00a0Go", "4.5\u00a0GB" },
	    { "1023,9\u00a0Go", "1023.9\u00a0GB" } },
	[TEMPLATE_V_QUOTA] = { "quota", FORM_INLINE, false,
	    { "5\u00a0Go", "5\u00a0GB" },
	    { "1023,9\u00a0Go", "1023.9\u00a0GB" } },
	[TEMPLATE_V_LIMIT] = { "limit", FORM_INLINE, false,
	    { "100 messages en 1 h", "100 messages in 1 h" }, { X80, X80 } },
	[TEMPLATE_V_EARLIER] = { "earlier", FORM_INLINE, false,
	    { "3 autres messages, déjà signalés, attendent toujours.",
		"3 other messages, reported before, still wait." },
	    { "1000000 autres messages, déjà signalés, attendent toujours.",
		"1000000 other messages, reported before, still wait." } },
	[TEMPLATE_V_NETWORK] = { "network", FORM_INLINE, false,
	    { "192.0.2.0/24", "192.0.2.0/24" },
	    { "2001:db8:1111:2222:3333:4444:5555:6666/48",
		"2001:db8:1111:2222:3333:4444:5555:6666/48" } },
};

const struct word_spec template_word_specs[TEMPLATE_WORDS] = {
	[TEMPLATE_W_FIRST] = { "first", TEMPLATE_W_FIRST },
	[TEMPLATE_W_SECOND] = { "second", TEMPLATE_W_FIRST },
	[TEMPLATE_W_ONE] = { "one", TEMPLATE_W_ONE },
	[TEMPLATE_W_MANY] = { "many", TEMPLATE_W_ONE },
	[TEMPLATE_W_CODE] = { "code", TEMPLATE_W_CODE },
	[TEMPLATE_W_BUTTON] = { "button", TEMPLATE_W_CODE },
	[TEMPLATE_W_UNCONFIRMED] = { "unconfirmed", TEMPLATE_W_UNCONFIRMED },
	[TEMPLATE_W_UNASKED] = { "unasked", TEMPLATE_W_UNCONFIRMED },
	[TEMPLATE_W_REFUSED] = { "refused", TEMPLATE_W_UNCONFIRMED },
	[TEMPLATE_W_GAVE_UP] = { "gaveup", TEMPLATE_W_UNCONFIRMED },
};

#define ORDER (BIT(TEMPLATE_W_FIRST) | BIT(TEMPLATE_W_SECOND))
#define NUMBER (BIT(TEMPLATE_W_ONE) | BIT(TEMPLATE_W_MANY))
#define PROOF (BIT(TEMPLATE_W_CODE) | BIT(TEMPLATE_W_BUTTON))
#define ENDING                                                                 \
	(BIT(TEMPLATE_W_UNCONFIRMED) | BIT(TEMPLATE_W_UNASKED) |               \
	    BIT(TEMPLATE_W_REFUSED) | BIT(TEMPLATE_W_GAVE_UP))
#define CONTACT                                                                \
	(BIT(TEMPLATE_V_OPERATOR) | BIT(TEMPLATE_V_HELP) |                     \
	    BIT(TEMPLATE_V_DPO) | BIT(TEMPLATE_V_NOTICE))
#define V(name) BIT(TEMPLATE_V_##name)

const struct template_spec template_specs[TEMPLATE_COUNT] = {
	[TEMPLATE_CHALLENGE] = { "challenge",
	    "asks a first-time sender to confirm",
	    V(DATE) | V(EXPIRY) | V(ADDRESSES) | V(LINK) | V(CODE) | CONTACT,
	    V(DATE) | V(EXPIRY) | V(ADDRESSES) | V(LINK) | V(CODE) | V(HELP),
	    ORDER | NUMBER | PROOF, TEMPLATE_CHALLENGE_MAX - 311, 310 },
	[TEMPLATE_END] = { "end",
	    "tells a sender that his message was not delivered",
	    V(DATE) | V(ADDRESSES) | CONTACT,
	    V(DATE) | V(ADDRESSES) | V(HELP), ORDER | ENDING, 4096, 1024 },
	[TEMPLATE_DIGEST] = { "digest", "lists what is held for a mailbox",
	    V(MAILBOX) | V(COUNT) | V(LINES) | V(LINK) | V(EARLIER) | CONTACT,
	    V(MAILBOX) | V(LINES), ORDER | NUMBER, 4096, 1024 },
	[TEMPLATE_EXTENSION] = { "extension",
	    "lists what is kept longer because no digest told of it",
	    V(DOMAIN) | V(COUNT) | V(LINES) | V(EXPIRY) | CONTACT,
	    V(DOMAIN) | V(LINES) | V(EXPIRY), ORDER | NUMBER, 4096, 1024 },
	[TEMPLATE_BREAKER] = { "breaker",
	    "tells that challenges were stopped, and why",
	    V(SCOPE) | V(CAUSE) | V(DATE) | V(EXPIRY) | CONTACT,
	    V(SCOPE) | V(CAUSE) | V(EXPIRY), ORDER, 4096, 1024 },
	[TEMPLATE_WELCOME] = { "welcome",
	    "tells an owner that the option is on, and where his page is",
	    V(MAILBOX) | V(LINK) | V(EXPIRY) | CONTACT,
	    V(MAILBOX) | V(LINK) | V(EXPIRY) | V(HELP), ORDER, 4096, 1024 },
	[TEMPLATE_LINK] = { "link", "gives an owner a new link to his page",
	    V(MAILBOX) | V(LINK) | V(EXPIRY) | V(NETWORK) | CONTACT,
	    V(MAILBOX) | V(LINK) | V(EXPIRY) | V(HELP), ORDER, 4096, 1024 },
	[TEMPLATE_STORAGE] = { "storage",
	    "tells an owner and his referent that a mailbox fills up",
	    V(MAILBOX) | V(PERCENT) | V(USED) | V(QUOTA) | CONTACT,
	    V(MAILBOX) | V(PERCENT), ORDER, 4096, 1024 },
	[TEMPLATE_SUSPENSION] = { "suspension",
	    "tells that an account may send no more, and why",
	    V(MAILBOX) | V(LIMIT) | V(DATE) | V(LINES) | CONTACT,
	    V(MAILBOX) | V(LINES), ORDER, 4096, 1024 },
};

const char *
template_name(enum template_id id)
{
	return template_specs[id].name;
}

const char *
template_help(enum template_id id)
{
	return template_specs[id].help;
}

int
template_find(const char *name, enum template_id *out)
{
	for (unsigned i = 0; i < TEMPLATE_COUNT; i++) {
		if (strcmp(template_specs[i].name, name) == 0) {
			*out = (enum template_id)i;
			return 0;
		}
	}
	return OCT_EABSENT;
}

const char *
template_lang_name(enum template_lang lang)
{
	return lang == TEMPLATE_FR ? "fr" : "en";
}

int
template_lang_find(const char *name, enum template_lang *out)
{
	*out = strcmp(name, "en") == 0 ? TEMPLATE_EN : TEMPLATE_FR;
	return strcmp(name, template_lang_name(*out)) == 0 ? 0 : OCT_EABSENT;
}

void
template_places(enum template_id id, struct oct_str *out)
{
	for (unsigned i = 0; i < TEMPLATE_VALUES; i++)
		if ((template_specs[id].values & BIT(i)) != 0)
			oct_str_addf(out, "%s{{%s}}",
			    out->len > 0 ? " " : "",
			    template_value_specs[i].name);
	for (unsigned i = 0; i < TEMPLATE_WORDS; i++)
		if ((template_specs[id].words & BIT(i)) != 0)
			oct_str_addf(out, " {{#%s}}",
			    template_word_specs[i].name);
}

void
template_sample(enum template_id id, enum template_lang lang,
    struct template_input *out)
{
	*out = (struct template_input){ .words = 0 };
	for (unsigned i = 0; i < TEMPLATE_VALUES; i++)
		if ((template_specs[id].values & BIT(i)) != 0)
			out->value[i] = template_value_specs[i].sample[lang];
}

/* --- Pieces --------------------------------------------------------------- */

static bool
is_named(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

/* Which of its values or words a tag names; words come first in a section. */
static bool
find_name(enum template_id id, bool section, struct piece *p)
{
	const struct template_spec *spec = &template_specs[id];

	for (unsigned i = 0; section && i < TEMPLATE_WORDS; i++) {
		if ((spec->words & BIT(i)) != 0 &&
		    is_named(template_word_specs[i].name, p->text, p->len)) {
			p->kind = PIECE_IF_WORD;
			p->which = i;
			return true;
		}
	}
	for (unsigned i = 0; i < TEMPLATE_VALUES; i++) {
		if ((spec->values & BIT(i)) != 0 &&
		    is_named(template_value_specs[i].name, p->text, p->len)) {
			p->kind = section ? PIECE_IF_VALUE : PIECE_VALUE;
			p->which = i;
			return true;
		}
	}
	return false;
}

static const char *
find_mark(const char *s, size_t len, const char *mark)
{
	const char *p = memmem(s, len, mark, 2);

	return p != NULL ? p : s + len;
}

bool
template_piece(enum template_id id, const char **at, struct piece *out)
{
	const char *s = *at;
	size_t len = strcspn(s, "\n");
	const char *close;

	if (len == 0)
		return false;
	*out = (struct piece){ .kind = PIECE_TEXT, .text = s };
	if (len < 2 || memcmp(s, "{{", 2) != 0) {
		*at = find_mark(s, len, "{{");
		out->len = (size_t)(*at - s);
		/* What closes nothing is a slip of the hand. */
		if (memmem(s, out->len, "}}", 2) != NULL)
			out->kind = PIECE_WRONG;
		return true;
	}
	close = find_mark(s, len, "}}");
	out->text = s + 2;
	out->len = (size_t)(close - out->text);
	out->kind = PIECE_WRONG;
	*at = close;
	if (close == s + len)
		return true;
	*at += 2;
	if (*out->text == '/') {
		out->kind = PIECE_END;
		out->text++;
		out->len--;
	} else if (*out->text == '#') {
		out->text++;
		out->len--;
		(void)find_name(id, true, out);
	} else {
		(void)find_name(id, false, out);
	}
	return true;
}

bool
template_holds(const struct template_input *in, const struct piece *p)
{
	if (p->kind == PIECE_IF_WORD)
		return (in->words & BIT(p->which)) != 0;
	return in->value[p->which] != NULL && *in->value[p->which] != '\0';
}

bool
template_split(const char *source, const char **subject, size_t *subject_len,
    const char **body)
{
	static const char head[] = "Subject: ";

	if (strncmp(source, head, sizeof(head) - 1) != 0)
		return false;
	*subject = source + sizeof(head) - 1;
	*subject_len = strcspn(*subject, "\n");
	*body = *subject + *subject_len;
	if (*subject_len == 0 || strncmp(*body, "\n\n", 2) != 0)
		return false;
	*body += 2;
	return true;
}
