/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that make what should be of what is.  Names are freed before they
 * are used anew: aliases that go, then classes of service, domains, accounts,
 * lists, and at last the aliases that come.
 */
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "provisioning/zimbra.h"

#define MEMBERS_MAX 50 /* of one command */

struct differ {
	const struct zimbra *live, *wanted;
	const struct zimbra_options *options;
	zimbra_refuse *refuse;
	void *arg;
	size_t left;
	struct oct_str *out;
};

static void
command(struct differ *d, const char *verb, const char *name)
{
	oct_str_add(d->out, verb);
	oct_str_addc(d->out, ' ');
	zimbra_word(d->out, name);
}

static void
word(struct differ *d, const char *text)
{
	oct_str_addc(d->out, ' ');
	zimbra_word(d->out, text);
}

static void
attribute(struct differ *d, const char *name, const char *value)
{
	oct_str_addf(d->out, " %s", name);
	word(d, value);
}

static void
end(struct differ *d)
{
	oct_str_addc(d->out, '\n');
}

/* What a name is in Zimbra now; NULL: free. */
static const struct zimbra_entry *
holder(const struct zimbra *z, const char *name)
{
	const struct zimbra_entry *e = zimbra_find(z, ZIMBRA_ACCOUNT, name);

	return e != NULL ? e : zimbra_find(z, ZIMBRA_LIST, name);
}

/* --- Names that go ------------------------------------------------------- */

static bool
is_wanted_domain(const struct differ *d, const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL &&
	    zimbra_find(d->wanted, ZIMBRA_DOMAIN, at + 1) != NULL;
}

/* An alias is where it should be, or nothing is said of it. */
static bool
may_stay(struct differ *d, const struct zimbra_entry *owner, const char *alias)
{
	const struct zimbra_entry *who = zimbra_owner(d->wanted, alias);

	if (who != NULL)
		return who->kind == owner->kind &&
		    strcmp(who->name, owner->name) == 0;
	if (zimbra_has(zimbra_dropped_of(d->wanted), alias) ||
	    holder(d->wanted, alias) != NULL)
		return false;
	if (!is_wanted_domain(d, alias))
		return true;
	d->left += !d->options->close_missing;
	return !d->options->close_missing;
}

static void
drop_aliases(struct differ *d, const struct zimbra_entry *owner)
{
	if (owner->system)
		return;
	for (size_t i = 0; i < owner->aliases.count; i++) {
		const char *alias = owner->aliases.items[i];

		if (strcmp(alias, owner->name) == 0 ||
		    may_stay(d, owner, alias))
			continue;
		command(d,
		    owner->kind == ZIMBRA_LIST ? "removeDistributionListAlias"
					       : "removeAccountAlias",
		    owner->name);
		word(d, alias);
		end(d);
	}
}

/* What cannot be: a mailbox where a list is, and so on. */
static bool
is_possible(struct differ *d, const struct zimbra_entry *e)
{
	const struct zimbra_entry *now = holder(d->live, e->name);

	if (now != NULL && now->system) {
		d->refuse(d->arg, e->name, "belongs to Zimbra itself");
		return false;
	}
	if (now == NULL || now->kind == e->kind)
		return true;
	d->refuse(d->arg, e->name,
	    now->kind == ZIMBRA_LIST
		? "is a distribution list in Zimbra, and should be a mailbox: "
		  "rename the list first"
		: "is an account in Zimbra, and should be a group: rename the "
		  "account first, its mail stays with it");
	return false;
}

/* --- Classes of service and domains -------------------------------------- */

static void
make_cos(struct differ *d, const struct zimbra_entry *e)
{
	const struct zimbra_entry *now =
	    zimbra_find(d->live, ZIMBRA_COS, e->name);

	if (now != NULL && strcmp(now->quota, e->quota) == 0)
		return;
	command(d, now == NULL ? "createCos" : "modifyCos", e->name);
	attribute(d, "zimbraMailQuota", e->quota);
	end(d);
}

static void
make_domain(struct differ *d, const struct zimbra_entry *e)
{
	const struct zimbra_entry *now =
	    zimbra_find(d->live, ZIMBRA_DOMAIN, e->name);

	/* Without a status it is active. */
	if (now != NULL &&
	    strcmp(*now->status != '\0' ? now->status : "active",
		e->status) == 0)
		return;
	command(d, now == NULL ? "createDomain" : "modifyDomain", e->name);
	attribute(d, "zimbraDomainStatus", e->status);
	end(d);
}

/* --- Accounts ------------------------------------------------------------ */

static void
create_account(struct differ *d, const struct zimbra_entry *e)
{
	command(d, "createAccount", e->name);
	word(d, ""); /* no password: nobody can log in until one is set */
	if (*e->display != '\0')
		attribute(d, "displayName", e->display);
	attribute(d, "zimbraMailQuota", e->quota);
	attribute(d, "zimbraAccountStatus", e->status);
	if (d->options->forwarding) {
		for (size_t i = 0; i < e->forwards.count; i++)
			attribute(d, "zimbraMailForwardingAddress",
			    e->forwards.items[i]);
		if (*e->off != '\0')
			attribute(d, "zimbraPrefMailLocalDeliveryDisabled",
			    e->off);
	}
	end(d);
}

/* "modifyAccount NAME" before the first of its attributes. */
static void
modify(struct differ *d, const struct zimbra_entry *e, bool *begun,
    const char *name, const char *value)
{
	if (!*begun)
		command(d, "modifyAccount", e->name);
	*begun = true;
	attribute(d, name, value);
}

static void
modify_names(struct differ *d, const struct zimbra_entry *e, bool *begun,
    const struct zimbra_entry *now)
{
	for (size_t i = 0; i < e->forwards.count; i++)
		if (!zimbra_has(&now->forwards, e->forwards.items[i]))
			modify(d, e, begun, "+zimbraMailForwardingAddress",
			    e->forwards.items[i]);
	for (size_t i = 0; i < now->forwards.count; i++)
		if (!zimbra_has(&e->forwards, now->forwards.items[i]))
			modify(d, e, begun, "-zimbraMailForwardingAddress",
			    now->forwards.items[i]);
}

/* "FALSE" and nothing are the same. */
static bool
is_true(const char *text)
{
	return strcmp(text, "TRUE") == 0;
}

/* Somebody may have been locked out by Zimbra, or be away for maintenance: an
 * active mailbox does not undo that. */
static bool
is_status(const struct zimbra_entry *now, const struct zimbra_entry *e)
{
	static const char *const passing[] = { "lockout", "maintenance",
		"pending" };
	bool active = strcmp(e->status, "active") == 0;

	for (size_t i = 0; active && i < OCT_LEN(passing); i++)
		if (strcmp(now->status, passing[i]) == 0)
			return true;
	return strcmp(now->status, e->status) == 0;
}

static void
modify_account(struct differ *d, const struct zimbra_entry *now,
    const struct zimbra_entry *e)
{
	bool begun = false;

	/* Who has no name here may have one there. */
	if (*e->display != '\0' && strcmp(now->display, e->display) != 0)
		modify(d, e, &begun, "displayName", e->display);
	if (strcmp(now->quota, e->quota) != 0)
		modify(d, e, &begun, "zimbraMailQuota", e->quota);
	if (!is_status(now, e))
		modify(d, e, &begun, "zimbraAccountStatus", e->status);
	if (d->options->forwarding) {
		modify_names(d, e, &begun, now);
		if (is_true(now->off) != is_true(e->off))
			modify(d, e, &begun,
			    "zimbraPrefMailLocalDeliveryDisabled",
			    is_true(e->off) ? "TRUE" : "FALSE");
	}
	if (begun)
		end(d);
}

static void
make_account(struct differ *d, const struct zimbra_entry *e)
{
	const struct zimbra_entry *now =
	    zimbra_find(d->live, ZIMBRA_ACCOUNT, e->name);

	if (!is_possible(d, e))
		return;
	if (now == NULL)
		create_account(d, e);
	else
		modify_account(d, now, e);
	if (*e->cos != '\0' && (now == NULL || strcmp(now->cos, e->cos) != 0)) {
		command(d, "setAccountCos", e->name);
		word(d, e->cos);
		end(d);
	}
}

static void
add_aliases(struct differ *d, const struct zimbra_entry *e)
{
	for (size_t i = 0; i < e->aliases.count; i++) {
		const char *alias = e->aliases.items[i];
		const struct zimbra_entry *owner =
		    zimbra_owner(d->live, alias);
		const struct zimbra_entry *now = holder(d->live, alias);

		if (owner != NULL && owner->kind == e->kind &&
		    strcmp(owner->name, e->name) == 0)
			continue;
		if (now != NULL) {
			d->refuse(d->arg, alias,
			    now->kind == ZIMBRA_LIST
				? "is a distribution list in Zimbra, and "
				  "should be an alias: rename the list first"
				: "is an account in Zimbra, and should be an "
				  "alias: rename the account first, its mail "
				  "stays with it");
			continue;
		}
		command(d, "addAccountAlias", e->name);
		word(d, alias);
		end(d);
	}
}

/* --- Lists --------------------------------------------------------------- */

/* Those of a that b has not. */
static void
change_members(struct differ *d, const char *verb, const char *list,
    const struct zimbra_names *a, const struct zimbra_names *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (b != NULL && zimbra_has(b, a->items[i]))
			continue;
		if (n % MEMBERS_MAX == 0) {
			if (n > 0)
				end(d);
			command(d, verb, list);
		}
		word(d, a->items[i]);
		n++;
	}
	if (n > 0)
		end(d);
}

static void
make_list(struct differ *d, const struct zimbra_entry *e)
{
	const struct zimbra_entry *now =
	    zimbra_find(d->live, ZIMBRA_LIST, e->name);

	if (!is_possible(d, e))
		return;
	if (now == NULL) {
		command(d, "createDistributionList", e->name);
		end(d);
	}
	if (now == NULL || strcmp(now->status, e->status) != 0) {
		command(d, "modifyDistributionList", e->name);
		attribute(d, "zimbraMailStatus", e->status);
		end(d);
	}
	change_members(d, "addDistributionListMember", e->name, &e->members,
	    now != NULL ? &now->members : NULL);
	if (now != NULL)
		change_members(d, "removeDistributionListMember", e->name,
		    &now->members, &e->members);
}

/* --- What is left -------------------------------------------------------- */

static void
close_left(struct differ *d, const struct zimbra_entry *e)
{
	bool list = e->kind == ZIMBRA_LIST;
	const char *closed = list ? "disabled" : "closed";

	if ((!list && e->kind != ZIMBRA_ACCOUNT) || e->system || e->resource ||
	    !is_wanted_domain(d, e->name) ||
	    holder(d->wanted, e->name) != NULL ||
	    zimbra_owner(d->wanted, e->name) != NULL)
		return;
	if (!d->options->close_missing) {
		d->left++;
		return;
	}
	if (strcmp(e->status, closed) == 0)
		return;
	command(d, list ? "modifyDistributionList" : "modifyAccount", e->name);
	attribute(d, list ? "zimbraMailStatus" : "zimbraAccountStatus",
	    closed);
	end(d);
}

static void
each(struct differ *d, const struct zimbra *z, int kind,
    void (*make)(struct differ *, const struct zimbra_entry *))
{
	for (size_t i = 0; i < zimbra_count(z); i++)
		if (kind < 0 || (int)zimbra_at(z, i)->kind == kind)
			make(d, zimbra_at(z, i));
}

int
zimbra_diff(const struct zimbra *live, const struct zimbra *wanted,
    const struct zimbra_options *options, zimbra_refuse *refuse, void *arg,
    size_t *left, struct oct_str *out)
{
	struct differ d = { live, wanted, options, refuse, arg, 0, out };

	each(&d, live, -1, drop_aliases);
	each(&d, wanted, ZIMBRA_COS, make_cos);
	each(&d, wanted, ZIMBRA_DOMAIN, make_domain);
	each(&d, wanted, ZIMBRA_ACCOUNT, make_account);
	each(&d, wanted, ZIMBRA_LIST, make_list);
	each(&d, wanted, ZIMBRA_ACCOUNT, add_aliases);
	each(&d, live, -1, close_left);
	*left = d.left;
	return oct_str_err(out);
}
