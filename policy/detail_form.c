/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of details, and the one way in which each is kept. */
#include "policy/detail_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/contract.h"
#include "policy/directory_private.h"
#include "policy/score.h"

/* --- In words ------------------------------------------------------------ */

static const char *
form_expected(enum detail_form form)
{
	switch (form) {
	case FORM_TEXT:
		return "a text of at most 256 octets without control "
		       "characters";
	case FORM_ID:
		return "at most 64 letters, digits, dots, '_' or '-'";
	case FORM_SIREN:
		return "the nine digits of a SIREN (the last one checks the "
		       "others)";
	case FORM_SIZE:
		return "a size like \"500M\" or \"5G\", or empty";
	case FORM_DATE:
		return "a date like 2026-12-31, or empty";
	case FORM_YES:
		return "yes or no, or empty";
	case FORM_ADDRESS:
		return "a mail address, or empty";
	case FORM_ADDRESSES:
		return "at most 50 mail addresses with commas between";
	case FORM_LOCAL:
		return "a local part in lower case";
	case FORM_CREDENTIAL:
		return "external, an argon2id hash, or empty";
	case FORM_SEALED:
		return "a sealed text, or empty";
	case FORM_RULE:
		return "month-day/month-day like 10-31/12-31, months like 3m, "
		       "or empty";
	case FORM_AMOUNTS:
		return "item=12.50 with commas between, each item once";
	case FORM_WEIGHTS:
		return "SYMBOL=1.50 with commas between, each known symbol "
		       "once";
	case FORM_COUNT:
	case FORM_WORD:
		break;
	}
	return "";
}

void
detail_expected(enum detail what, char out[DETAIL_EXPECTED_SIZE])
{
	const struct detail_row *r = detail_row(what);

	if (r->form == FORM_COUNT)
		(void)snprintf(out, DETAIL_EXPECTED_SIZE,
		    "a number from %d to %" PRId64 ", or empty",
		    what == DETAIL_BAND ? 1 : 0, r->hi);
	else if (r->form == FORM_WORD)
		(void)snprintf(out, DETAIL_EXPECTED_SIZE,
		    "one of: %s; or empty", r->words);
	else
		(void)snprintf(out, DETAIL_EXPECTED_SIZE, "%s",
		    form_expected(r->form));
}

/* --- Forms --------------------------------------------------------------- */

static bool
is_plain(const char *text, size_t max)
{
	if (strlen(text) > max)
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* Luhn's sum, as INSEE has it for SIREN. */
static bool
is_siren(const char *text)
{
	int sum = 0;

	if (strlen(text) != 9 || strspn(text, "0123456789") != 9)
		return false;
	for (int i = 0; i < 9; i++) {
		int digit = (text[i] - '0') * (i % 2 == 1 ? 2 : 1);

		sum += digit > 9 ? digit - 9 : digit;
	}
	return sum % 10 == 0;
}

static bool
is_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || strchr(text, ' ') != NULL)
		return false;
	for (const char *p = words; p != NULL; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncmp(p, text, len) == 0 &&
		    (p[len] == ' ' || p[len] == '\0'))
			return true;
	}
	return false;
}

static bool
is_credential(const char *text)
{
	if (strcmp(text, "external") == 0)
		return true;
	return strncmp(text, "$argon2id$", 10) == 0 && strlen(text) < 128 &&
	       is_plain(text, 128) && strpbrk(text, " \"\\'") == NULL;
}

/* As lib/seal.h makes it. */
static bool
is_sealed(const char *text)
{
	return strncmp(text, "s1.", 3) == 0 && strlen(text) < 4096 &&
	       text[3 + strspn(text + 3, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"
					 "KLMNOPQRSTUVWXYZ0123456789-_")] ==
		   '\0';
}

static int
add_address(const char *text, struct oct_str *out)
{
	char normal[OCT_ADDR_SIZE];
	struct oct_addr a;

	if (oct_addr_parse(text, &a) != 0 || a.local[0] == '\0' ||
	    a.domain[0] == '\0' || a.domain[0] == '[' ||
	    strchr(a.local, ',') != NULL)
		return OCT_EPARSE;
	oct_addr_text(&a, normal);
	oct_str_add(out, normal);
	return 0;
}

/* "a=1.5" as "a=1.50". */
static int
add_amount(const char *text, struct oct_str *out)
{
	const char *eq = strchr(text, '=');
	size_t name = eq != NULL ? (size_t)(eq - text) : 0;
	size_t whole, part = 0;

	if (name == 0 || name > DETAIL_NAME_MAX ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") != name)
		return OCT_EPARSE;
	whole = strspn(++eq, "0123456789");
	if (eq[whole] == '.')
		part = strspn(eq + whole + 1, "0123456789");
	if (whole == 0 || whole > 9 || part > 2 ||
	    eq[whole + (eq[whole] == '.' ? part + 1 : 0)] != '\0' ||
	    (eq[whole] == '.' && part == 0))
		return OCT_EPARSE;
	oct_str_addn(out, text, name + 1 + whole);
	oct_str_addf(out, ".%c%c", part > 0 ? eq[whole + 1] : '0',
	    part > 1 ? eq[whole + 2] : '0');
	return 0;
}

/* Each part as canonical has it, ", " between; at most DETAIL_ADDRESSES_MAX. */
static int
add_parts(const char *text, int (*add)(const char *, struct oct_str *),
    struct oct_str *out)
{
	char part[OCT_ADDR_SIZE];
	size_t count = 0;

	for (;;) {
		size_t n, len;
		int rc;

		text += strspn(text, " ");
		n = len = strcspn(text, ",");
		while (len > 0 && text[len - 1] == ' ')
			len--;
		if (len == 0 || len >= sizeof(part) ||
		    count++ == DETAIL_ADDRESSES_MAX)
			return OCT_EPARSE;
		memcpy(part, text, len);
		part[len] = '\0';
		oct_str_add(out, count > 1 ? ", " : "");
		rc = add(part, out);
		if (rc != 0)
			return rc;
		text += n;
		if (*text == '\0')
			return 0;
		text++;
	}
}

static int
add_weight(const char *text, struct oct_str *out)
{
	enum symbol_id id;
	int32_t weight;
	char num[16];

	if (score_weight_parse(text, &id, &weight) != 0)
		return OCT_EPARSE;
	score_text(weight, num);
	oct_str_addf(out, "%s=%s", symbol_of(id)->name, num);
	return 0;
}

static bool
has_twice(const char *items)
{
	for (const char *p = items; *p != '\0'; p += strspn(p, ", ")) {
		size_t name = strcspn(p, "=") + 1;

		for (const char *q = p + strcspn(p, ","); *q != '\0';
		     q += strcspn(q, ",")) {
			q += strspn(q, ", ");
			if (strncmp(p, q, name) == 0)
				return true;
		}
		p += strcspn(p, ",");
	}
	return false;
}

static int
add_number(const struct detail_row *r, const char *text, struct oct_str *out)
{
	int64_t n;

	if (r->form == FORM_SIZE) {
		if (oct_num_size(text, 1, 1LL << 50, &n) != 0)
			return OCT_EPARSE;
		detail_size_text(out, n);
		return 0;
	}
	if (oct_num_int(text, r == detail_row(DETAIL_BAND) ? 1 : 0, r->hi, &n) != 0)
		return OCT_EPARSE;
	oct_str_addf(out, "%" PRId64, n);
	return 0;
}

static bool
is_right(const struct detail_row *r, const char *text)
{
	char problem[DIR_PROBLEM_SIZE];
	struct contract_rule rule;

	switch (r->form) {
	case FORM_TEXT:
		return is_plain(text, DIR_TEXT_MAX);
	case FORM_ID:
		return dir_is_id(text);
	case FORM_SIREN:
		return is_siren(text);
	case FORM_DATE:
		return detail_is_date(text);
	case FORM_WORD:
		return is_word(r->words, text);
	case FORM_LOCAL:
		return dir_local_check(text, problem) == 0;
	case FORM_CREDENTIAL:
		return is_credential(text);
	case FORM_SEALED:
		return is_sealed(text);
	case FORM_RULE:
		return contract_rule_parse(text, &rule) == 0;
	case FORM_COUNT:
	case FORM_SIZE:
	case FORM_YES:
	case FORM_ADDRESS:
	case FORM_ADDRESSES:
	case FORM_AMOUNTS:
	case FORM_WEIGHTS:
		break;
	}
	return false;
}

static int
add_yes(const char *text, struct oct_str *out)
{
	bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		return OCT_EPARSE;
	oct_str_add(out, yes ? "yes" : "no");
	return 0;
}

int
detail_canonical(enum detail what, const char *text, struct oct_str *out)
{
	const struct detail_row *r = detail_row(what);
	size_t from = out->len;
	int rc;

	if (*text == '\0')
		return 0;
	if (strlen(text) > DETAIL_TEXT_MAX)
		return OCT_EPARSE;
	if (r->form == FORM_COUNT || r->form == FORM_SIZE)
		return add_number(r, text, out);
	if (r->form == FORM_YES)
		return add_yes(text, out);
	if (r->form == FORM_ADDRESS)
		return add_address(text, out);
	if (r->form == FORM_ADDRESSES)
		return add_parts(text, add_address, out);
	if (r->form == FORM_AMOUNTS || r->form == FORM_WEIGHTS) {
		rc = add_parts(text,
		    r->form == FORM_WEIGHTS ? add_weight : add_amount, out);
		return rc == 0 && has_twice(oct_str_text(out) + from)
		    ? OCT_EPARSE
		    : rc;
	}
	if (!is_right(r, text))
		return OCT_EPARSE;
	/* Its default is not kept. */
	if (what != DETAIL_STATE || strcmp(text, "active") != 0)
		oct_str_add(out, text);
	return 0;
}

void
detail_size_text(struct oct_str *out, int64_t octets)
{
	static const struct {
		int64_t octets;
		const char *unit;
	} units[] = {{1 << 30, "G"}, {1 << 20, "M"}, {1 << 10, "k"}, {1, ""}};
	size_t i = 0;

	if (octets == 0)
		return;
	while (octets % units[i].octets != 0)
		i++;
	oct_str_addf(
	    out, "%" PRId64 "%s", octets / units[i].octets, units[i].unit);
}
