/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements for people and for spreadsheets, in French.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/date_text.h"
#include "provisioning/ctl_page.h"
#include "provisioning/ctl_statement.h"

/* "10g" of "quota_10g" as "10 Go". */
static void
add_size(struct oct_str *out, const char *size)
{
	size_t len = strlen(size);
	char unit = len > 0 ? size[len - 1] : '\0';

	oct_str_addn(out, size, strchr("gmk", unit) != NULL && len > 0
		? len - 1
		: len);
	oct_str_addf(out, "\u00a0%s", unit == 'g' ? "Go"
		: unit == 'm'			   ? "Mo"
		: unit == 'k'			   ? "ko"
						   : "octets");
}

void
ctl_statement_label(
    const char *item, const char *plan, struct oct_str *out)
{
	if (strcmp(item, "mailbox") == 0) {
		oct_str_add(out, "Boîte aux lettres supplémentaire");
	} else if (strcmp(item, "challenge") == 0) {
		oct_str_add(out, "Option Challenge, par adresse");
	} else if (strcmp(item, "domain") == 0) {
		oct_str_add(out, "Nom de domaine réservé");
	} else if (strncmp(item, "quota_", 6) == 0) {
		oct_str_add(out, "Espace porté à ");
		add_size(out, item + 6);
		oct_str_add(out, ", par boîte");
	} else if (strncmp(item, "plan_", 5) == 0) {
		oct_str_add(out, "Forfait ");
		oct_str_add(out,
		    plan != NULL && *plan != '\0' ? plan : item + 5);
	} else {
		oct_str_add(out, item);
	}
}

/* --- The page ------------------------------------------------------------ */

static void
add_money_cell(struct oct_str *out, int64_t cents, const char *currency)
{
	oct_str_add(out, "<td class=\"n\">");
	ctl_page_money(out, cents, currency);
	oct_str_add(out, "</td>\n");
}

static void
add_period(struct oct_str *out, const struct ctl_statement *c, int first,
    int last)
{
	char from[DETAIL_DATE_SIZE], to[DETAIL_DATE_SIZE];

	statement_date(c->s, first, from);
	statement_date(c->s, last, to);
	if (first == 0 && last == statement_days(c->s) - 1) {
		oct_str_add(out, "toute l’année");
		return;
	}
	if (first == last) {
		oct_str_add(out, "le ");
		ctl_page_date(out, from);
		return;
	}
	oct_str_add(out, "du ");
	ctl_page_date(out, from);
	oct_str_add(out, " au ");
	ctl_page_date(out, to);
}

/* What is multiplied by the price: "2", or "438 j." of unit-days. */
static void
add_quantity(struct oct_str *out, const struct ctl_statement *c,
    const struct statement_line *line)
{
	int days = statement_days(c->s);

	oct_str_add(out, "<td class=\"n\">");
	if (line->unit_days % days == 0)
		oct_str_addf(out, "%" PRId64, line->unit_days / days);
	else
		oct_str_addf(out, "%" PRId64 "\u00a0/\u00a0%d",
		    line->unit_days, days);
	oct_str_add(out, "</td>\n");
}

static void
add_line(struct oct_str *out, const struct ctl_statement *c, size_t number,
    const struct statement_tenant *t, const struct statement_line *line)
{
	struct oct_str label;
	char buf[512];

	oct_str_fixed(&label, buf, sizeof(buf));
	ctl_statement_label(line->item, line->label, &label);
	oct_str_addf(out, "<tr>\n<td class=\"n\">%zu</td>\n<td>", number);
	ctl_page_text(out, oct_str_text(&label));
	oct_str_add(out, "<br><span class=\"note\">");
	add_period(out, c, line->first, line->last);
	oct_str_add(out, "</span></td>\n");
	add_quantity(out, c, line);
	if (line->list == NULL) {
		ctl_page_cell(out, "td", "n", "tarif à fixer");
		ctl_page_cell(out, "td", "n", "—");
	} else {
		add_money_cell(out, line->cents, t->currency);
		add_money_cell(out, line->amount, t->currency);
	}
	oct_str_add(out, "</tr>\n");
}

static void
add_lines(struct oct_str *out, const struct ctl_statement *c,
    const struct statement_tenant *t)
{
	oct_str_add(out, "<table>\n<thead><tr>\n");
	ctl_page_cell(out, "th", "n", "N°");
	ctl_page_cell(out, "th", "", "Désignation");
	ctl_page_cell(out, "th", "n", "Quantité");
	ctl_page_cell(out, "th", "n", "Prix annuel");
	ctl_page_cell(out, "th", "n", "Montant");
	oct_str_add(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < t->line_count; i++)
		add_line(out, c, i + 1, t, &t->lines[i]);
	if (t->line_count == 0)
		oct_str_add(out, "<tr><td></td><td colspan=\"4\">Rien n’est dû "
				 "au-delà de ce que le forfait comprend.</td>"
				 "</tr>\n");
	oct_str_add(out, "</tbody>\n<tfoot><tr>\n<th class=\"n\" "
			 "scope=\"row\" colspan=\"4\">Total</th>\n");
	add_money_cell(out, t->total, t->currency);
	oct_str_add(out, "</tr></tfoot>\n</table>\n");
}

/* How many of what, when: so that a line can be checked. */
static void
add_runs(struct oct_str *out, const struct ctl_statement *c,
    const struct statement_tenant *t)
{
	if (t->run_count == 0)
		return;
	oct_str_add(out, "<h2>Détail des quantités au-delà du forfait</h2>\n"
			 "<table>\n<thead><tr>\n");
	ctl_page_cell(out, "th", "", "Désignation");
	ctl_page_cell(out, "th", "", "Période");
	ctl_page_cell(out, "th", "n", "Jours");
	ctl_page_cell(out, "th", "n", "Nombre");
	oct_str_add(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < t->run_count; i++) {
		const struct statement_run *run = &t->runs[i];
		struct oct_str label;
		char buf[512];

		oct_str_fixed(&label, buf, sizeof(buf));
		ctl_statement_label(run->item, run->label, &label);
		oct_str_add(out, "<tr>\n");
		ctl_page_cell(out, "td", "", oct_str_text(&label));
		oct_str_add(out, "<td>");
		add_period(out, c, run->first, run->last);
		oct_str_addf(out,
		    "</td>\n<td class=\"n\">%d</td>\n<td class=\"n\">%" PRId64
		    "</td>\n</tr>\n",
		    run->last - run->first + 1, run->units);
	}
	oct_str_add(out, "</tbody>\n</table>\n");
}

static void
add_notes(struct oct_str *out, const struct ctl_statement *c)
{
	oct_str_add(out, "<p class=\"note\">");
	if (c->rules.whole_year)
		oct_str_add(out, "Ce qui a été en service un jour de l’année est "
				 "dû pour l’année entière, au tarif ");
	else
		oct_str_addf(out,
		    "Décompte par jour, sur %d jours, dans l’état du soir ; "
		    "chaque ligne est arrondie au centime. Tarif ",
		    statement_days(c->s));
	oct_str_add(out, c->rules.january ? "du 1er janvier."
			 : c->rules.whole_year
			 ? "en vigueur à la mise en service."
			 : "en vigueur chaque jour.");
	oct_str_add(out, " Établi d’après ce qui était enregistré le ");
	oct_date_fr_zone(out, c->known_ms);
	oct_str_add(out, ".</p>\n");
}

static void
add_marks(struct oct_str *out, const struct ctl_statement *c,
    const struct statement_tenant *t)
{
	if (c->plan != NULL) {
		oct_str_add(out, "<p class=\"mark\"><strong>Simulation</strong> "
				 "d’un projet qui n’est pas appliqué, comme "
				 "s’il l’était le ");
		ctl_page_date(out, c->plan_day);
		oct_str_add(out, ".</p>\n");
	} else if (c->provisional) {
		oct_str_add(out, "<p class=\"mark\"><strong>Provisoire</strong>"
				 " : l’année n’est pas terminée, la suite est "
				 "comptée comme elle est prévue aujourd’hui."
				 "</p>\n");
	}
	if (t->unpriced)
		oct_str_add(out, "<p class=\"mark\"><strong>Incomplet</strong> : "
				 "une ligne n’a pas de tarif et n’est pas dans "
				 "le total.</p>\n");
}

static void
add_paper(struct oct_str *out, const struct ctl_statement *c,
    const struct statement_tenant *t)
{
	oct_str_add(out, "<section class=\"paper\">\n");
	ctl_page_heading(out, c->set, c->now_ms);
	oct_str_add(out, "<p class=\"to\"><strong>");
	ctl_page_text(out, *t->name != '\0' ? t->name : t->id);
	oct_str_addf(out, "</strong></p>\n<h1>Mémoire %d</h1>\n",
	    c->rules.year);
	oct_str_addf(out, "<p>Messagerie et filtrage du courrier, du 1er "
			  "janvier au 31 décembre %d. Référence : %d-",
	    c->rules.year, c->rules.year);
	ctl_page_text(out, t->id);
	oct_str_add(out, ".</p>\n");
	add_marks(out, c, t);
	add_lines(out, c, t);
	add_runs(out, c, t);
	add_notes(out, c);
	if (*c->set->centre_signatory != '\0' && c->plan == NULL &&
	    !c->provisional) {
		oct_str_add(out, "<p class=\"sign\">");
		ctl_page_text(out, c->set->centre_signatory);
		oct_str_add(out, "</p>\n");
	}
	oct_str_add(out, "</section>\n");
}

void
ctl_statement_page(const struct ctl_statement *c, struct oct_str *out)
{
	const struct statement_tenant *t;
	char title[32];
	size_t i = 0;

	(void)snprintf(title, sizeof(title), "Mémoire %d", c->rules.year);
	ctl_page_begin(out, title);
	while ((t = ctl_statement_next(c, &i)) != NULL)
		add_paper(out, c, t);
	ctl_page_end(out);
}

/* --- For spreadsheets ---------------------------------------------------- */

/* Quoted; what a spreadsheet would take for a formula is made a text. */
static void
add_cell(struct oct_str *out, const char *text)
{
	oct_str_add(out, "\"");
	if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
		oct_str_addc(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			oct_str_addc(out, '"');
		oct_str_addc(out, *text);
	}
	oct_str_add(out, "\"");
}

static void
add_row(struct oct_str *out, const struct ctl_statement *c,
    const struct statement_tenant *t, size_t i)
{
	const struct statement_line *line = &t->lines[i];
	struct oct_str label;
	char buf[512];

	oct_str_fixed(&label, buf, sizeof(buf));
	ctl_statement_label(line->item, line->label, &label);
	oct_str_addf(out, "%d;", c->rules.year);
	add_cell(out, t->id);
	oct_str_addc(out, ';');
	add_cell(out, t->name);
	oct_str_addf(out, ";%zu;", i + 1);
	add_cell(out, line->item);
	oct_str_addc(out, ';');
	add_cell(out, oct_str_text(&label));
	oct_str_addc(out, ';');
	add_cell(out, line->list != NULL ? line->list : "");
	oct_str_addf(out, ";%" PRId64 ";%" PRId64 ";", line->units,
	    line->unit_days);
	if (line->list != NULL)
		oct_str_addf(out, "%" PRId64 ",%02d;%" PRId64 ",%02d",
		    line->cents / 100, (int)(line->cents % 100),
		    line->amount / 100, (int)(line->amount % 100));
	else
		oct_str_addc(out, ';');
	oct_str_add(out, "\r\n");
}

void
ctl_statement_csv(const struct ctl_statement *c, struct oct_str *out)
{
	const struct statement_tenant *t;
	size_t i = 0;

	/* The mark tells offices' programs that it is UTF-8. */
	oct_str_add(out, "\xef\xbb\xbf"
			 "annee;tenant;nom;ligne;article;designation;tarif;"
			 "nombre;jours;prix_annuel;montant\r\n");
	while ((t = ctl_statement_next(c, &i)) != NULL)
		for (size_t j = 0; j < t->line_count; j++)
			add_row(out, c, t, j);
}
