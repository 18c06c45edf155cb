/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory_private.h"
#include "policy/keys.h"

#define AT_ONCE 64 /* domains in one round trip */
#define READS 5 /* for each: attributes, mailboxes, aliases, keys, legacy */

typedef int read_entry(struct dir_reading *r, const char *local,
    const char *json, size_t len, struct dir_build *b);

static int
read_entries(struct dir_reading *r, const struct store_batch *batch, int slot,
    read_entry *read, struct dir_build *b)
{
	size_t count = store_batch_count(batch, slot);

	for (size_t i = 0; i + 1 < count; i += 2) {
		const struct store_value *local =
		    store_batch_value(batch, slot, i);
		const struct store_value *json =
		    store_batch_value(batch, slot, i + 1);
		int rc = read(r, local->data, json->data, json->len, b);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Slots first..first+4 hold the domain; *out NULL if it has no attributes. */
static int
read_one(struct dir_reading *r, const struct store_batch *batch, int first,
    const char *name, struct dir_node **out)
{
	const struct store_value *v = store_batch_value(batch, first, 0);
	struct dir_build b;
	int rc;

	*out = NULL;
	if (v == NULL || v->data == NULL)
		return 0;
	rc = dir_build_init(&b, name);
	if (rc == 0)
		rc = dir_read_domain(r, v->data, v->len, &b);
	if (rc == 0)
		rc = read_entries(r, batch, first + 1, dir_read_mailbox, &b);
	if (rc == 0)
		rc = read_entries(r, batch, first + 2, dir_read_alias, &b);
	if (rc == 0)
		rc = read_entries(r, batch, first + 3, dir_read_dkim, &b);
	if (rc == 0)
		rc = read_entries(r, batch, first + 4, dir_read_legacy, &b);
	if (rc == 0)
		rc = dir_build_node(&b, out);
	dir_build_fini(&b);
	return rc;
}

static int
ask(struct store_batch *batch, const char *name)
{
	char key[KEY_SIZE];
	int first = store_batch_hget(batch, key_domain(key, name), "v"), rc;

	if (first < 0)
		return first;
	rc = store_batch_hgetall(batch, key_mailboxes(key, name));
	if (rc >= 0)
		rc = store_batch_hgetall(batch, key_aliases(key, name));
	if (rc >= 0)
		rc = store_batch_hgetall(batch, key_dkim(key, name));
	if (rc >= 0)
		rc = store_batch_hgetall(batch, key_legacy(key, name));
	return rc < 0 ? rc : 0;
}

/* What reading needs throughout. */
struct loading {
	struct store *store;
	struct store_batch *batch;
	struct dir_reading reading;
};

static int
load_batch(struct loading *l, const char *const *names, size_t count,
    struct dir_node **nodes)
{
	struct store_batch *batch = l->batch;
	size_t done = 0;
	int rc = 0;

	store_batch_clear(batch);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = ask(batch, names[i]);
	if (rc == 0)
		rc = store_batch_run(l->store, batch);
	while (rc == 0 && done < count) {
		rc = read_one(&l->reading, batch, (int)(done * READS),
		    names[done], &nodes[done]);
		done += rc == 0;
	}
	for (size_t i = 0; rc != 0 && i < done; i++)
		dir_node_put(nodes[i]);
	return rc;
}

int
dir_load_some(struct store *store, const char *const *names, size_t count,
    struct dir_node **nodes)
{
	struct loading l = {.store = store, .reading.lenient = true};
	size_t done = 0;
	int rc = store_batch_new(&l.batch);

	if (rc != 0)
		return rc;
	while (rc == 0 && done < count) {
		size_t n = count - done < AT_ONCE ? count - done : AT_ONCE;

		rc = load_batch(&l, names + done, n, nodes + done);
		if (rc == 0)
			done += n;
	}
	dir_reading_end(&l.reading, "store");
	store_batch_free(l.batch);
	for (size_t i = 0; rc != 0 && i < done; i++)
		dir_node_put(nodes[i]);
	return rc;
}

/* The names out of the set, in a batch that keeps them. */
static int
load_names(struct store *store, struct store_batch *batch, const char ***out,
    size_t *count)
{
	const char **names;
	size_t members, n = 0;
	int rc = store_batch_smembers(batch, KEY_DOMAINS);

	if (rc < 0)
		return rc;
	rc = store_batch_run(store, batch);
	if (rc != 0)
		return rc;
	members = store_batch_count(batch, 0);
	names = calloc(members + 1, sizeof(const char *));
	if (names == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < members; i++) {
		char normal[OCT_DOMAIN_SIZE];
		const char *name = store_batch_value(batch, 0, i)->data;

		if (name != NULL && oct_domain_normalise(name, normal) == 0 &&
		    strcmp(name, normal) == 0)
			names[n++] = name;
		else
			oct_log(OCT_WARNING,
			    "directory: a member of %s is no domain name",
			    KEY_DOMAINS);
	}
	*out = names;
	*count = n;
	return 0;
}

/* Takes over the nodes, also on failure. */
static int
with_tenants(struct store *store, struct dir_node **nodes, size_t count,
    struct dir_snapshot **out)
{
	struct dir_entries e = {.nodes = nodes, .count = count};
	int rc = dir_load_all_tenants(store, &e.tenants, &e.tenant_count);

	if (rc == 0)
		rc = dir_snapshot_new(&e, out);
	else
		while (count > 0)
			dir_node_put(nodes[--count]);
	free(e.tenants);
	return rc;
}

static int
load_named(struct store *store, const char *const *names, size_t count,
    struct dir_snapshot **out)
{
	struct dir_node **nodes = calloc(count + 1, sizeof(struct dir_node *));
	size_t n = 0;
	int rc;

	if (nodes == NULL)
		return -ENOMEM;
	rc = dir_load_some(store, names, count, nodes);
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (nodes[i] != NULL)
			nodes[n++] = nodes[i];
	if (rc == 0)
		rc = with_tenants(store, nodes, n, out);
	free(nodes);
	return rc;
}

int
dir_load_all(struct store *store, struct dir_snapshot **out)
{
	struct store_batch *batch;
	const char **names = NULL;
	size_t count;
	int rc = store_batch_new(&batch);

	if (rc != 0)
		return rc;
	rc = load_names(store, batch, &names, &count);
	if (rc == 0)
		rc = load_named(store, names, count, out);
	free(names);
	store_batch_free(batch);
	return rc;
}
