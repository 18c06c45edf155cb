/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/score.h"

#include <string.h>
#include <strings.h>

#include "auth/dmarc.h"
#include "lib/addrlist.h"
#include "lib/err.h"
#include "policy/exempt.h"
#include "policy/lookalike.h"
#include "policy/rules.h"

#define DAY_MS 86400000LL
#define REPLY_TO_MAX 4 /* addresses looked at */

void
score_mark(struct score *s, enum symbol_id id, bool found)
{
	if (found)
		s->symbols[id / 64] |= (uint64_t)1 << (id % 64);
}

bool
score_has(const struct score *s, enum symbol_id id)
{
	return (s->symbols[id / 64] >> (id % 64) & 1) != 0;
}

static void
check_dkim(const struct score_input *in, struct score *s)
{
	bool passed = false, failed = false, unknown = false;

	for (size_t i = 0; i < in->dkim->count; i++) {
		passed |= in->dkim->sig[i].result == AUTH_PASS;
		failed |= in->dkim->sig[i].result == AUTH_FAIL;
		unknown |= in->dkim->sig[i].result == AUTH_TEMPERROR;
	}
	score_mark(s, SYM_DKIM_FAIL, failed && !passed);
	score_mark(s, SYM_NO_AUTH, !passed && !unknown &&
		in->spf->result != AUTH_PASS &&
		in->spf->result != AUTH_TEMPERROR && !in->trace_only);
}

static void
check_auth(const struct score_input *in, struct score *s)
{
	if (!in->trace_only) {
		score_mark(s, SYM_SPF_FAIL, in->spf->result == AUTH_FAIL);
		score_mark(s, SYM_SPF_SOFTFAIL, in->spf->result == AUTH_SOFTFAIL);
		score_mark(s, SYM_SPF_NONE, in->spf->result == AUTH_NONE);
	}
	check_dkim(in, s);
	score_mark(s, SYM_DMARC_FAIL, in->dmarc->result == AUTH_FAIL);
	score_mark(s, SYM_DMARC_PASS, in->dmarc->result == AUTH_PASS);
}

/* "adsl-12-34.provider.net", "host-1-2-3-4.dyn.example": a line, not a server. */
static bool
is_line(const char *helo)
{
	static const char *const words[] = { "adsl", "dsl.", ".dyn.", "dyn-",
		"dynamic", "dhcp", "pool-", ".pool.", "ppp", "cable", "dialup",
		"dial-up", "broadband" };
	size_t digits = 0;

	for (const char *p = helo; *p != '\0'; p++)
		digits += *p >= '0' && *p <= '9';
	for (size_t i = 0; digits >= 2 && i < OCT_LEN(words); i++)
		if (strcasestr(helo, words[i]) != NULL)
			return true;
	return false;
}

/* RFC 5321 4.5.5: the null path is for reports, and for answers of machines. */
static bool
is_null_without_reason(const struct score_input *in)
{
	return oct_addr_is_null(in->rpath) && in->from_count > 0 &&
	    !exempt_is_automatic(in->msg);
}

static void
check_envelope(const struct score_input *in, struct score *s)
{
	const char *helo = in->helo;
	struct oct_ip ip;

	if (!in->trace_only) {
		score_mark(s, SYM_HELO_LITERAL, *helo == '[' ||
			oct_ip_parse(helo, &ip) == 0);
		score_mark(s, SYM_HELO_BARE,
		    *helo != '[' && strchr(helo, '.') == NULL);
		score_mark(s, SYM_HELO_OURS, strcasecmp(helo, in->hostname) == 0);
		score_mark(s, SYM_HELO_DYNAMIC, is_line(helo));
	}
	score_mark(s, SYM_RPATH_NULL, is_null_without_reason(in));
	score_mark(s, SYM_FROM_RPATH_DIFFER, in->from != NULL &&
		!rules_is_list(in->msg) && !oct_addr_is_null(in->rpath) && *in->from_org != '\0' &&
		strcmp(in->from_org, in->rpath_org) != 0);
}

static bool
in_domain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	    (unsigned char)c >= 0x80;
}

/* Of a domain that readers would trust for what it is: a recipient's own, or one
 * of the State. */
static bool
is_trusted_name(const struct score_input *in, const char *domain)
{
	char org[OCT_DOMAIN_SIZE], own[OCT_DOMAIN_SIZE];

	auth_psl_org_or_self(domain, org);
	for (size_t i = 0; i < in->rcpt_count; i++) {
		auth_psl_org_or_self(in->rcpts[i].domain, own);
		if (strcmp(org, own) == 0)
			return true;
	}
	return lookalike_is_institution(domain);
}

/* Who writes for somebody else and says so: answers go to whom he names, or it is
 * a machine's answer to what the reader wrote there himself. */
static bool
writes_for(const struct score_input *in, const char *domain)
{
	const struct oct_field *f = oct_msg_find(in->msg, "Reply-To", 0);
	struct oct_addr reply[REPLY_TO_MAX];
	size_t n = 0;

	if (is_trusted_name(in, domain))
		return false;
	if (oct_msg_find(in->msg, "In-Reply-To", 0) != NULL &&
	    exempt_is_automatic(in->msg))
		return true;
	if (f != NULL)
		(void)!oct_addrlist_parse(f->value, f->value_len, reply,
		    REPLY_TO_MAX, &n);
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(reply[i].domain, domain) == 0)
			return true;
	return false;
}

/* The domain of an address at p, which is behind its '@'; its length in the text:
 * 0 = "Bob @work" is no address. */
static size_t
domain_at(const char *p, const char *end, char out[OCT_DOMAIN_SIZE])
{
	size_t len, last = 0;

	for (len = 0; p + len < end; len++) {
		if (in_domain(p[len]))
			last = len + 1;
		else if (p[len] != '.')
			break;
	}
	if (memchr(p, '.', last) == NULL || last >= OCT_DOMAIN_SIZE)
		return 0;
	memcpy(out, p, last);
	out[last] = '\0';
	return last;
}

/* "Le Maire <maire@x>" <other@y>: an address in the display name, of another
 * domain than the author's. */
static bool
name_holds_other_address(const struct score_input *in)
{
	const struct oct_field *f = oct_msg_find(in->msg, "From", 0);
	char domain[OCT_DOMAIN_SIZE];
	const char *p, *angle;

	if (f == NULL || in->from == NULL)
		return false;
	angle = memrchr(f->value, '<', f->value_len);
	if (angle == NULL)
		return false;
	p = f->value;
	while ((p = memchr(p, '@', (size_t)(angle - p))) != NULL)
		if (domain_at(++p, angle, domain) > 0 &&
		    strcasecmp(domain, in->from->domain) != 0 &&
		    !writes_for(in, domain))
			return true;
	return false;
}

/* Would an answer go to somebody outside the author's organisation? */
static bool
reply_goes_elsewhere(const struct score_input *in)
{
	const struct oct_field *f = oct_msg_find(in->msg, "Reply-To", 0);
	struct oct_addr reply[REPLY_TO_MAX];
	size_t n = 0;

	/* Lists answer to themselves. */
	if (f == NULL || in->from == NULL || *in->from_org == '\0' ||
	    rules_is_list(in->msg))
		return false;
	/* Whatever of it can be read counts. */
	(void)!oct_addrlist_parse(f->value, f->value_len, reply, REPLY_TO_MAX,
	    &n);
	for (size_t i = 0; i < n; i++)
		if (!oct_domain_under(reply[i].domain, in->from_org))
			return true;
	return false;
}

static void
check_from(const struct score_input *in, struct score *s)
{
	score_mark(s, SYM_FROM_MISSING, in->from_count == 0 && !in->from_malformed);
	score_mark(s, SYM_FROM_SEVERAL, in->from_count > 1 ||
		oct_msg_count(in->msg, "From") > 1);
	score_mark(s, SYM_FROM_MALFORMED, in->from_malformed);
	score_mark(s, SYM_FROM_NAME_ADDRESS, name_holds_other_address(in));
	score_mark(s, SYM_REPLY_TO_DIFFER, reply_goes_elsewhere(in));
}

static void
check_date(const struct score_input *in, struct score *s)
{
	char value[128];
	int64_t date;
	int rc = oct_msg_value(in->msg, "Date", value, sizeof(value));

	if (rc == 0) {
		score_mark(s, SYM_DATE_MISSING, true);
		return;
	}
	if (rc < 0 || score_parse_date(value, &date) != 0) {
		score_mark(s, SYM_DATE_MALFORMED, true);
		return;
	}
	score_mark(s, SYM_DATE_FUTURE, date > in->now_ms + DAY_MS);
	score_mark(s, SYM_DATE_PAST, date < in->now_ms - 14 * DAY_MS);
}

/* RFC 5322 3.6: fields that occur at most once. */
static bool
repeats_a_single_field(const struct oct_msg *m)
{
	static const char *const single[] = { "Date", "Subject", "Sender",
		"Reply-To", "To", "Cc", "Message-ID", "In-Reply-To",
		"References", "Content-Type", "MIME-Version" };

	for (size_t i = 0; i < OCT_LEN(single); i++)
		if (oct_msg_find(m, single[i], 1) != NULL)
			return true;
	return false;
}

static bool
has_8bit_header(const struct oct_msg *m)
{
	static const char *const shown[] = { "Subject", "From", "To" };

	for (size_t i = 0; i < OCT_LEN(shown); i++) {
		const struct oct_field *f = oct_msg_find(m, shown[i], 0);

		for (size_t j = 0; f != NULL && j < f->value_len; j++)
			if ((unsigned char)f->value[j] >= 0x80)
				return true;
	}
	return false;
}

static void
check_header(const struct score_input *in, struct score *s)
{
	const struct oct_msg *m = in->msg;

	score_mark(s, SYM_MESSAGE_ID_MISSING, oct_msg_count(m, "Message-ID") == 0);
	score_mark(s, SYM_SUBJECT_MISSING, oct_msg_count(m, "Subject") == 0);
	score_mark(s, SYM_TO_MISSING, oct_msg_count(m, "To") == 0 &&
		oct_msg_count(m, "Cc") == 0);
	score_mark(s, SYM_DUPLICATE_FIELD, repeats_a_single_field(m));
	score_mark(s, SYM_HEADER_8BIT, has_8bit_header(m));
	score_mark(s, SYM_HEADER_LIMIT, oct_msg_over(m) != NULL);
}

static void
check_lists(const struct score_input *in, struct score *s)
{
	s->lists = in->lists;
	score_mark(s, SYM_DNSBL, in->lists.dnsbl != 0);
	score_mark(s, SYM_DNSWL, in->lists.dnswl != 0);
	score_mark(s, SYM_DOMAIN_LIST, in->lists.domain != 0);
	score_mark(s, SYM_RSPAMD, in->lists.rspamd != 0);
}

int32_t
score_weight(const struct score *s, const struct score_weights *w,
    enum symbol_id id)
{
	if (id == SYM_DNSBL)
		return s->lists.dnsbl;
	if (id == SYM_DNSWL)
		return s->lists.dnswl;
	if (id == SYM_DOMAIN_LIST)
		return s->lists.domain;
	if (id == SYM_RSPAMD)
		return s->lists.rspamd;
	if (id == SYM_CONTENT_GOOD || id == SYM_CONTENT_BAD)
		return s->content;
	return w->weight[id];
}

void
score_find(const struct score_input *in, struct score *out)
{
	*out = (struct score){ .total = 0 };
	check_auth(in, out);
	check_envelope(in, out);
	check_from(in, out);
	check_date(in, out);
	check_header(in, out);
	check_lists(in, out);
	if (in->overview != NULL)
		rules_check(in, out);
}

void
score_content(struct score *s, int32_t hundredths)
{
	for (int i = 0; i < 2; i++) {
		enum symbol_id id = i == 0 ? SYM_CONTENT_GOOD : SYM_CONTENT_BAD;

		s->symbols[id / 64] &= ~((uint64_t)1 << (id % 64));
	}
	s->content = hundredths;
	score_mark(s, SYM_CONTENT_BAD, hundredths > 0);
	score_mark(s, SYM_CONTENT_GOOD, hundredths < 0);
}

void
score_sum(const struct score_weights *w, struct score *s)
{
	s->total = 0;
	memset(s->group, 0, sizeof(s->group));
	for (size_t i = 0; i < SYM_COUNT; i++)
		if (score_has(s, (enum symbol_id)i))
			s->group[symbol_of((enum symbol_id)i)->group] +=
			    score_weight(s, w, (enum symbol_id)i);
	for (size_t g = 0; g < GROUP_COUNT; g++)
		s->total += s->group[g] < w->cap[g] ? s->group[g] : w->cap[g];
}

void
score_message(const struct score_input *in, const struct score_weights *w,
    struct score *out)
{
	score_find(in, out);
	score_sum(w, out);
}
