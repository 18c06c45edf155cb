/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may write to a group.  The envelope sender is believed where we know who
 * sent (own); from elsewhere an address of ours proves nothing and is nobody's.
 */
#include <string.h>
#include <strings.h>

#include "policy/directory.h"

static const struct dir_alias *
find_group(const struct dir_domain *d, const struct oct_addr *rcpt)
{
	const struct dir_alias *a;
	struct oct_addr base;

	oct_addr_fold(rcpt, '\0', &base);
	a = dir_alias(d, base.local);
	if (a != NULL)
		return a;
	oct_addr_fold(rcpt, '+', &base);
	return dir_alias(d, base.local);
}

/* Is the address among those of a list like "a@b.fr, c@d.fr"? */
static bool
is_listed(const char *list, const char *address)
{
	size_t len = strlen(address);

	for (const char *p = list; *p != '\0'; p += strspn(p, ", ")) {
		size_t n = strcspn(p, ",");

		if (n == len && strncasecmp(p, address, n) == 0)
			return true;
		p += n;
	}
	return false;
}

static bool
is_member(const struct dir_alias *group, const struct dir_finals *finals,
    const char *address)
{
	for (size_t i = 0; i < group->count; i++)
		if (strcasecmp(group->targets[i], address) == 0)
			return true;
	for (size_t i = 0; i < finals->count; i++)
		if (strcasecmp(finals->finals[i].address, address) == 0)
			return true;
	return false;
}

static bool
is_of_tenant(const struct dir_domain *d, const struct dir_domain *from)
{
	return from == d ||
	       (from != NULL && *d->tenant != '\0' &&
		   strcmp(from->tenant, d->tenant) == 0);
}

bool
dir_may_post(const struct dir_snapshot *s, const struct oct_addr *rcpt,
    const struct dir_finals *finals, const struct oct_addr *sender, bool own)
{
	const struct dir_domain *d = dir_domain(s, rcpt->domain);
	const struct dir_domain *from = dir_domain(s, sender->domain);
	const struct dir_alias *group = d != NULL ? find_group(d, rcpt) : NULL;
	const char *post = group != NULL
	    ? detail_get(group->details, DETAIL_POST)
	    : "";
	char address[OCT_ADDR_SIZE];

	if (*post == '\0' || strcmp(post, "anyone") == 0)
		return true;
	if (sender->local[0] == '\0' || (from != NULL && !own))
		return false;
	oct_addr_text(sender, address);
	if (is_listed(detail_get(group->details, DETAIL_POSTERS), address))
		return true;
	if (strcmp(post, "domain") == 0)
		return from == d;
	if (strcmp(post, "tenant") == 0)
		return is_of_tenant(d, from);
	return strcmp(post, "members") == 0 &&
	       is_member(group, finals, address);
}
