/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/socketmap.h"

#include <string.h>
#include <strings.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "provisioning/expand.h"

#define LENGTH_DIGITS_MAX 4 /* of SOCKETMAP_PAYLOAD_MAX */

/* --- The protocol -------------------------------------------------------- */

/* "<length>:" at the start; as socketmap_parse, *used without the payload. */
static int
parse_length(const char *buf, size_t len, size_t *length, size_t *used)
{
	size_t n = 0, i;

	for (i = 0; i < len && buf[i] >= '0' && buf[i] <= '9'; i++) {
		if (i > 0 && buf[0] == '0')
			return OCT_EPARSE;
		if (i == LENGTH_DIGITS_MAX)
			return OCT_ELIMIT;
		n = n * 10 + (size_t)(buf[i] - '0');
	}
	if (n > SOCKETMAP_PAYLOAD_MAX)
		return OCT_ELIMIT;
	if (i == len)
		return 0;
	if (buf[i] != ':' || i == 0)
		return OCT_EPARSE;
	*length = n;
	*used = i + 1;
	return 1;
}

/* The key may hold spaces: split at the first one. */
static int
split(const char *payload, size_t len, struct socketmap_request *out)
{
	const char *space = memchr(payload, ' ', len);
	size_t map, key;

	if (space == NULL || memchr(payload, '\0', len) != NULL)
		return OCT_EPARSE;
	map = (size_t)(space - payload);
	key = len - map - 1;
	if (map > SOCKETMAP_MAP_MAX || key > SOCKETMAP_KEY_MAX)
		return OCT_ELIMIT;
	memcpy(out->map, payload, map);
	out->map[map] = '\0';
	memcpy(out->key, space + 1, key);
	out->key[key] = '\0';
	return 1;
}

int
socketmap_parse(
    const char *buf, size_t len, struct socketmap_request *out, size_t *used)
{
	size_t length, head;
	int rc = parse_length(buf, len, &length, &head);

	if (rc != 1)
		return rc;
	if (len - head <= length)
		return 0;
	if (buf[head + length] != ',')
		return OCT_EPARSE;
	rc = split(buf + head, length, out);
	if (rc == 1)
		*used = head + length + 1;
	return rc;
}

void
socketmap_reply(
    enum socketmap_status status, const char *text, struct oct_str *out)
{
	static const char *const words[] = {[SOCKETMAP_OK] = "OK",
	    [SOCKETMAP_NOTFOUND] = "NOTFOUND",
	    [SOCKETMAP_TEMP] = "TEMP",
	    [SOCKETMAP_PERM] = "PERM"};
	const char *word = words[status];

	oct_str_addf(out, "%zu:%s ", strlen(word) + 1 + strlen(text), word);
	oct_str_add(out, text);
	oct_str_addc(out, ',');
}

/* --- The maps ------------------------------------------------------------ */

static enum socketmap_status
reason(enum socketmap_status status, const char *text, struct oct_str *out)
{
	oct_str_clear(out);
	oct_str_add(out, text);
	return status;
}

/* NULL: not hosted, or not any more. */
static const struct dir_domain *
find_domain(const struct dir_snapshot *s, const char *name)
{
	char normal[OCT_DOMAIN_SIZE];
	const struct dir_domain *d;

	if (oct_domain_normalise(name, normal) != 0)
		return NULL;
	d = dir_domain(s, normal);
	return d != NULL && d->state != DIR_CLOSED ? d : NULL;
}

static enum socketmap_status
answer_domain(
    const struct dir_snapshot *s, const char *key, struct oct_str *out)
{
	const struct dir_domain *d = find_domain(s, key);

	if (d == NULL)
		return SOCKETMAP_NOTFOUND;
	oct_str_add(out, d->name);
	return SOCKETMAP_OK;
}

/* Postfix takes an empty OK for an error. */
static enum socketmap_status
answer_value(const char *value, struct oct_str *out)
{
	if (*value == '\0')
		return SOCKETMAP_NOTFOUND;
	oct_str_add(out, value);
	return SOCKETMAP_OK;
}

/* Only what follows the last '@' counts, so that any local part will do.  What
 * comes back to a rewritten sender goes where it was rewritten. */
static enum socketmap_status
answer_transport(const struct dir_snapshot *s,
    const struct socketmap_site *site, const char *key, struct oct_str *out)
{
	const char *at = strrchr(key, '@');
	const char *name = at != NULL ? at + 1 : key;
	const struct dir_domain *d = find_domain(s, name);

	if (d != NULL)
		return answer_value(*d->transport != '\0' ? d->transport
							  : site->transport,
		    out);
	if (*site->srs_domain != '\0' &&
	    strcasecmp(name, site->srs_domain) == 0)
		return answer_value(site->srs_transport, out);
	return SOCKETMAP_NOTFOUND;
}

int
socketmap_srs(const char *listen, char out[SOCKETMAP_SRS_SIZE])
{
	const char *colon = strrchr(listen, ':');
	size_t host = colon != NULL ? (size_t)(colon - listen) : 0;
	bool braced = *listen == '[';
	struct oct_str s;

	if (host == 0 || colon[1] == '\0' ||
	    colon[1 + strspn(colon + 1, "0123456789")] != '\0' ||
	    (!braced && memchr(listen, ':', host) != NULL))
		return OCT_EPARSE;
	oct_str_fixed(&s, out, SOCKETMAP_SRS_SIZE);
	oct_str_add(&s, braced ? "srs:" : "srs:[");
	oct_str_addn(&s, listen, host);
	oct_str_addf(&s, "%s%s", braced ? "" : "]", colon);
	return oct_str_err(&s) == 0 ? 0 : OCT_EPARSE;
}

/* Is it a domain that we send in the name of? */
static bool
is_own(const struct dir_snapshot *s, const struct socketmap_site *site,
    const char *domain)
{
	if (strcasecmp(domain, site->srs_domain) == 0)
		return true;
	for (size_t i = 0; i < OCT_LEN(site->own); i++)
		if (strcasecmp(domain, site->own[i]) == 0)
			return true;
	return find_domain(s, domain) != NULL;
}

/*
 * sender_dependent_default_transport_maps, which counts only for mail that leaves:
 * a stranger's mail that somebody here forwards.  What is delivered here keeps its
 * sender.  Postfix asks for "<>" and for "@domain" too.
 */
static enum socketmap_status
answer_srs(const struct dir_snapshot *s, const struct socketmap_site *site,
    const char *key, struct oct_str *out)
{
	const char *at = strrchr(key, '@');

	if (*site->srs_domain == '\0' || at == NULL || at == key ||
	    at[1] == '\0' || is_own(s, site, at + 1))
		return SOCKETMAP_NOTFOUND;
	return answer_value(site->srs_transport, out);
}

/* false: no address of a domain of ours. */
static bool
parse_key(const struct dir_snapshot *s, const char *key, struct oct_addr *a,
    const struct dir_domain **d)
{
	const char *at = strrchr(key, '@');

	/* Strangers must be cheap: most keys end here. */
	*d = at != NULL ? find_domain(s, at + 1) : NULL;
	return *d != NULL && oct_addr_parse(key, a) == 0 && *a->local != '\0';
}

static enum socketmap_status
answer_mailbox(
    const struct dir_snapshot *s, const char *key, struct oct_str *out)
{
	const struct dir_mailbox *m;
	const struct dir_domain *d;
	struct oct_addr a, base;

	if (!parse_key(s, key, &a, &d))
		return SOCKETMAP_NOTFOUND;
	oct_addr_fold(&a, '+', &base);
	m = dir_mailbox(d, a.local);
	if (m == NULL)
		m = dir_mailbox(d, base.local);
	if (m == NULL || m->state == DIR_CLOSED)
		return SOCKETMAP_NOTFOUND;
	oct_str_addf(out, "%s/%s/", d->name, m->local);
	return SOCKETMAP_OK;
}

/*
 * The finals, as the milter resolves them, and where they are forwarded: one
 * answer, and no target that nobody has, which Postfix would bounce later.
 */
static enum socketmap_status
answer_finals(const struct dir_snapshot *s, const struct dir_finals *finals,
    const struct oct_addr *written, struct oct_str *out)
{
	int rc = expand_finals(s, finals, written, out);

	if (rc == OCT_ELIMIT)
		return reason(SOCKETMAP_TEMP,
		    "forwarded too widely", out);
	if (rc != 0)
		return reason(SOCKETMAP_TEMP, "out of memory", out);
	if (oct_str_err(out) == 0 && out->len > SOCKETMAP_VALUE_MAX)
		return reason(
		    SOCKETMAP_TEMP, "alias expands to over 99000 octets", out);
	return out->len > 0 ? SOCKETMAP_OK : SOCKETMAP_NOTFOUND;
}

static enum socketmap_status
answer_alias(const struct dir_snapshot *s, const char *key, struct oct_str *out)
{
	enum socketmap_status status = SOCKETMAP_NOTFOUND;
	const struct dir_domain *d;
	struct dir_finals finals;
	struct oct_addr a;

	if (!parse_key(s, key, &a, &d))
		return SOCKETMAP_NOTFOUND;
	switch (dir_resolve(s, &a, NULL, &finals)) {
	case DIR_NOT_OURS:
	case DIR_UNKNOWN:
		break;
	case DIR_LOOP:
		return reason(SOCKETMAP_TEMP,
		    "alias loop, or more than 500 targets or 10 levels", out);
	case DIR_FOUND:
		status = answer_finals(s, &finals, &a, out);
		break;
	}
	dir_finals_free(&finals);
	return status;
}

/* Is there somebody of that very name, with or without a sub-address?  What a
 * catch-all takes is nobody's own. */
static bool
is_somebody(const struct dir_domain *d, const struct oct_addr *a)
{
	struct oct_addr base;

	oct_addr_fold(a, '+', &base);
	return dir_mailbox(d, a->local) != NULL ||
	       dir_alias(d, a->local) != NULL ||
	       dir_mailbox(d, base.local) != NULL ||
	       dir_alias(d, base.local) != NULL;
}

/* The mailboxes behind the address, which is what they log in with. */
static void
add_logins(const struct dir_finals *finals, struct oct_str *out)
{
	for (size_t i = 0; i < finals->count; i++) {
		const struct dir_final *f = &finals->finals[i];

		if (f->domain == NULL || expand_is_closed(f))
			continue;
		if (out->len > 0)
			oct_str_addc(out, ',');
		oct_str_add(out, f->address);
	}
}

static enum socketmap_status
answer_login(const struct dir_snapshot *s, const char *key, struct oct_str *out)
{
	const struct dir_domain *d;
	struct dir_finals finals;
	struct oct_addr a, folded;

	if (!parse_key(s, key, &a, &d))
		return SOCKETMAP_NOTFOUND;
	oct_addr_fold(&a, '\0', &folded);
	if (!is_somebody(d, &folded) ||
	    dir_resolve(s, &a, NULL, &finals) != DIR_FOUND)
		return SOCKETMAP_NOTFOUND;
	add_logins(&finals, out);
	dir_finals_free(&finals);
	if (oct_str_err(out) == 0 && out->len > SOCKETMAP_VALUE_MAX)
		return reason(
		    SOCKETMAP_TEMP, "alias expands to over 99000 octets", out);
	return out->len > 0 ? SOCKETMAP_OK : SOCKETMAP_NOTFOUND;
}

enum socketmap_status
socketmap_answer(const struct dir_snapshot *s,
    const struct socketmap_site *site, const struct socketmap_request *request,
    struct oct_str *out)
{
	enum socketmap_status status;
	const char *map = request->map;

	oct_str_clear(out);
	if (strcmp(map, "vdomains") == 0)
		status = answer_domain(s, request->key, out);
	else if (strcmp(map, "vmailbox") == 0)
		status = answer_mailbox(s, request->key, out);
	else if (strcmp(map, "valias") == 0)
		status = answer_alias(s, request->key, out);
	else if (strcmp(map, "slogin") == 0)
		status = answer_login(s, request->key, out);
	else if (strcmp(map, "transport") == 0)
		status = answer_transport(s, site, request->key, out);
	else if (strcmp(map, "srs") == 0)
		status = answer_srs(s, site, request->key, out);
	else
		return reason(SOCKETMAP_PERM, "no such map", out);
	if (oct_str_err(out) != 0)
		return reason(SOCKETMAP_TEMP, "out of memory", out);
	return status;
}
