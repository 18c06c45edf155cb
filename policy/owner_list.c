/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is held of a mailbox, page by page.  Without anything looked for, a page
 * is one range of the index; else all of it is walked in chunks, so that memory
 * does not grow with the mailbox, and only the page itself is read whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/mime_text.h"
#include "policy/keys.h"
#include "policy/owner.h"
#include "policy/owner_fold.h"

#define CHUNK 500
#define FOLDED_MAX 24576
#define SUBJECT_CHARACTERS 500

struct ids {
	size_t count;
	char id[CHUNK][HELD_ID_SIZE];
};

struct search {
	const struct owner *owner;
	enum owner_group group;
	struct owner_words words;
	size_t first, matched; /* of the page; so far */
	struct held_glance glance;
	struct ids chunk;
	size_t page_count;
	char page[OWNER_PAGE][HELD_ID_SIZE];
	struct oct_str folded;
};

enum owner_group
owner_group_of(const char *reason)
{
	static const struct {
		enum fate_reason reason;
		enum owner_group group;
	} rows[] = { { FATE_R_VIRUS, OWNER_VIRUS },
		{ FATE_R_SPAM, OWNER_JUNK }, { FATE_R_SPOOF, OWNER_JUNK },
		{ FATE_R_DMARC, OWNER_JUNK },
		{ FATE_R_AUTOMATIC, OWNER_AUTOMATIC },
		{ FATE_R_UNMATCHED, OWNER_AUTOMATIC } };

	for (size_t i = 0; i < OCT_LEN(rows); i++)
		if (strcmp(fate_reason_name(rows[i].reason), reason) == 0)
			return rows[i].group;
	return OWNER_CONTACT;
}

static int
collect(void *arg, const char *member, OCT_UNUSED int64_t score)
{
	struct ids *ids = arg;

	if (strlen(member) < HELD_ID_SIZE && ids->count < CHUNK)
		memcpy(ids->id[ids->count++], member, strlen(member) + 1);
	return 0;
}

/* Items of these ids into the page, in their order. */
static int
read_items(const struct owner *o, char (*id)[HELD_ID_SIZE], size_t count,
    struct owner_page *out)
{
	const char *ids[OWNER_PAGE] = { NULL };
	bool found[OWNER_PAGE];
	int rc;

	for (size_t i = 0; i < count; i++)
		ids[i] = id[i];
	rc = case_items_read(o->store, o->domain, ids, count, out->item,
	    found);
	if (rc != 0)
		return rc;
	/* What went meanwhile leaves no gap. */
	for (size_t i = 0; i < count; i++) {
		if (!found[i])
			continue;
		if (strcmp(out->item[i].held.local, o->local) != 0)
			case_item_fini(&out->item[i]);
		else
			out->item[out->count++] = out->item[i];
	}
	return 0;
}

/* --- With something looked for ------------------------------------------- */

static void
add_subject(struct search *s, const char *raw)
{
	struct oct_str text;

	if (strstr(raw, "=?") == NULL) {
		owner_fold(&s->folded, raw);
		return;
	}
	oct_str_heap(&text, 8 * SUBJECT_CHARACTERS);
	oct_mime_decode(&text, raw, SUBJECT_CHARACTERS);
	if (oct_str_err(&text) == 0)
		owner_fold(&s->folded, oct_str_text(&text));
	oct_str_free(&text);
}

static bool
is_match(struct search *s, const char *json)
{
	if (held_glance(json, &s->glance) != 0)
		return false;
	if (s->group != OWNER_ALL &&
	    owner_group_of(s->glance.reason) != s->group)
		return false;
	if (s->words.count == 0)
		return true;
	oct_str_clear(&s->folded);
	owner_fold(&s->folded, s->glance.from);
	oct_str_addc(&s->folded, '\n');
	owner_fold(&s->folded, s->glance.rpath);
	oct_str_addc(&s->folded, '\n');
	add_subject(s, s->glance.subject);
	return oct_str_err(&s->folded) == 0 &&
	    owner_words_match(&s->words, oct_str_text(&s->folded));
}

static void
see(struct search *s, const char *id, const char *json)
{
	if (json == NULL || !is_match(s, json))
		return;
	if (s->matched >= s->first && s->page_count < OWNER_PAGE)
		memcpy(s->page[s->page_count++], id, HELD_ID_SIZE);
	s->matched++;
}

static int
look_at_chunk(struct search *s, struct store_batch *b)
{
	char key[KEY_SIZE];
	int rc = 0;

	store_batch_clear(b);
	for (size_t i = 0; rc >= 0 && i < s->chunk.count; i++)
		rc = store_batch_hget(b, key_held(key, s->owner->domain,
		    s->chunk.id[i]), "v");
	if (rc >= 0)
		rc = store_batch_run(s->owner->store, b);
	for (size_t i = 0; rc == 0 && i < s->chunk.count; i++)
		see(s, s->chunk.id[i], store_batch_value(b, (int)i, 0)->data);
	return rc < 0 ? rc : 0;
}

static int
walk(struct search *s, bool *cut)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	size_t total = 1, at;
	int rc = store_batch_new(&b);

	key_held_index(key, s->owner->domain, s->owner->local);
	for (at = 0; rc == 0 && at < total && at < OWNER_SEARCH_MAX;
	    at += CHUNK) {
		s->chunk.count = 0;
		rc = store_zrevpage(s->owner->store, key, at, CHUNK, &total,
		    collect, &s->chunk);
		if (rc == 0)
			rc = look_at_chunk(s, b);
	}
	*cut = at < total;
	store_batch_free(b);
	return rc;
}

static int
list_found(const struct owner *o, const struct owner_search *q,
    struct owner_page *out)
{
	struct search *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->owner = o;
	s->group = q->group;
	s->first = q->page * OWNER_PAGE;
	owner_words_read(q->words != NULL ? q->words : "", &s->words);
	oct_str_heap(&s->folded, FOLDED_MAX);
	rc = walk(s, &out->cut);
	if (rc == 0)
		rc = read_items(o, s->page, s->page_count, out);
	out->total = s->matched;
	oct_str_free(&s->folded);
	free(s);
	return rc;
}

/* --- All ----------------------------------------------------------------- */

static int
list_all(const struct owner *o, size_t page, struct owner_page *out)
{
	struct ids *ids = calloc(1, sizeof(*ids));
	char key[KEY_SIZE];
	int rc;

	if (ids == NULL)
		return -ENOMEM;
	rc = store_zrevpage(o->store,
	    key_held_index(key, o->domain, o->local), page * OWNER_PAGE,
	    OWNER_PAGE, &out->total, collect, ids);
	if (rc == 0)
		rc = read_items(o, ids->id, ids->count, out);
	free(ids);
	return rc;
}

int
owner_list(const struct owner *o, const struct owner_search *q,
    struct owner_page **out)
{
	struct owner_page *p = calloc(1, sizeof(*p));
	bool any = q->group == OWNER_ALL &&
	    (q->words == NULL || *q->words == '\0');
	int rc;

	if (p == NULL)
		return -ENOMEM;
	rc = any ? list_all(o, q->page, p) : list_found(o, q, p);
	if (rc != 0) {
		owner_page_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

int
owner_count(const struct owner *o, size_t *out)
{
	struct ids *ids = calloc(1, sizeof(*ids));
	char key[KEY_SIZE];
	int rc;

	if (ids == NULL)
		return -ENOMEM;
	rc = store_zrevpage(o->store,
	    key_held_index(key, o->domain, o->local), 0, 1, out, collect,
	    ids);
	free(ids);
	return rc;
}

static bool
can_come_back(const struct owner *o, const struct case_item *i)
{
	return i->state == HELD_DROPPED && i->file[0] == '\0' &&
	    o->now_ms < i->undo_ms;
}

int
owner_bin(const struct owner *o, struct owner_page **out)
{
	struct owner_page *p = calloc(1, sizeof(*p));
	struct ids *ids = calloc(1, sizeof(*ids));
	char key[KEY_SIZE];
	size_t all, n = 0;
	int rc = p == NULL || ids == NULL ? -ENOMEM : 0;

	if (rc == 0)
		rc = store_zrevpage(o->store,
		    key_bin(key, o->domain, o->local), 0, OWNER_PAGE, &all,
		    collect, ids);
	if (rc == 0)
		rc = read_items(o, ids->id, ids->count, p);
	free(ids);
	if (rc != 0) {
		owner_page_free(p);
		return rc;
	}
	for (size_t i = 0; i < p->count; i++) {
		if (can_come_back(o, &p->item[i]))
			p->item[n++] = p->item[i];
		else
			case_item_fini(&p->item[i]);
	}
	p->count = p->total = n;
	*out = p;
	return 0;
}

void
owner_page_free(struct owner_page *p)
{
	for (size_t i = 0; p != NULL && i < p->count; i++)
		case_item_fini(&p->item[i]);
	free(p);
}
