/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/dns_static.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

#define BUCKETS 64
#define TTL_S 3600

struct row {
	struct row *next; /* in the order of adding */
	enum dns_type type;
	struct oct_ip ip;
	uint16_t preference;
	size_t len;
	char data[]; /* name or text, and a NUL */
};

/* A name that exists: it has rows, or names below it do. */
struct node {
	struct node *next;
	struct dns_name name;
	bool silent;
	struct row *rows;
	struct row **end;
};

struct dns_table {
	struct node *buckets[BUCKETS];
	bool silent;
};

int
dns_table_new(struct dns_table **out)
{
	*out = calloc(1, sizeof(**out));
	return *out == NULL ? -ENOMEM : 0;
}

void
dns_table_silence(struct dns_table *table)
{
	table->silent = true;
}

static void
node_free(struct node *node)
{
	while (node->rows != NULL) {
		struct row *row = node->rows;

		node->rows = row->next;
		free(row);
	}
	free(node);
}

void
dns_table_free(struct dns_table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (table->buckets[i] != NULL) {
			struct node *node = table->buckets[i];

			table->buckets[i] = node->next;
			node_free(node);
		}
	free(table);
}

/* Tables are written by us: no need to fear chosen collisions. */
static size_t
bucket_of(const struct dns_name *name)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < name->len; i++)
		sum = sum * 31 + name->wire[i];
	return sum % BUCKETS;
}

static struct node *
node_find(const struct dns_table *table, const struct dns_name *name)
{
	struct node *node = table->buckets[bucket_of(name)];

	while (node != NULL && !dns_name_equal(&node->name, name))
		node = node->next;
	return node;
}

static struct node *
node_add(struct dns_table *table, const struct dns_name *name)
{
	struct node **bucket = &table->buckets[bucket_of(name)];
	struct node *node = node_find(table, name);

	if (node != NULL)
		return node;
	node = calloc(1, sizeof(*node));
	if (node == NULL)
		return NULL;
	node->name = *name;
	node->end = &node->rows;
	node->next = *bucket;
	*bucket = node;
	return node;
}

/* The name and all above it: those exist too (RFC 8020). */
static struct node *
node_add_all(struct dns_table *table, const struct dns_name *name)
{
	struct dns_name above = *name;

	while (above.len > 1) {
		size_t skip = above.wire[0] + 1u;

		above.len -= skip;
		memmove(above.wire, above.wire + skip, above.len);
		if (node_add(table, &above) == NULL)
			return NULL;
	}
	return node_add(table, name);
}

static struct row *
row_new(const struct dns_key *key, const char *data, size_t len)
{
	struct row *row;

	row = calloc(1, sizeof(*row) + len + 1);
	if (row == NULL)
		return NULL;
	row->type = key->type;
	row->len = len;
	memcpy(row->data, data, len);
	return row;
}

/*
 * A target name as text: lower case, no final dot.  It is not checked further:
 * suites hold records whose targets are no names, to be met by the evaluators.
 */
static int
set_name(struct row *row)
{
	if (memchr(row->data, '\0', row->len) != NULL ||
	    row->len >= OCT_DOMAIN_SIZE)
		return OCT_EPARSE;
	for (char *c = row->data; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	if (row->len > 0 && row->data[row->len - 1] == '.')
		row->data[--row->len] = '\0';
	return 0;
}

static int
set_mx(struct row *row)
{
	char *space = strchr(row->data, ' ');
	int64_t preference;
	size_t skip;

	if (space == NULL)
		return OCT_EPARSE;
	*space = '\0';
	if (oct_num_int(row->data, 0, UINT16_MAX, &preference) != 0)
		return OCT_EPARSE;
	skip = (size_t)(space - row->data) + 1;
	row->preference = (uint16_t)preference;
	row->len -= skip;
	memmove(row->data, space + 1, row->len + 1);
	return set_name(row);
}

static int
set_ip(struct row *row, int family)
{
	if (strlen(row->data) != row->len)
		return OCT_EPARSE;
	if (inet_pton(family, row->data, row->ip.octets) != 1)
		return OCT_EPARSE;
	row->ip.family = family;
	return 0;
}

static int
set_rdata(struct row *row)
{
	switch (row->type) {
	case DNS_A:
		return set_ip(row, AF_INET);
	case DNS_AAAA:
		return set_ip(row, AF_INET6);
	case DNS_MX:
		return set_mx(row);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return set_name(row);
	case DNS_TXT:
	case DNS_SOA:
		return 0;
	}
	return OCT_EPARSE;
}

int
dns_table_add(struct dns_table *table, const struct dns_key *key,
    const char *rdata, size_t len)
{
	struct node *node;
	struct row *row;
	int rc;

	row = row_new(key, rdata, len);
	node = node_add_all(table, &key->name);
	if (row == NULL || node == NULL) {
		free(row);
		return -ENOMEM;
	}
	rc = set_rdata(row);
	if (rc != 0 || node->silent) {
		free(row); /* behind the time-out nothing is heard */
		return rc;
	}
	*node->end = row;
	node->end = &row->next;
	return 0;
}

int
dns_table_timeout(struct dns_table *table, const struct dns_name *name)
{
	struct node *node = node_add_all(table, name);

	if (node == NULL)
		return -ENOMEM;
	node->silent = true;
	return 0;
}

static const struct row *
first_row(const struct node *node, enum dns_type type)
{
	const struct row *row = node->rows;

	while (row != NULL && row->type != type)
		row = row->next;
	return row;
}

static struct dns_result *
empty_result(enum dns_status status)
{
	struct dns_result *r = dns_result_new(status, 0, 0);

	if (r != NULL)
		r->answer.ttl_s = TTL_S;
	return r;
}

static void
fill(struct dns_record *out, const struct row *row, struct dns_result *r)
{
	const char *data = dns_result_text(r, row->data, row->len);

	out->ip = row->ip;
	out->preference = row->preference;
	if (row->type == DNS_TXT) {
		out->text = data;
		out->text_len = row->len;
	} else if (row->type != DNS_A && row->type != DNS_AAAA) {
		out->name = data;
	}
}

static struct dns_result *
rows_result(const struct node *node, enum dns_type type)
{
	size_t count = 0, octets = 0;
	struct dns_result *r;

	for (const struct row *w = node->rows; w != NULL; w = w->next)
		if (w->type == type) {
			count++;
			octets += w->len + 1;
		}
	r = dns_result_new(DNS_OK, count, octets);
	if (r == NULL)
		return NULL;
	r->answer.ttl_s = TTL_S;
	count = 0;
	for (const struct row *w = node->rows; w != NULL; w = w->next)
		if (w->type == type)
			fill(&r->records[count++], w, r);
	return r;
}

struct dns_result *
dns_table_answer(const struct dns_table *table, const struct dns_key *key)
{
	struct dns_name name = key->name;

	for (int hops = 0; hops <= DNS_HOPS_MAX; hops++) {
		const struct node *node = node_find(table, &name);
		const struct row *alias;

		if (node == NULL)
			return table->silent ? NULL
					     : empty_result(DNS_NXDOMAIN);
		if (first_row(node, key->type) != NULL)
			return rows_result(node, key->type);
		alias = first_row(node, DNS_CNAME);
		if (alias == NULL)
			return node->silent ? NULL : empty_result(DNS_NODATA);
		if (dns_name_parse(alias->data, &name) != 0)
			return NULL;
	}
	return NULL;
}
