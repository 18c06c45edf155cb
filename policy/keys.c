/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes: "oct:{domain}:kind[:...]" for what belongs to a hosted domain,
 * "oct:{g}:kind:..." for what belongs to the platform but goes with other such
 * keys, "oct:kind:..." for the rest.  Only the last part of a key may hold a
 * colon, so no two names ever meet; a domain may even be called "g", as no kind
 * under {g} is used under a domain.
 */
#include "policy/keys.h"

#include "lib/str.h"

/* The parts are bounded where they come from: a longer one is our mistake, and
 * a cut key would be another's. */
static const char *
join(char out[KEY_SIZE], const char *tag, const char *const *parts, size_t n)
{
	struct oct_str s;

	oct_str_fixed(&s, out, KEY_SIZE);
	oct_str_add(&s, "oct");
	if (tag != NULL)
		oct_str_addf(&s, ":{%s}", tag);
	for (size_t i = 0; i < n; i++)
		oct_str_addf(&s, ":%s", parts[i]);
	OCT_ASSERT(oct_str_err(&s) == 0);
	return out;
}

static const char *
join2(char out[KEY_SIZE], const char *tag, const char *kind, const char *what)
{
	const char *const parts[] = { kind, what };

	return join(out, tag, parts, OCT_LEN(parts));
}

static const char *
join3(char out[KEY_SIZE], const char *tag, const char *kind, const char *limit,
    const char *what)
{
	const char *const parts[] = { kind, limit, what };

	return join(out, tag, parts, OCT_LEN(parts));
}

static const char *
join1(char out[KEY_SIZE], const char *tag, const char *kind)
{
	return join(out, tag, &kind, 1);
}

const char *
key_domain(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "domain");
}

const char *
key_tenant(char out[KEY_SIZE], const char *id)
{
	struct oct_str s;

	/* The id is the tag: what will come for a tenant goes with it, and no
	 * domain's tag can stand in this place. */
	oct_str_fixed(&s, out, KEY_SIZE);
	oct_str_addf(&s, "oct:tenant:{%s}", id);
	OCT_ASSERT(oct_str_err(&s) == 0);
	return out;
}

const char *
key_turn(char out[KEY_SIZE], const char *id)
{
	struct oct_str s;

	oct_str_fixed(&s, out, KEY_SIZE);
	oct_str_addf(&s, "oct:tenant:{%s}:turn", id);
	OCT_ASSERT(oct_str_err(&s) == 0);
	return out;
}

const char *
key_mailboxes(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "mbx");
}

const char *
key_aliases(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "alias");
}

const char *
key_legacy(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "legacy");
}

const char *
key_apply(char out[KEY_SIZE], const char *fingerprint)
{
	return join2(out, "g", "apply", fingerprint);
}

const char *
key_journal(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "journal");
}

const char *
key_tenant_journal(char out[KEY_SIZE], const char *id)
{
	struct oct_str s;

	oct_str_fixed(&s, out, KEY_SIZE);
	oct_str_addf(&s, "oct:tenant:{%s}:journal", id);
	OCT_ASSERT(oct_str_err(&s) == 0);
	return out;
}

const char *
key_dkim(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "dkim");
}

const char *
key_own(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "own");
}

const char *
key_templates(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "templates");
}

const char *
key_relations(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "rel", local);
}

const char *
key_grants(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "grant", local);
}

const char *
key_sent(char out[KEY_SIZE], const char *domain, const char *hash)
{
	return join2(out, domain, "sent", hash);
}

const char *
key_expect(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "expect", local);
}

const char *
key_tags(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "tags", local);
}

const char *
key_held(char out[KEY_SIZE], const char *domain, const char *id)
{
	return join2(out, domain, "held", id);
}

const char *
key_held_index(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "heldidx", local);
}

const char *
key_unlisted(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "unlisted", local);
}

const char *
key_digest(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "digest");
}

const char *
key_digest_state(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "digeststate");
}

const char *
key_space(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "space", local);
}

const char *
key_use(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "use");
}

const char *
key_challenge(char out[KEY_SIZE], const char *domain, const char *id)
{
	return join2(out, domain, "chal", id);
}

const char *
key_due(char out[KEY_SIZE], const char *node)
{
	return join2(out, NULL, "due", node);
}

const char *
key_clock(char out[KEY_SIZE], const char *node)
{
	return join2(out, NULL, "clock", node);
}

const char *
key_work(char out[KEY_SIZE], const char *node)
{
	return join2(out, NULL, "work", node);
}

const char *
key_said(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain != NULL ? domain : "g", "said");
}

const char *
key_later(char out[KEY_SIZE], const char *domain, const char *fingerprint)
{
	return join2(out, domain, "later", fingerprint);
}

const char *
key_token(char out[KEY_SIZE], const char *token_id)
{
	return join2(out, NULL, "tok", token_id);
}

const char *
key_session(char out[KEY_SIZE], const char *hash)
{
	return join2(out, NULL, "sess", hash);
}

const char *
key_owner(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "owner", local);
}

const char *
key_acts(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "acts", local);
}

const char *
key_bin(char out[KEY_SIZE], const char *domain, const char *local)
{
	return join2(out, domain, "bin", local);
}

const char *
key_tries(char out[KEY_SIZE], const char *subject)
{
	return join2(out, "g", "tries", subject);
}

const char *
key_rate(char out[KEY_SIZE], const char *domain, const char *limit,
    const char *subject)
{
	return join3(out, domain, "rate", limit, subject);
}

const char *
key_rate_net(char out[KEY_SIZE], const char *limit, const char *net)
{
	return join3(out, "g", "netrate", limit, net);
}

const char *
key_seen(char out[KEY_SIZE], const char *sig)
{
	return join2(out, "g", "seen", sig);
}

const char *
key_suppressed(char out[KEY_SIZE], const char *hash)
{
	return join2(out, "g", "supp", hash);
}

const char *
key_cap(char out[KEY_SIZE], const char *limit, const char *subject)
{
	return join3(out, "g", "cap", limit, subject);
}

const char *
key_breaker(char out[KEY_SIZE], const char *kind, const char *name)
{
	return join3(out, "g", "breaker", kind, name);
}

const char *
key_org(char out[KEY_SIZE], const char *hash)
{
	return join2(out, "g", "org", hash);
}

const char *
key_asked(char out[KEY_SIZE], const char *day)
{
	return join2(out, "g", "asked", day);
}

const char *
key_extended(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "extended");
}

const char *
key_told(char out[KEY_SIZE], const char *what)
{
	return join2(out, "g", "told", what);
}

const char *
key_probe(char out[KEY_SIZE], const char *domain, const char *id)
{
	return join2(out, domain, "probe", id);
}

const char *
key_probes(char out[KEY_SIZE], const char *domain)
{
	return join1(out, domain, "probes");
}

const char *
key_probe_of(char out[KEY_SIZE], const char *id)
{
	return join2(out, "g", "probe", id);
}

const char *
key_owner_ask(char out[KEY_SIZE], const char *id)
{
	return join2(out, "g", "ownerask", id);
}

const char *
key_tempfirst(char out[KEY_SIZE], const char *domain, const char *hash)
{
	return join2(out, domain, "tfirst", hash);
}

const char *
key_pass(char out[KEY_SIZE], const char *domain, const char *sid_hash)
{
	return join2(out, domain, "pass", sid_hash);
}

const char *
key_pass_used(char out[KEY_SIZE], const char *domain, const char *token_id)
{
	return join2(out, domain, "passused", token_id);
}

const char *
key_confirms(char out[KEY_SIZE], const char *subject)
{
	return join2(out, "g", "confirms", subject);
}

const char *
key_stat(char out[KEY_SIZE], const char *domain, const char *day)
{
	return join2(out, domain, "stat", day);
}
