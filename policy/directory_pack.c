/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing what was read into one block of exactly its size: a domain with its
 * entries, or a tenant.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/directory_private.h"

/* The rest of the block that is being filled, part by part. */
struct block {
	char *next;
	size_t left;
};

static int
mailbox_order(const void *a, const void *b)
{
	const struct dir_mailbox *x = a, *y = b;

	return strcmp(x->local, y->local);
}

static int
alias_order(const void *a, const void *b)
{
	const struct dir_alias *x = a, *y = b;

	return strcmp(x->local, y->local);
}

static int
legacy_order(const void *a, const void *b)
{
	const struct dir_record *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
dkim_order(const void *a, const void *b)
{
	const struct dir_dkim *x = a, *y = b;

	return strcmp(x->selector, y->selector);
}

static int
sort_entries(struct dir_build *b)
{
	size_t mailboxes = b->domain.mailbox_count;
	size_t aliases = b->domain.alias_count;

	if (mailboxes > 0)
		qsort(b->mailboxes, mailboxes, sizeof(*b->mailboxes),
		    mailbox_order);
	if (aliases > 0)
		qsort(b->aliases, aliases, sizeof(*b->aliases), alias_order);
	if (b->domain.legacy_count > 0)
		qsort(b->legacy, b->domain.legacy_count, sizeof(*b->legacy),
		    legacy_order);
	qsort(b->dkim, b->domain.dkim_count, sizeof(*b->dkim), dkim_order);
	for (size_t i = 1; i < mailboxes; i++)
		if (mailbox_order(&b->mailboxes[i - 1], &b->mailboxes[i]) == 0)
			return -EEXIST;
	for (size_t i = 1; i < aliases; i++)
		if (alias_order(&b->aliases[i - 1], &b->aliases[i]) == 0)
			return -EEXIST;
	for (size_t i = 1; i < b->domain.legacy_count; i++)
		if (legacy_order(&b->legacy[i - 1], &b->legacy[i]) == 0)
			return -EEXIST;
	return 0;
}

static size_t
text_size(const char *text)
{
	return *text == '\0' ? 0 : strlen(text) + 1;
}

static size_t
list_texts(const struct dir_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += text_size(list->items[i]);
	return n;
}

static size_t
list_size(const struct dir_list *list)
{
	return list->count * sizeof(const char *);
}

/* Of a set that sets something; none is kept of the others. */
static size_t
set_size(const struct option_set *set)
{
	if (set == NULL || set->count == 0)
		return 0;
	return sizeof(*set) + set->count * sizeof(struct option_pair);
}

static size_t
details_size(const struct detail_set *set)
{
	if (set == NULL || set->count == 0)
		return 0;
	return sizeof(*set) + set->count * sizeof(struct detail_pair);
}

static size_t
details_texts(const struct detail_set *set)
{
	size_t n = 0;

	for (size_t i = 0; set != NULL && i < set->count; i++)
		n += text_size(set->pairs[i].text);
	return n;
}

static size_t
quotas_size(const struct quota_set *set)
{
	if (set == NULL || set->count == 0)
		return 0;
	return sizeof(*set) + set->count * sizeof(struct quota_rule);
}

static size_t
texts_size(const struct dir_build *b)
{
	const struct dir_domain *d = &b->domain;
	size_t n = text_size(d->name) + text_size(d->tenant) +
		   text_size(d->transport) + text_size(d->catch_all) +
		   text_size(d->unprotected_reason) +
		   text_size(d->limits.sending_reason) +
		   list_texts(&d->statutory) + details_texts(d->details);

	for (size_t i = 0; i < d->mailbox_count; i++)
		n += text_size(b->mailboxes[i].local) +
		     text_size(b->mailboxes[i].name) +
		     text_size(b->mailboxes[i].limits.sending_reason) +
		     text_size(b->mailboxes[i].unprotected_reason) +
		     details_texts(b->mailboxes[i].details);
	for (size_t i = 0; i < d->alias_count; i++) {
		n += text_size(b->aliases[i].local) +
		     details_texts(b->aliases[i].details);
		for (size_t t = 0; t < b->aliases[i].count; t++)
			n += text_size(b->aliases[i].targets[t]);
	}
	for (size_t i = 0; i < d->legacy_count; i++)
		n += text_size(b->legacy[i].name) +
		     details_texts(b->legacy[i].details);
	for (size_t i = 0; i < d->dkim_count; i++)
		n += text_size(b->dkim[i].selector) +
		     text_size(b->dkim[i].sealed);
	return n;
}

static size_t
arrays_size(const struct dir_build *b)
{
	const struct dir_domain *d = &b->domain;
	size_t n = d->mailbox_count * sizeof(struct dir_mailbox) +
		   d->alias_count * sizeof(struct dir_alias) +
		   d->dkim_count * sizeof(struct dir_dkim) +
		   d->legacy_count * sizeof(struct dir_record) +
		   list_size(&d->statutory) + set_size(d->options) +
		   details_size(d->details) + quotas_size(d->limits.quotas);

	for (size_t i = 0; i < d->alias_count; i++)
		n += b->aliases[i].count * sizeof(const char *) +
		     details_size(b->aliases[i].details);
	for (size_t i = 0; i < d->mailbox_count; i++)
		n += set_size(b->mailboxes[i].options) +
		     details_size(b->mailboxes[i].details) +
		     quotas_size(b->mailboxes[i].limits.quotas);
	for (size_t i = 0; i < d->legacy_count; i++)
		n += details_size(b->legacy[i].details);
	return n;
}

static void *
take(struct block *bl, size_t size)
{
	void *out = bl->next;

	OCT_ASSERT(size <= bl->left);
	bl->next += size;
	bl->left -= size;
	return out;
}

static const char *
take_text(struct block *bl, const char *text)
{
	size_t size = text_size(text);

	return size == 0 ? "" : memcpy(take(bl, size), text, size);
}

static const struct option_set *
take_set(struct block *bl, const struct option_set *set)
{
	size_t octets = set_size(set);
	struct option_set *out;
	struct option_pair *pairs;

	if (octets == 0)
		return NULL;
	out = take(bl, octets);
	pairs = (struct option_pair *)(out + 1);
	for (size_t i = 0; i < set->count; i++)
		pairs[i] = set->pairs[i];
	*out = (struct option_set){set->count, pairs};
	return out;
}

static const struct detail_set *
take_details(
    struct block *arrays, struct block *texts, const struct detail_set *set)
{
	size_t octets = details_size(set);
	struct detail_set *out;
	struct detail_pair *pairs;

	if (octets == 0)
		return NULL;
	out = take(arrays, octets);
	pairs = (struct detail_pair *)(out + 1);
	for (size_t i = 0; i < set->count; i++)
		pairs[i] = (struct detail_pair){
		    set->pairs[i].what, take_text(texts, set->pairs[i].text)};
	*out = (struct detail_set){set->count, pairs};
	return out;
}

/* The texts and sets that limits hold, into the blocks. */
static void
take_limits(
    struct block *arrays, struct block *texts, struct dir_limits *limits)
{
	const struct quota_set *set = limits->quotas;
	size_t octets = quotas_size(set);
	struct quota_set *out;
	struct quota_rule *rules;

	limits->sending_reason = take_text(texts, limits->sending_reason);
	limits->quotas = NULL;
	if (octets == 0)
		return;
	out = take(arrays, octets);
	rules = (struct quota_rule *)(out + 1);
	for (size_t i = 0; i < set->count; i++)
		rules[i] = set->rules[i];
	*out = (struct quota_set){set->count, rules};
	limits->quotas = out;
}

static struct dir_list
take_list(
    struct block *arrays, struct block *texts, const struct dir_list *list)
{
	const char **items = take(arrays, list_size(list));

	for (size_t i = 0; i < list->count; i++)
		items[i] = take_text(texts, list->items[i]);
	return (struct dir_list){list->count, items};
}

static struct dir_mailbox *
pack_mailboxes(
    const struct dir_build *b, struct block *arrays, struct block *texts)
{
	size_t count = b->domain.mailbox_count;
	struct dir_mailbox *out = take(arrays, count * sizeof(*out));

	for (size_t i = 0; i < count; i++) {
		out[i] = b->mailboxes[i];
		out[i].local = take_text(texts, out[i].local);
		out[i].name = take_text(texts, out[i].name);
		out[i].unprotected_reason =
		    take_text(texts, out[i].unprotected_reason);
		out[i].options = take_set(arrays, out[i].options);
		out[i].details = take_details(arrays, texts, out[i].details);
		take_limits(arrays, texts, &out[i].limits);
	}
	return out;
}

static struct dir_alias *
pack_aliases(
    const struct dir_build *b, struct block *arrays, struct block *texts)
{
	size_t count = b->domain.alias_count;
	struct dir_alias *out = take(arrays, count * sizeof(*out));

	for (size_t i = 0; i < count; i++) {
		const struct dir_alias *a = &b->aliases[i];
		const char **to = take(arrays, a->count * sizeof(const char *));

		for (size_t t = 0; t < a->count; t++)
			to[t] = take_text(texts, a->targets[t]);
		out[i] = (struct dir_alias){
		    .local = take_text(texts, a->local),
		    .count = a->count,
		    .targets = to,
		    .details = take_details(arrays, texts, a->details),
		};
	}
	return out;
}

static struct dir_record *
pack_legacy(
    const struct dir_build *b, struct block *arrays, struct block *texts)
{
	size_t count = b->domain.legacy_count;
	struct dir_record *out = take(arrays, count * sizeof(*out));

	for (size_t i = 0; i < count; i++)
		out[i] = (struct dir_record){
		    take_text(texts, b->legacy[i].name),
		    take_details(arrays, texts, b->legacy[i].details)};
	return out;
}

static struct dir_dkim *
pack_dkim(
    const struct dir_build *b, struct block *arrays, struct block *texts)
{
	size_t count = b->domain.dkim_count;
	struct dir_dkim *out = take(arrays, count * sizeof(*out));

	for (size_t i = 0; i < count; i++) {
		out[i] = b->dkim[i];
		out[i].selector = take_text(texts, out[i].selector);
		out[i].sealed = take_text(texts, out[i].sealed);
	}
	return out;
}

static void
pack_slots(struct dir_node *n, struct block *slots)
{
	uint32_t boxes = dir_slots(n->pub.mailbox_count);
	uint32_t aliases = dir_slots(n->pub.alias_count);
	uint32_t *of_boxes = take(slots, boxes * sizeof(*of_boxes));
	uint32_t *of_aliases = take(slots, aliases * sizeof(*of_aliases));

	n->mailbox_mask = boxes - 1;
	n->alias_mask = aliases - 1;
	for (uint32_t i = 0; i < n->pub.mailbox_count; i++)
		dir_slot_put(
		    of_boxes, boxes - 1, dir_hash(n->mailboxes[i].local), i);
	for (uint32_t i = 0; i < n->pub.alias_count; i++)
		dir_slot_put(
		    of_aliases, aliases - 1, dir_hash(n->aliases[i].local), i);
	n->mailbox_slots = of_boxes;
	n->alias_slots = of_aliases;
}

static void
pack_domain(const struct dir_domain *d, struct dir_domain *out,
    struct block *arrays, struct block *texts)
{
	*out = *d;
	out->name = take_text(texts, d->name);
	out->tenant = take_text(texts, d->tenant);
	out->transport = take_text(texts, d->transport);
	out->catch_all = take_text(texts, d->catch_all);
	out->unprotected_reason = take_text(texts, d->unprotected_reason);
	out->statutory = take_list(arrays, texts, &d->statutory);
	out->options = take_set(arrays, d->options);
	out->details = take_details(arrays, texts, d->details);
	take_limits(arrays, texts, &out->limits);
}

int
dir_build_node(struct dir_build *b, struct dir_node **out)
{
	size_t arrays, slots, texts;
	struct block array_block, slot_block, text_block;
	struct dir_node *n;
	int rc = sort_entries(b);

	if (rc != 0)
		return rc;
	arrays = arrays_size(b);
	slots = (dir_slots(b->domain.mailbox_count) +
		    dir_slots(b->domain.alias_count)) *
		sizeof(uint32_t);
	texts = texts_size(b);
	/* Pointers and numbers first, then 32-bit slots, then octets: all stay
	 * aligned. */
	n = calloc(1, sizeof(*n) + arrays + slots + texts);
	if (n == NULL)
		return -ENOMEM;
	array_block = (struct block){(char *)(n + 1), arrays};
	slot_block = (struct block){array_block.next + arrays, slots};
	text_block = (struct block){slot_block.next + slots, texts};
	pack_domain(&b->domain, &n->pub, &array_block, &text_block);
	n->mailboxes = pack_mailboxes(b, &array_block, &text_block);
	n->aliases = pack_aliases(b, &array_block, &text_block);
	n->legacy = pack_legacy(b, &array_block, &text_block);
	n->pub.dkim = pack_dkim(b, &array_block, &text_block);
	pack_slots(n, &slot_block);
	n->hash = dir_hash(n->pub.name);
	atomic_init(&n->refs, 1);
	*out = n;
	return 0;
}

int
dir_tenant_node(const struct dir_tenant *t, struct dir_tenant_node **out)
{
	size_t arrays = list_size(&t->statutory) + set_size(t->options) +
			details_size(t->details) + quotas_size(t->limits.quotas);
	size_t texts = text_size(t->id) + text_size(t->name) +
		       text_size(t->contact) + list_texts(&t->statutory) +
		       text_size(t->teleservice) +
		       text_size(t->teleservice_since) +
		       details_texts(t->details) +
		       text_size(t->limits.sending_reason);
	struct dir_tenant_node *n = calloc(1, sizeof(*n) + arrays + texts);
	struct block array_block, text_block;

	if (n == NULL)
		return -ENOMEM;
	array_block = (struct block){(char *)(n + 1), arrays};
	text_block = (struct block){array_block.next + arrays, texts};
	n->pub = *t;
	n->pub.id = take_text(&text_block, t->id);
	n->pub.name = take_text(&text_block, t->name);
	n->pub.contact = take_text(&text_block, t->contact);
	n->pub.teleservice = take_text(&text_block, t->teleservice);
	n->pub.teleservice_since = take_text(&text_block, t->teleservice_since);
	n->pub.statutory = take_list(&array_block, &text_block, &t->statutory);
	n->pub.options = take_set(&array_block, t->options);
	n->pub.details = take_details(&array_block, &text_block, t->details);
	take_limits(&array_block, &text_block, &n->pub.limits);
	atomic_init(&n->refs, 1);
	*out = n;
	return 0;
}
