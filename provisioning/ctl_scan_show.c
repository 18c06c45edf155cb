/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan found, as JSON and for people.
 */
#include <string.h>

#include "policy/score.h"
#include "provisioning/ctl_scan.h"

static const char *
option_name(enum option_challenge c)
{
	return option_info(OPTION_CHALLENGE)->words[c];
}

static const char *
group_name(enum symbol_group g)
{
	switch (g) {
	case GROUP_AUTH:
		return "auth";
	case GROUP_ENVELOPE:
		return "envelope";
	case GROUP_HEADER:
		return "header";
	case GROUP_LIST:
		return "list";
	case GROUP_BULK:
		return "bulk";
	case GROUP_MIME:
		return "mime";
	case GROUP_HTML:
		return "html";
	case GROUP_URL:
		return "url";
	case GROUP_ATTACHMENT:
		return "attachment";
	case GROUP_FRAUD:
		return "fraud";
	case GROUP_CONTENT:
		return "content";
	case GROUP_COUNT:
		break;
	}
	return "other";
}

static void
set_reply(json_t *v, const struct fate *f)
{
	ctl_json_set(v, "code", f->code != 0 ? json_integer(f->code)
					     : json_null());
	ctl_json_set(v, "enhanced",
	    f->enhanced != NULL ? json_string(f->enhanced) : json_null());
}

static json_t *
final_json(const struct ctl_scan_final *f)
{
	json_t *v = json_object();
	char typed[OCT_ADDR_SIZE];

	oct_addr_text(f->typed, typed);
	ctl_json_set(v, "typed", ctl_json_text(typed));
	ctl_json_set(v, "rcpt", ctl_json_text(f->final.address));
	ctl_json_set(v, "verdict",
	    json_string(fate_verdict_name(f->fate.verdict)));
	ctl_json_set(v, "reason",
	    json_string(f->settled != NULL
		    ? f->settled
		    : fate_reason_name(f->fate.reason)));
	ctl_json_set(v, "stage",
	    json_string(f->settled != NULL ? "rcpt" : "end-of-data"));
	set_reply(v, &f->fate);
	if (f->settled != NULL)
		return v;
	ctl_json_set(v, "row", json_integer(f->fate.row));
	ctl_json_set(v, "score", ctl_json_score(f->score.total));
	ctl_json_set(v, "ask", json_boolean(f->fate.ask));
	ctl_json_set(v, "tag", json_boolean(f->fate.tag));
	ctl_json_set(v, "unknown_sender", json_boolean(f->fate.label == LABEL_UNKNOWN));
	ctl_json_set(v, "label", json_string(fate_label_name(f->fate.label)));
	ctl_json_set(v, "would",
	    f->fate.simulated ? json_string(fate_verdict_name(f->fate.would))
			      : json_null());
	ctl_json_set(v, "class",
	    json_string(proof_class_name(f->facts.class)));
	ctl_json_set(v, "why", ctl_json_text(
	    f->proof.why != NULL ? f->proof.why : ""));
	ctl_json_set(v, "sid", ctl_json_text(f->sid));
	ctl_json_set(v, "option", json_string(option_name(f->facts.mode)));
	ctl_json_set(v, "protected", json_boolean(f->facts.protected_path));
	ctl_json_set(v, "exempt", json_boolean(f->facts.exempt));
	ctl_json_set(v, "relation",
	    f->facts.store_known
		? json_string(rel_state_name(f->facts.relation))
		: json_null());
	ctl_json_set(v, "granted", json_boolean(f->facts.granted));
	ctl_json_set(v, "blocked", json_boolean(f->facts.blocked));
	return v;
}

static json_t *
symbols_json(const struct ctl_scan *s)
{
	json_t *list = json_array();

	for (int i = 0; i < SYM_COUNT; i++) {
		const struct symbol *sym = symbol_of((enum symbol_id)i);
		json_t *v;

		if (!score_has(&s->m.ev->score, (enum symbol_id)i))
			continue;
		v = json_object();
		ctl_json_set(v, "name", json_string(sym->name));
		ctl_json_set(v, "weight",
		    ctl_json_score(score_weight(&s->m.ev->score,
			&s->site->site.env.weights, (enum symbol_id)i)));
		ctl_json_set(v, "group", json_string(group_name(sym->group)));
		ctl_json_set(v, "explanation",
		    json_string(s->site->english ? sym->en : sym->fr));
		(void)json_array_append_new(list, v);
	}
	return list;
}

/* The word for the whole: what the client is told, or the one fate that all
 * share, or "mixed". */
static const char *
whole_verdict(const struct ctl_scan *s)
{
	const char *word = NULL;

	if (s->reply.verdict != FATE_DELIVER)
		return fate_verdict_name(s->reply.verdict);
	for (size_t i = 0; i < s->count; i++) {
		const char *w = fate_verdict_name(s->finals[i].fate.verdict);

		if (word != NULL && strcmp(word, w) != 0)
			return "mixed";
		word = w;
	}
	return word != NULL ? word : "none";
}

/* What the classifier said; null: it was not asked. */
static json_t *
opinion_json(const struct evaluation *ev)
{
	const struct opinion *o = &ev->opinion;
	json_t *v;

	if (!ev->heard)
		return json_null();
	v = json_object();
	ctl_json_set(v, "raw", json_real(o->score.raw));
	ctl_json_set(v, "probability", json_real(o->score.probability));
	ctl_json_set(v, "voice", json_real(o->voice));
	ctl_json_set(v, "points", ctl_json_score(o->points));
	ctl_json_set(v, "language",
	    json_string(classifier_lang_name(o->stratum.lang)));
	ctl_json_set(v, "modern",
	    json_boolean(o->stratum.era == CLASSIFIER_ERA_MODERN));
	ctl_json_set(v, "automatic", json_boolean(o->stratum.automatic));
	return v;
}

const char *
ctl_scan_word(const struct ctl_scan *s)
{
	const struct dir_thresholds *t = &s->site->thresholds;
	int32_t score = s->m.ev->score.total;

	return score >= t->reject ? "reject"
	    : score >= t->hold	  ? "hold"
	    : score >= t->tag	  ? "tag"
				  : "deliver";
}

void
ctl_scan_row(const struct ctl_scan *s, const char *id, struct oct_str *out)
{
	ctl_out_text(id, 0, out);
	oct_str_addf(out, "\t%.4f\t%s\n", s->m.ev->rank, ctl_scan_word(s));
}

json_t *
ctl_scan_json(const struct ctl_scan *s)
{
	json_t *v = json_object(), *list = json_array();

	ctl_json_set(v, "file", ctl_json_text(s->m.path));
	ctl_json_set(v, "verdict", json_string(whole_verdict(s)));
	set_reply(v, &s->reply);
	ctl_json_set(v, "direction",
	    json_string(direction_name(s->msg.direction)));
	ctl_json_set(v, "score", ctl_json_score(s->m.ev->score.total));
	ctl_json_set(v, "by_score", json_string(ctl_scan_word(s)));
	ctl_json_set(v, "rank", json_real(s->m.ev->rank));
	ctl_json_set(v, "symbols", symbols_json(s));
	ctl_json_set(v, "classifier", opinion_json(s->m.ev));
	ctl_json_set(v, "lists", json_string(s->m.ev->lists));
	for (size_t i = 0; i < s->count; i++)
		(void)json_array_append_new(list, final_json(&s->finals[i]));
	ctl_json_set(v, "recipients", list);
	ctl_json_set(v, "envelope", ctl_message_envelope(&s->m));
	ctl_json_set(v, "auth", ctl_results_json(&s->m));
	ctl_json_set(v, "notes", json_incref(s->notes));
	return v;
}

/* --- For people --------------------------------------------------------- */

static void
notes_text(const struct ctl_scan *s, struct oct_str *out)
{
	json_t *item;
	size_t i;

	json_array_foreach(s->notes, i, item)
		oct_str_addf(out, "Note: %s.\n", json_string_value(item));
}

void
ctl_scan_text(const struct ctl_scan *s, struct oct_str *out)
{
	static const struct ctl_column recipients[] = {
		{ "rcpt", "RECIPIENT", CTL_NAME },
		{ "verdict", "VERDICT", CTL_TEXT },
		{ "reason", "REASON", CTL_TEXT },
		{ "code", "CODE", CTL_TEXT },
		{ "enhanced", "", CTL_TEXT },
		{ "class", "CLASS", CTL_TEXT },
		{ "option", "OPTION", CTL_TEXT },
		{ "relation", "RELATION", CTL_TEXT },
		{ "ask", "ASK", CTL_TEXT },
	};
	static const struct ctl_column symbols[] = {
		{ "weight", "WEIGHT", CTL_RIGHT },
		{ "name", "SYMBOL", CTL_TEXT },
		{ "explanation", "EXPLANATION", CTL_TEXT },
	};
	json_t *v = ctl_scan_json(s);
	const json_t *list = json_object_get(v, "symbols");

	ctl_out_text(s->m.path, 0, out);
	oct_str_addf(out, ": %s, score %.2f\n", whole_verdict(s),
	    (double)s->m.ev->score.total / 100);
	ctl_message_envelope_text(&s->m, out);
	notes_text(s, out);
	if (s->count > 0) {
		oct_str_addc(out, '\n');
		ctl_out_table(json_object_get(v, "recipients"), recipients,
		    OCT_LEN(recipients), out);
	}
	if (json_array_size(list) > 0) {
		oct_str_addc(out, '\n');
		ctl_out_table(list, symbols, OCT_LEN(symbols), out);
	}
	oct_str_addc(out, '\n');
	ctl_results_text(json_object_get(v, "auth"), out);
	json_decref(v);
}
