/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/proof.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/str.h"

const char *
proof_class_name(enum proof_class c)
{
	switch (c) {
	case PROOF_A:
		return "A";
	case PROOF_F:
		return "F";
	case PROOF_N:
		return "N";
	case PROOF_T:
		return "T";
	case PROOF_X:
		return "X";
	}
	return "?";
}

/* A line of the table: yes, no, or open because of a temporary DNS error. */
enum line { LINE_NO, LINE_YES, LINE_OPEN };

void
proof_fold(const struct oct_addr *a, struct oct_addr *out)
{
	char *eq, *dash;

	oct_addr_fold(a, '+', out);
	eq = strrchr(out->local, '=');
	if (eq == NULL || eq == out->local)
		return;
	/* prefix-token=local=domain, or prefix-local=domain: the prefix names
	 * the sender, the rest the recipient. */
	*eq = '\0';
	dash = strchr(out->local, '-');
	if (dash != NULL && dash != out->local)
		*dash = '\0';
	else
		*eq = '=';
}

static bool
from_is_rpath(const struct proof_input *in)
{
	struct oct_addr from, rpath;

	if (in->from_count != 1 || in->from == NULL ||
	    oct_addr_is_null(in->rpath))
		return false;
	proof_fold(in->from, &from);
	proof_fold(in->rpath, &rpath);
	return strcmp(from.local, rpath.local) == 0 &&
	    strcmp(from.domain, rpath.domain) == 0;
}

static bool
same_org(const char *a, const char *b)
{
	return a != NULL && b != NULL && *a != '\0' && strcmp(a, b) == 0;
}

/* SPF or a signature passes for the very From domain: whatever the DMARC
 * record says, the message cannot fail it. */
static bool
passes_for_from_itself(const struct proof_input *in)
{
	if (in->from_count != 1 || in->from == NULL)
		return false;
	if (!in->no_spf && in->spf->result == AUTH_PASS &&
	    strcmp(in->spf->domain, in->from->domain) == 0)
		return true;
	for (size_t i = 0; i < in->dkim->count; i++)
		if (in->dkim->sig[i].result == AUTH_PASS &&
		    strcmp(in->dkim->sig[i].domain, in->from->domain) == 0)
			return true;
	return false;
}

static enum line
dmarc_contradicts(const struct proof_input *in)
{
	if (in->dmarc->result == AUTH_TEMPERROR)
		return passes_for_from_itself(in) ? LINE_NO : LINE_OPEN;
	return in->dmarc->result == AUTH_FAIL &&
		in->dmarc->policy != AUTH_DMARC_NONE && !in->credited
	    ? LINE_YES
	    : LINE_NO;
}

bool
proof_spf_is_narrow(const struct auth_spf *spf, bool listed_provider)
{
	switch (spf->term) {
	case AUTH_SPF_NONE:
	case AUTH_SPF_ALL:
	case AUTH_SPF_PTR:
	case AUTH_SPF_EXISTS:
	case AUTH_SPF_UNKNOWN:
		return false;
	case AUTH_SPF_A:
	case AUTH_SPF_MX:
	case AUTH_SPF_IP4:
	case AUTH_SPF_IP6:
		break;
	}
	/* "a" and "mx" have a width of either family ("a/24//64"). */
	return listed_provider || spf->prefix >=
		(spf->ipv6 || spf->term == AUTH_SPF_IP6 ? 32 : 16);
}

static enum line
proven_by_spf(const struct proof_input *in)
{
	if (in->no_spf || in->spf->helo || oct_addr_is_null(in->rpath))
		return LINE_NO;
	if (in->spf->result == AUTH_TEMPERROR)
		return LINE_OPEN;
	if (in->spf->result != AUTH_PASS ||
	    !proof_spf_is_narrow(in->spf, in->spf_listed_provider))
		return LINE_NO;
	/* The From of another organisation that publishes DMARC: the envelope
	 * is proven, but not for whom the message claims to speak. */
	if (in->from_count != 1)
		return LINE_NO;
	if (same_org(in->from_org, in->spf_org))
		return LINE_YES;
	if (in->dmarc->result == AUTH_TEMPERROR)
		return LINE_OPEN;
	return in->dmarc->result == AUTH_NONE ? LINE_YES : LINE_NO;
}

/* Could signature i carry class A, its own result apart? */
static bool
dkim_names_envelope(const struct proof_input *in, size_t i)
{
	const struct auth_dkim_sig *sig = &in->dkim->sig[i];

	return same_org(in->dkim_org[i], in->from_org) && sig->covers_from &&
	    sig->covers_to && (!in->has_cc || sig->covers_cc) && !sig->length &&
	    !sig->testing;
}

static enum line
proven_by_dkim(const struct proof_input *in, size_t *index)
{
	enum line line = LINE_NO;

	if (!from_is_rpath(in) || !in->to_names_rcpt ||
	    in->replay == PROOF_REPLAY_SEEN)
		return LINE_NO;
	for (size_t i = 0; i < in->dkim->count; i++) {
		if (!dkim_names_envelope(in, i))
			continue;
		if (in->dkim->sig[i].result == AUTH_TEMPERROR)
			line = LINE_OPEN;
		if (in->dkim->sig[i].result != AUTH_PASS)
			continue;
		*index = i;
		return in->replay == PROOF_REPLAY_FRESH ? LINE_YES : LINE_NO;
	}
	return line;
}

/* Strength of the key: libopendkim applies its minimum of 1,024; a size of 0 is
 * one that it does not tell, which is Ed25519. */
static bool
key_is_strong(const struct auth_dkim_sig *sig)
{
	return sig->key_bits == 0 || sig->key_bits >= 1024 ||
	    strncasecmp(sig->algorithm, "ed25519", 7) == 0;
}

static enum line
from_proven(const struct proof_input *in, size_t *index)
{
	enum line line = LINE_NO;

	if (in->from_count != 1)
		return LINE_NO;
	for (size_t i = 0; i < in->dkim->count; i++) {
		const struct auth_dkim_sig *sig = &in->dkim->sig[i];

		if (!same_org(in->dkim_org[i], in->from_org) ||
		    !sig->covers_from || sig->length || sig->testing)
			continue;
		if (sig->result == AUTH_TEMPERROR)
			line = LINE_OPEN;
		if (sig->result == AUTH_PASS && sig->whole_body &&
		    key_is_strong(sig)) {
			*index = i;
			return LINE_YES;
		}
	}
	return line;
}

static void
settle(struct proof *out, enum proof_class class, const char *why)
{
	out->class = class;
	out->why = why;
}

static void
set_org(struct proof *out, const char *org)
{
	struct oct_str s;

	oct_str_fixed(&s, out->org, sizeof(out->org));
	oct_str_add(&s, org != NULL ? org : "");
}

/* Lines A, in order; false if none applied. */
static bool
classify_a(const struct proof_input *in, struct proof *out)
{
	enum line spf = proven_by_spf(in), dkim;
	size_t index = 0;

	if (spf == LINE_YES) {
		settle(out, PROOF_A, "narrow SPF pass for the reverse-path");
		set_org(out, in->spf_org);
		out->from_proven = out->from_proven ||
		    same_org(in->from_org, in->spf_org);
		return true;
	}
	dkim = proven_by_dkim(in, &index);
	if (dkim == LINE_YES) {
		settle(out, PROOF_A, "DKIM signature names sender and recipient");
		set_org(out, in->from_org);
		out->by_dkim = out->from_proven = true;
		out->dkim_index = index;
		return true;
	}
	if (spf == LINE_OPEN || dkim == LINE_OPEN) {
		settle(out, PROOF_T, "temporary DNS error on SPF or DKIM");
		return true;
	}
	return false;
}

void
proof_classify(const struct proof_input *in, struct proof *out)
{
	enum line x = dmarc_contradicts(in), f;
	size_t index = 0;

	*out = (struct proof){ .class = PROOF_N };
	f = from_proven(in, &index);
	if (f == LINE_YES) {
		out->from_proven = true;
		out->dkim_index = index;
	}
	if (x == LINE_YES) {
		settle(out, PROOF_X, "DMARC fail with an applied policy");
		return;
	}
	if (x == LINE_OPEN) {
		settle(out, PROOF_T, "temporary DNS error on DMARC");
		return;
	}
	if (classify_a(in, out))
		return;
	if (f == LINE_YES) {
		settle(out, PROOF_F, "aligned DKIM signature proves From");
		set_org(out, in->from_org);
	} else if (f == LINE_OPEN) {
		settle(out, PROOF_T, "temporary DNS error on DKIM");
	} else if (!in->no_spf && in->spf->result == AUTH_FAIL) {
		settle(out, PROOF_X, "SPF fail");
	} else {
		settle(out, PROOF_N, "nothing proven");
	}
}

bool
proof_needs_replay(const struct proof_input *in, size_t *index)
{
	struct proof_input probe = *in;
	struct proof p;

	probe.replay = PROOF_REPLAY_FRESH;
	proof_classify(&probe, &p);
	*index = p.dkim_index;
	return p.class == PROOF_A && p.by_dkim;
}

void
proof_sid(const struct proof_input *in, const struct proof *p, const char *net,
    char out[PROOF_SID_SIZE])
{
	char from_text[OCT_ADDR_SIZE] = "", rpath_text[OCT_ADDR_SIZE];
	struct oct_addr from, rpath;
	struct oct_str s;

	oct_str_fixed(&s, out, PROOF_SID_SIZE);
	proof_fold(in->rpath, &rpath);
	oct_addr_text(&rpath, rpath_text);
	if (in->from != NULL) {
		oct_addr_fold(in->from, '\0', &from);
		oct_addr_text(&from, from_text);
	}
	switch (p->class) {
	case PROOF_A:
		if (from_is_rpath(in))
			oct_str_addf(&s, "A|%s|%s", from_text, p->org);
		else
			oct_str_addf(&s, "A|%s|%s|%s", rpath_text, p->org,
			    from_text);
		break;
	case PROOF_F:
		oct_str_addf(&s, "F|%s|%s", from_text, p->org);
		break;
	case PROOF_N:
	case PROOF_T:
	case PROOF_X:
		oct_str_addf(&s, "N|%s|%s", rpath_text, net);
		break;
	}
}

/* Behind a local part as oct_addr_text writes it: only a quoted one may hold an
 * @, any may hold a bar.  NULL if there is none. */
static const char *
behind_local(const char *text)
{
	bool quoted = *text == '"';

	for (size_t i = quoted ? 1 : 0; text[i] != '\0'; i++) {
		if (quoted && text[i] == '\\' && text[i + 1] != '\0')
			i++;
		else if (quoted && text[i] == '"')
			quoted = false;
		else if (!quoted && text[i] == '@')
			return text + i;
	}
	return NULL;
}

/* What a sid is made of, borrowed; only an address may hold a bar. */
struct sid_parts {
	const char *address, *org; /* org: or net */
	size_t address_len, org_len;
	const char *from; /* of "A|rpath|org|from", or NULL */
};

static bool
sid_split(const char *sid, struct sid_parts *out)
{
	const char *at, *bar;

	if (sid[0] == '\0' || sid[1] != '|')
		return false;
	out->address = sid + 2;
	at = behind_local(out->address);
	bar = strchr(at != NULL ? at : out->address, '|');
	if (bar == NULL)
		return false;
	out->address_len = (size_t)(bar - out->address);
	out->org = bar + 1;
	out->org_len = strcspn(out->org, "|");
	out->from = out->org[out->org_len] == '|' ? out->org + out->org_len + 1
						  : NULL;
	return true;
}

static bool
sid_is_proven(const char *sid)
{
	return sid[0] == 'A' || sid[0] == 'F';
}

bool
proof_sid_parts(const char *sid, char address[OCT_ADDR_SIZE],
    char org[OCT_DOMAIN_SIZE])
{
	struct sid_parts parts;
	struct oct_str a, o;

	if (!sid_is_proven(sid) || !sid_split(sid, &parts))
		return false;
	oct_str_fixed(&a, address, OCT_ADDR_SIZE);
	oct_str_addn(&a, parts.address, parts.address_len);
	oct_str_fixed(&o, org, OCT_DOMAIN_SIZE);
	oct_str_addn(&o, parts.org, parts.org_len);
	return oct_str_err(&a) == 0 && oct_str_err(&o) == 0 && *org != '\0';
}

bool
proof_sid_from(const char *sid, char from[OCT_ADDR_SIZE])
{
	struct sid_parts parts;
	struct oct_str s;

	oct_str_fixed(&s, from, OCT_ADDR_SIZE);
	*from = '\0';
	if (!sid_split(sid, &parts))
		return false;
	if (parts.from != NULL)
		oct_str_add(&s, parts.from);
	else
		oct_str_addn(&s, parts.address, parts.address_len);
	if (oct_str_err(&s) != 0)
		*from = '\0';
	return parts.from == NULL && sid_is_proven(sid);
}

void
proof_sid_stronger(const char *sid, char out[PROOF_SID_SIZE])
{
	struct sid_parts parts;
	struct oct_str s;

	oct_str_fixed(&s, out, PROOF_SID_SIZE);
	if (sid[0] != 'F' || !sid_split(sid, &parts) || parts.from != NULL)
		return;
	oct_str_addc(&s, 'A');
	oct_str_add(&s, sid + 1);
}
