/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live snapshot.  The lock guards one word, the pointer; all reading,
 * building and writing happens outside it, in the caller of directory_open and
 * then in the follow thread, never both.
 *
 * The witness.  A store that lost its data must not make us deny domains that
 * we know, which would bounce their mail.  The witness is the last entry of the
 * change stream that the snapshot (and its disk copy) includes; it is looked up
 * before everything is read again.  If it is gone, so may be anything: domains
 * that only we know are then kept, and the witness with them, until the store
 * has them all again.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory.h"
#include "policy/directory_private.h"
#include "policy/keys.h"

#define BLOCK_MS 500     /* longest wait for changes; then the disk copy */
#define RETRY_MS 250     /* after a failure */
#define ENTRIES_MAX 1000 /* changes read at once */

struct directory {
	struct store *store;
	char *path; /* NULL: no disk copy */
	pthread_mutex_t lock;
	const struct dir_snapshot *live; /* under the lock */
	int wake;                        /* an eventfd: can be read = stop */
	bool following;
	pthread_t thread;
	/* the follow thread's own */
	char last[OCT_STREAM_ID];    /* how far the stream was read */
	char witness[OCT_STREAM_ID]; /* "" = none */
	bool keeping;                /* domains that the store lost */
	bool stale;        /* something may have been missed: read all again */
	bool dirty;        /* the disk copy is older than the snapshot */
	struct dir_copier *copier; /* NULL: no disk copy, or not following */
};

/* Names of domains and ids of tenants that changed, each once. */
struct changed {
	size_t count, tenant_count;
	char *names[ENTRIES_MAX];
	char *ids[ENTRIES_MAX];
};

const struct dir_snapshot *
directory_get(struct directory *d)
{
	const struct dir_snapshot *s;

	(void)pthread_mutex_lock(&d->lock);
	s = dir_snapshot_get(d->live);
	(void)pthread_mutex_unlock(&d->lock);
	return s;
}

static void
swap(struct directory *d, const struct dir_snapshot *s)
{
	const struct dir_snapshot *old;

	(void)pthread_mutex_lock(&d->lock);
	old = d->live;
	d->live = s;
	(void)pthread_mutex_unlock(&d->lock);
	directory_put(old);
	d->dirty = true;
}

static void
log_snapshot(const char *source, const struct dir_snapshot *s, int64_t from_ms)
{
	size_t mailboxes = 0, aliases = 0;

	for (size_t i = 0; i < dir_domain_count(s); i++) {
		mailboxes += dir_domain_at(s, i)->mailbox_count;
		aliases += dir_domain_at(s, i)->alias_count;
	}
	oct_log(OCT_NOTICE,
	    "directory: source=%s tenants=%zu domains=%zu mailboxes=%zu "
	    "aliases=%zu ms=%lld",
	    source, dir_tenant_count(s), dir_domain_count(s), mailboxes,
	    aliases, (long long)(oct_clock_mono_ms() - from_ms));
	dir_warn_tenants(s, NULL);
}

/* --- The disk copy ------------------------------------------------------- */

static void
write_copy_if_due(struct directory *d)
{
	if (d->copier == NULL || !dir_copier_is_due(d->copier, d->dirty))
		return;
	dir_copier_give(d->copier, directory_get(d), d->witness);
	d->dirty = false;
}

static int
open_copy(
    const char *path, struct dir_snapshot **out, char witness[OCT_STREAM_ID])
{
	int64_t from_ms = oct_clock_mono_ms();
	int rc = path != NULL ? dir_disk_read(path, out, witness) : -ENOENT;

	if (rc == 0)
		log_snapshot("disk", *out, from_ms);
	else if (rc != -ENOENT)
		oct_log(OCT_ERROR,
		    "directory: disk copy refused: path=%s error=\"%s\"", path,
		    oct_strerror(rc));
	return rc;
}

/* --- Reading everything -------------------------------------------------- */

static int
ignore_entry(void *arg OCT_UNUSED, const struct store_entry *e OCT_UNUSED)
{
	return 0;
}

static int
compare_entry(void *arg, const struct store_entry *e)
{
	/* 1 ends the reading, and says "the very one". */
	return strcmp(arg, e->id) == 0 ? 1 : OCT_EABSENT;
}

/* 1: the entry is in the stream; 0: it is not; or an error. */
static int
entry_is_there(struct store *store, const char *id)
{
	char before[OCT_STREAM_ID], wanted[OCT_STREAM_ID];
	unsigned long long ms, seq;
	int rc;

	if (sscanf(id, "%llu-%llu", &ms, &seq) != 2 || (ms == 0 && seq == 0))
		return 1; /* no entry was ever seen: nothing can be missed */
	/* Entries after the one that would stand just before it. */
	if (seq == 0)
		ms--;
	seq--;
	(void)snprintf(before, sizeof(before), "%llu-%llu", ms, seq);
	(void)snprintf(wanted, sizeof(wanted), "%s", id);
	rc = store_stream_read(
	    store, KEY_CHANGES, before, 0, 1, compare_entry, wanted);
	return rc == OCT_EABSENT ? 0 : rc;
}

/* The end of the stream first, then the data: what changes in between is read
 * once more, never missed. */
static int
load_everything(struct directory *d, struct dir_snapshot **out)
{
	char last[OCT_STREAM_ID] = "$";
	int64_t from_ms = oct_clock_mono_ms();
	int rc = store_stream_read(
	    d->store, KEY_CHANGES, last, 0, 1, ignore_entry, NULL);

	if (rc == 0)
		rc = dir_load_all(d->store, out);
	if (rc != 0)
		return rc;
	memcpy(d->last, last, sizeof(last));
	log_snapshot("store", *out, from_ms);
	return 0;
}

static void
advance_witness(struct directory *d)
{
	if (!d->keeping)
		memcpy(d->witness, d->last, sizeof(d->witness));
}

/* *read gives way to its union with what is known.  Without it: an error. */
static int
keep_known(struct directory *d, const struct dir_snapshot *known,
    struct dir_snapshot **read)
{
	struct dir_snapshot *both;
	size_t added;
	int rc = dir_snapshot_union(*read, known, &both, &added);

	if (rc != 0)
		return rc;
	directory_put(*read);
	*read = both;
	d->keeping = added > 0;
	if (d->keeping)
		oct_log(OCT_ERROR,
		    "directory: the store lost data: keeping %zu entries that "
		    "it does not know: restore it or provision them again (or, "
		    "to forget them, restart without the disk copy)",
		    added);
	return 0;
}

static int
refresh(struct directory *d)
{
	struct dir_snapshot *s;
	int there = entry_is_there(d->store, d->witness);
	int rc = there < 0 ? there : load_everything(d, &s);

	if (rc != 0)
		return rc;
	/* Only this thread changes d->live: it may read it without the lock. */
	d->keeping = false;
	if (there == 0)
		rc = keep_known(d, d->live, &s);
	if (rc != 0) {
		directory_put(s);
		return rc;
	}
	swap(d, s);
	advance_witness(d);
	d->stale = false;
	return 0;
}

/* --- Changes ------------------------------------------------------------- */

static const char *
entry_value(const struct store_entry *e, const char *name)
{
	for (size_t i = 0; i + 1 < e->count; i += 2)
		if (strcmp(e->pairs[i], name) == 0)
			return e->pairs[i + 1];
	return NULL;
}

static int
note_name(char **names, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(names[i], name) == 0)
			return 0;
	OCT_ASSERT(*count < ENTRIES_MAX);
	names[*count] = strdup(name);
	if (names[*count] == NULL)
		return -ENOMEM;
	++*count;
	return 0;
}

static int
note_change(void *arg, const struct store_entry *e)
{
	struct changed *c = arg;
	const char *name = entry_value(e, "domain");
	const char *id = entry_value(e, "tenant");
	char normal[OCT_DOMAIN_SIZE];
	int rc = 0;

	if (name != NULL && oct_domain_normalise(name, normal) == 0)
		rc = note_name(c->names, &c->count, normal);
	if (rc == 0 && id != NULL && *id != '\0' && dir_is_id(id))
		rc = note_name(c->ids, &c->tenant_count, id);
	return rc;
}

static void
forget_changes(struct changed *c)
{
	while (c->count > 0)
		free(c->names[--c->count]);
	while (c->tenant_count > 0)
		free(c->ids[--c->tenant_count]);
}

/* e names what is read, and has room for it. */
static int
load_changes(struct directory *d, struct dir_entries *e)
{
	size_t names = e->count, ids = e->tenant_count;
	int rc = dir_load_some(d->store, e->names, names, e->nodes);

	if (rc != 0)
		return rc;
	rc = dir_load_tenants(d->store, e->ids, ids, e->tenants);
	if (rc != 0) {
		e->tenant_count = 0;
		dir_entries_put(e);
	}
	return rc;
}

static int
reload(struct directory *d, const struct changed *c)
{
	struct dir_entries e = {.count = c->count,
	    .tenant_count = c->tenant_count,
	    .names = (const char *const *)c->names,
	    .ids = (const char *const *)c->ids,
	    .nodes = calloc(c->count + 1, sizeof(struct dir_node *)),
	    .tenants = calloc(
		c->tenant_count + 1, sizeof(struct dir_tenant_node *))};
	struct dir_snapshot *s;
	int rc = -ENOMEM;

	if (e.nodes != NULL && e.tenants != NULL)
		rc = load_changes(d, &e);
	if (rc == 0)
		rc = dir_snapshot_with(d->live, &e, &s);
	free(e.nodes);
	free(e.tenants);
	if (rc != 0)
		return rc;
	dir_warn_tenants(s, d->live);
	swap(d, s);
	advance_witness(d);
	oct_log(OCT_DEBUG, "directory: domains_changed=%zu tenants_changed=%zu",
	    c->count, c->tenant_count);
	return 0;
}

/* A store that was emptied under us shows at the next change. */
static int
take_changes(struct directory *d, const struct changed *c)
{
	int there = entry_is_there(d->store, d->witness);

	if (there < 0)
		return there;
	return there == 1 || d->keeping ? reload(d, c) : refresh(d);
}

static int
follow_once(struct directory *d, struct changed *c)
{
	int rc;

	if (d->stale) {
		rc = refresh(d);
		if (rc != 0)
			return rc;
	}
	rc = store_stream_wait(d->store, KEY_CHANGES, d->last, BLOCK_MS,
	    d->wake);
	if (rc == 0 || rc == -ECANCELED)
		return 0;
	if (rc > 0)
		rc = store_stream_read(d->store, KEY_CHANGES, d->last, 0,
		    ENTRIES_MAX, note_change, c);
	if (rc == 0 && c->count + c->tenant_count > 0)
		rc = take_changes(d, c);
	forget_changes(c);
	return rc;
}

/* Waits, but not past a stop; true: stop. */
static bool
wait_or_stop(const struct directory *d, int64_t ms)
{
	struct pollfd p = { .fd = d->wake, .events = POLLIN };

	/* A signal shortens the wait, and nothing comes of that. */
	return poll(&p, 1, (int)ms) == 1;
}

static void *
follow_main(void *arg)
{
	struct directory *d = arg;
	struct changed *c = calloc(1, sizeof(*c));
	int64_t pause_ms = 0;

	while (!wait_or_stop(d, pause_ms)) {
		int rc = c != NULL ? follow_once(d, c) : -ENOMEM;

		if (c == NULL)
			c = calloc(1, sizeof(*c));
		/* The store logs its own changes of state. */
		d->stale |= rc != 0;
		pause_ms = rc != 0 ? RETRY_MS : 0;
		write_copy_if_due(d);
	}
	free(c);
	return NULL;
}

/* --- Life-cycle ---------------------------------------------------------- */

static int
open_from_copy(struct directory *d)
{
	struct dir_snapshot *s = NULL;

	/* Why not was logged, by the store and here. */
	if (open_copy(d->path, &s, d->witness) != 0)
		return OCT_EDOWN;
	d->live = s;
	d->stale = true;
	return 0;
}

/* The store answers; the copy's witness shows whether it lost something. */
static int
open_from_store(struct directory *d)
{
	struct dir_snapshot *s = NULL, *known = NULL;
	int there = 1, rc;

	if (d->path != NULL && dir_disk_witness(d->path, d->witness) == 0)
		there = entry_is_there(d->store, d->witness);
	rc = there < 0 ? there : load_everything(d, &s);
	if (rc == 0 && there == 0 &&
	    open_copy(d->path, &known, d->witness) == 0)
		rc = keep_known(d, known, &s);
	directory_put(known);
	if (rc != 0) {
		directory_put(s);
		return rc;
	}
	d->live = s;
	d->dirty = true;
	advance_witness(d);
	return 0;
}

static int
open_snapshot(struct directory *d)
{
	int rc = open_from_store(d);

	if (rc == 0 || rc == -ENOMEM)
		return rc;
	return open_from_copy(d);
}

static void
directory_free(struct directory *d)
{
	directory_put(d->live);
	(void)close(d->wake);
	(void)pthread_mutex_destroy(&d->lock);
	free(d->path);
	free(d);
}

int
directory_open(struct store *store, const char *path, struct directory **out)
{
	struct directory *d = calloc(1, sizeof(*d));
	int rc = 0;

	if (d == NULL)
		return -ENOMEM;
	d->store = store;
	d->wake = eventfd(0, EFD_CLOEXEC);
	if (d->wake < 0) {
		rc = -errno;
		free(d);
		return rc;
	}
	(void)pthread_mutex_init(&d->lock, NULL);
	if (path != NULL) {
		d->path = strdup(path);
		rc = d->path != NULL ? 0 : -ENOMEM;
	}
	if (rc == 0)
		rc = open_snapshot(d);
	if (rc != 0) {
		directory_free(d);
		return rc;
	}
	*out = d;
	return 0;
}

int
directory_follow(struct directory *d)
{
	int err;

	OCT_ASSERT(!d->following);
	if (d->path != NULL && d->copier == NULL) {
		int rc = dir_copier_new(d->path, &d->copier);

		if (rc != 0)
			return rc;
	}
	err = pthread_create(&d->thread, NULL, follow_main, d);
	d->following = err == 0;
	return -err;
}

void
directory_close(struct directory *d)
{
	if (d == NULL)
		return;
	if (d->following) {
		(void)eventfd_write(d->wake, 1);
		(void)pthread_join(d->thread, NULL);
		if (d->copier != NULL && d->dirty)
			dir_copier_give(
			    d->copier, directory_get(d), d->witness);
	}
	dir_copier_free(d->copier);
	directory_free(d);
}
