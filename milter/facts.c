/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/digest.h"
#include "policy/keys.h"

/* An SPF pass that binds the sender to the domain (challenge.md 1, line A). */
static bool
spf_is_narrow(const struct evaluation *ev)
{
	return ev->spf.result == AUTH_PASS && !ev->spf.helo &&
	    proof_spf_is_narrow(&ev->spf, ev->spf_listed_provider);
}

/* Proof of From without a DMARC record: a passing signature, or SPF for the very
 * domain. */
static bool
is_proven(const struct evaluation *ev, const char *domain)
{
	bool narrow = spf_is_narrow(ev);
	/* A pass that rests on a wide SPF term proves nothing here. */
	bool proven = ev->dmarc.result == AUTH_PASS &&
	    (ev->dmarc.by_dkim || narrow);

	for (size_t i = 0; !proven && i < ev->dkim.count; i++)
		proven = ev->dkim.sig[i].result == AUTH_PASS &&
		    ev->dkim.sig[i].covers_from &&
		    ev->dkim.sig[i].whole_body &&
		    !ev->dkim.sig[i].length && !ev->dkim.sig[i].testing &&
		    strcmp(ev->dkim.sig[i].domain, domain) == 0;
	if (!proven && narrow)
		proven = strcmp(ev->spf.domain, domain) == 0;
	return proven;
}

const struct dir_domain *
facts_claimed(const struct dir_snapshot *snapshot, const struct evaluation *ev)
{
	const struct dir_domain *d = NULL;

	for (size_t i = 0; snapshot != NULL && d == NULL && i < ev->from_count;
	    i++)
		d = dir_domain(snapshot, ev->from[i].domain);
	return d != NULL && d->state == DIR_ACTIVE ? d : NULL;
}

void
facts_message(const struct evaluate_envelope *envelope,
    const struct dir_snapshot *snapshot, const struct evaluation *ev,
    int64_t now_ms, struct decide_msg *out)
{
	const struct dir_domain *claimed = facts_claimed(snapshot, ev);

	*out = (struct decide_msg){ .direction = envelope->direction,
		.null_path = oct_addr_is_null(&envelope->rpath),
		.now_ms = now_ms,
		.dmarc = ev->dmarc.result,
		.dmarc_policy = ev->dmarc.policy,
		.credited = ev->credited,
		.score = ev->score.total,
		.malware = ev->virus.state == VIRUS_FOUND,
		.institutional = ev->institutional &&
		    is_proven(ev, ev->from[0].domain) };
	if (claimed == NULL)
		return;
	out->claims_hosted = true;
	out->claims_refuse = claimed->own_refuse;
	out->same_installation = is_proven(ev, claimed->name) &&
	    ev->from_count == 1 && !ev->from_malformed;
}

enum dir_dmarc
facts_dmarc_mode(const struct settings *s)
{
	static const enum dir_dmarc modes[] = { DIR_DMARC_ENFORCE,
		DIR_DMARC_HOLD, DIR_DMARC_OBSERVE };

	return s->dmarc >= 0 && (size_t)s->dmarc < OCT_LEN(modes)
	    ? modes[s->dmarc]
	    : DIR_DMARC_ENFORCE;
}

/* --- One final ---------------------------------------------------------- */

void
facts_options(const struct dir_final *f, const struct option_values *platform,
    struct option_values *out)
{
	if (f->domain != NULL)
		dir_options(f->domain, f->mailbox, platform, out);
	else
		*out = *platform;
}

void
facts_timers(const struct case_timers *platform,
    const struct option_values *options, struct case_timers *out)
{
	*out = *platform;
	options_timers(options, out);
}

void
facts_final(const struct dir_final *f, const struct dir_thresholds *platform,
    const struct option_values *options, bool exempt, struct decide_rcpt *out)
{
	const int64_t *v = options->v;

	out->external = f->domain == NULL;
	dir_thresholds_of(f->domain, f->mailbox, platform, &out->thresholds);
	out->protected_path = f->protected_path;
	out->exempt = exempt;
	out->has_room = true;
	if (out->external)
		return;
	out->domain = f->domain->name;
	out->suspended = f->domain->state == DIR_SUSPENDED ||
	    f->mailbox->state == DIR_SUSPENDED;
	out->dmarc_mode = f->domain->dmarc;
	out->mode = (enum option_challenge)v[OPTION_CHALLENGE];
	out->first = (enum option_first)v[OPTION_FIRST_CONTACT];
	out->unproven = (enum option_unproven)v[OPTION_UNPROVEN];
	out->automatic = (enum option_automatic)v[OPTION_AUTOMATIC];
	out->outbound_here = v[OPTION_OUTBOUND] != 0;
	out->no_digest = digest_is_off(options);
	out->has_blocks = f->domain->has_blocks || f->mailbox->has_blocks;
}

void
facts_sent_on(enum legacy_credit legacy, struct proof_input *in)
{
	in->no_spf |= legacy != LEGACY_NONE;
	in->credited |= legacy == LEGACY_PROVEN;
}

void
facts_weights(const struct dir_final *f, const struct score_weights *platform,
    struct score_weights *out)
{
	*out = *platform;
	if (f->domain == NULL)
		return;
	score_weights_change(detail_get(f->domain->details, DETAIL_WEIGHTS),
	    out);
	if (f->mailbox != NULL)
		score_weights_change(
		    detail_get(f->mailbox->details, DETAIL_WEIGHTS), out);
}

void
facts_score(const struct dir_final *f, struct evaluator *e,
    const struct score_weights *platform, struct score *score,
    struct decide_rcpt *out)
{
	struct score_weights weights;

	*score = *evaluator_score(e);
	out->score_own = 0;
	if (f->domain == NULL)
		return;
	facts_weights(f, platform, &weights);
	score_content(score, evaluator_points(e, f->domain->name));
	score_sum(&weights, score);
	out->score_own = score->total - evaluator_score(e)->total;
}

/* --- The store ---------------------------------------------------------- */

static void
add_who(struct facts_who *w, const char *kind, const char *name)
{
	struct oct_str s;

	if (*name == '\0')
		return;
	oct_str_fixed(&s, w->text[w->count], sizeof(w->text[0]));
	oct_str_addf(&s, "%s:%s", kind, name);
	w->list[w->count] = w->text[w->count];
	w->count++;
}

static void
add_address(struct facts_who *w, const char *kind, const struct oct_addr *folded)
{
	char text[OCT_ADDR_SIZE];

	oct_addr_text(folded, text);
	add_who(w, kind, text);
}

/* Whatever author is blocked is blocked beside others too, of whom the first one
 * alone can be proven. */
static void
add_other_authors(const struct evaluation *ev, struct facts_who *w)
{
	for (size_t i = 1; i < ev->from_count && i < EVALUATE_FROM_MAX; i++) {
		struct oct_addr folded;

		oct_addr_fold(&ev->from[i], '\0', &folded);
		add_address(w, "addr", &folded);
		add_who(w, "dom", ev->from[i].domain);
	}
}

int
facts_who(const struct evaluation *ev, const struct oct_addr *rpath,
    struct facts_who **out)
{
	struct facts_who *w = malloc(sizeof(*w));
	struct oct_addr folded;

	if (w == NULL)
		return -ENOMEM;
	w->count = 0;
	memcpy(w->from_org, ev->from_org, sizeof(w->from_org));
	if (ev->from_count > 0) {
		oct_addr_fold(&ev->from[0], '\0', &folded);
		add_address(w, "addr", &folded);
		add_address(w, "sent", &folded);
		add_who(w, "dom", ev->from[0].domain);
		if (strcmp(ev->from_org, ev->from[0].domain) != 0)
			add_who(w, "dom", ev->from_org);
	}
	w->from_count = w->count;
	add_other_authors(ev, w);
	if (!oct_addr_is_null(rpath)) {
		proof_fold(rpath, &folded);
		add_address(w, "addr", &folded);
		add_who(w, "dom", rpath->domain);
	}
	*out = w;
	return 0;
}

int
facts_ask(const struct facts_who *who, const char *domain, const char *local,
    const char *sid, struct store_batch *b, struct facts_reads *out)
{
	char key[KEY_SIZE], stronger[PROOF_SID_SIZE];

	key_relations(key, domain, local);
	out->relation = store_batch_hget(b, key, sid);
	out->stronger = out->grants = out->domain_grants = -1;
	proof_sid_stronger(sid, stronger);
	if (*stronger != '\0')
		out->stronger = store_batch_hget(b, key, stronger);
	if (who->count > 0) {
		out->grants = store_batch_hmget(b,
		    key_grants(key, domain, local), who->list, who->count);
		out->domain_grants = store_batch_hmget(b,
		    key_grants(key, domain, "@"), who->list, who->count);
	}
	/* -1 is "not asked": a block that was not asked for would be none. */
	return out->relation < 0 || out->stronger < -1 || out->grants < -1 ||
		out->domain_grants < -1
	    ? OCT_ELIMIT
	    : 0;
}

static const char *
text_at(const struct store_batch *b, int slot, size_t i)
{
	return slot < 0 ? NULL : store_batch_value(b, slot, i)->data;
}

/* The first grant that matched. */
static void
note_match(struct facts_match *m, size_t which, const char *packed, bool bound)
{
	size_t len = strlen(packed);

	if (m->which != SIZE_MAX || len >= sizeof(m->packed))
		return;
	m->which = which;
	m->bound = bound;
	memcpy(m->packed, packed, len + 1);
}

/* Blocks need no proof; grants do (challenge.md 1 and 2, rows 3 and 4). */
static void
apply_grants(const struct facts_who *w, bool from_proven,
    const struct store_batch *b, int slot, int64_t now_ms,
    struct facts_match *match, struct decide_rcpt *out)
{
	for (size_t i = 0; slot >= 0 && i < w->count; i++) {
		const char *packed = text_at(b, slot, i);
		struct case_grant g;

		if (packed == NULL || case_grant_parse(packed, &g) != 0 ||
		    !grant_is_live(&g, now_ms))
			continue;
		if (g.block) {
			out->blocked = true;
			out->drop_silently |= g.drop;
		} else if (i < w->from_count && from_proven &&
		    grant_matches(&g, w->from_org, now_ms)) {
			out->granted = true;
			note_match(match, i, packed, g.signer[0] != '\0');
		}
	}
}

/* What asking for this message would come to. */
static void
probe(const struct case_timers *t, const struct relation *r, int64_t now_ms,
    struct decide_rcpt *out)
{
	struct rel_guard g = { .now_ms = now_ms, .quiet_ms = t->quiet,
		.asks_max = t->asks_max };
	struct relation copy = *r;

	out->may_ask = (relation_apply(&copy, REL_EV_HELD_ASK, &g, NULL, NULL) &
			   REL_ACT_ASK) != 0;
	copy = *r;
	(void)relation_apply(&copy, REL_EV_DEFERRED, &g, NULL,
	    &out->may_defer);
}

void
facts_read(const struct facts_who *who, bool from_proven,
    const struct store_batch *b, const struct facts_reads *at,
    const struct case_timers *t, int64_t now_ms, struct facts_relation *rel,
    struct decide_rcpt *out)
{
	const char *packed = text_at(b, at->relation, 0);
	const char *stronger = text_at(b, at->stronger, 0);
	struct relation other;

	relation_init(&rel->relation);
	/* An unreadable one is UNKNOWN, and replaced as a whole. */
	rel->present = packed != NULL && strlen(packed) < REL_PACKED_SIZE;
	if (rel->present) {
		memcpy(rel->packed, packed, strlen(packed) + 1);
		(void)!relation_unpack(packed, &rel->relation);
		(void)relation_age(&rel->relation, &t->ages, now_ms);
	}
	out->store_known = true;
	out->relation = rel->relation.state;
	/* An ALLOWED or BLOCKED A|from|org also speaks for F|from|org. */
	if (stronger != NULL && relation_unpack(stronger, &other) == 0) {
		(void)relation_age(&other, &t->ages, now_ms);
		/* A block of either stands. */
		if (other.state == REL_BLOCKED ||
		    (other.state == REL_ALLOWED &&
			out->relation != REL_BLOCKED))
			out->relation = other.state;
	}
	out->blocked = out->drop_silently = out->granted = false;
	rel->match.which = SIZE_MAX;
	apply_grants(who, from_proven, b, at->grants, now_ms, &rel->match,
	    out);
	rel->match.whole_domain = rel->match.which == SIZE_MAX;
	apply_grants(who, from_proven, b, at->domain_grants, now_ms,
	    &rel->match, out);
	probe(t, &rel->relation, now_ms, out);
}
