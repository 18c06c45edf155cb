/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/outside.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/str.h"

#define STACK 262144
#define HEADER_MAX (128u << 20)

/* One question in its thread. */
struct ask {
	struct outside *all;
	pthread_t thread;
	bool running;
	int rc;
};

struct outside {
	const struct outside_env *env;
	struct oct_str header; /* with the empty line */
	const char *body;
	size_t body_len;
	char *helo, *rpath, *id;
	char client[OCT_IP_SIZE];
	struct ask clamd, rspamd;
	struct clamd_result found;
	struct rspamd_opinion opinion;
	bool too_big; /* for clamd */
};

void
outside_env_init(const struct settings *s, struct outside_env *out)
{
	memset(out, 0, sizeof(*out));
	out->virus = *s->virus_clamd != '\0' &&
	    smtp_peer_parse(s->virus_clamd, &out->clamd) == 0;
	out->virus_ms = s->virus_timeout;
	out->virus_max = (size_t)s->virus_max;
	out->opinion = *s->rspamd_address != '\0' &&
	    smtp_peer_parse(s->rspamd_address, &out->rspamd) == 0;
	out->opinion_ms = s->rspamd_timeout;
	out->opinion_max = (size_t)s->rspamd_max;
	(void)!settings_hundredths(s->rspamd_factor, &out->factor);
	(void)!settings_hundredths(s->rspamd_cap, &out->cap);
}

/* --- The threads ------------------------------------------------------------ */

static void *
ask_clamd(void *arg)
{
	struct ask *a = arg;
	struct outside *o = a->all;
	const struct clamd_part parts[] = {
		{ oct_str_text(&o->header), o->header.len },
		{ o->body, o->body_len },
	};

	a->rc = clamd_scan(&o->env->clamd, parts, OCT_LEN(parts),
	    oct_clock_mono_ms() + o->env->virus_ms, &o->found);
	return NULL;
}

static void *
ask_rspamd(void *arg)
{
	struct ask *a = arg;
	struct outside *o = a->all;
	const struct rspamd_request r = { .client = o->client,
		.helo = o->helo,
		.rpath = o->rpath,
		.queue_id = o->id,
		.header = oct_str_text(&o->header),
		.header_len = o->header.len,
		.body = o->body,
		.body_len = o->body_len };

	a->rc = rspamd_check(&o->env->rspamd, &r,
	    oct_clock_mono_ms() + o->env->opinion_ms, &o->opinion);
	return NULL;
}

/* Where there is no thread to be had there is no answer. */
static void
run(struct outside *o, struct ask *a, void *(*what)(void *))
{
	pthread_attr_t attr;

	a->all = o;
	a->rc = -EAGAIN;
	if (pthread_attr_init(&attr) != 0)
		return;
	(void)pthread_attr_setstacksize(&attr, STACK);
	a->running = pthread_create(&a->thread, &attr, what, a) == 0;
	(void)pthread_attr_destroy(&attr);
}

static void
join(struct ask *a)
{
	if (a->running)
		(void)pthread_join(a->thread, NULL);
	a->running = false;
}

/* --- Asking -------------------------------------------------------------------- */

static int
build_header(const struct oct_msg *m, struct oct_str *out)
{
	oct_str_heap(out, HEADER_MAX);
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		oct_str_addn(out, f->name, f->name_len);
		oct_str_addc(out, ':');
		oct_str_addn(out, f->value, f->value_len);
		oct_str_add(out, "\r\n");
	}
	oct_str_add(out, "\r\n");
	return oct_str_err(out) == 0 ? 0 : -ENOMEM;
}

static int
fill(struct outside *o, struct oct_msg *msg,
    const struct outside_envelope *from)
{
	/* Mapped here: the threads only read. */
	int rc = oct_msg_body(msg, &o->body, &o->body_len);

	if (rc == 0)
		rc = build_header(msg, &o->header);
	if (from->client->family != AF_UNSPEC)
		oct_ip_text(from->client, o->client);
	o->helo = strdup(from->helo);
	o->rpath = strdup(from->rpath);
	o->id = strdup(from->id);
	if (rc == 0 && (o->helo == NULL || o->rpath == NULL || o->id == NULL))
		rc = -ENOMEM;
	return rc;
}

int
outside_start(const struct outside_env *env, struct oct_msg *msg,
    const struct outside_envelope *from, struct outside **out)
{
	struct outside *o;
	size_t size;
	int rc;

	*out = NULL;
	if (env == NULL || (!env->virus && !(env->opinion && from->scored)) ||
	    oct_msg_over(msg) != NULL)
		return 0;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return -ENOMEM;
	o->env = env;
	rc = fill(o, msg, from);
	if (rc != 0) {
		outside_free(o);
		return rc;
	}
	size = o->header.len + o->body_len;
	o->too_big = size > env->virus_max;
	if (env->virus && !o->too_big)
		run(o, &o->clamd, ask_clamd);
	if (env->opinion && from->scored && size <= env->opinion_max)
		run(o, &o->rspamd, ask_rspamd);
	*out = o;
	return 0;
}

void
outside_virus(struct outside *o, struct virus *out)
{
	*out = (struct virus){ .state = VIRUS_NOT_ASKED };
	if (o == NULL || !o->env->virus)
		return;
	join(&o->clamd);
	if (o->too_big) {
		out->state = VIRUS_TOO_BIG;
		return;
	}
	out->error = o->clamd.rc;
	if (out->error != 0) {
		out->state = VIRUS_UNCHECKED;
		return;
	}
	memcpy(out->name, o->found.name, sizeof(out->name));
	switch (o->found.verdict) {
	case CLAMD_CLEAN:
		out->state = VIRUS_CLEAN;
		break;
	case CLAMD_FOUND:
		out->state = VIRUS_FOUND;
		break;
	case CLAMD_TOO_BIG:
		out->state = VIRUS_TOO_BIG;
		break;
	}
}

int32_t
outside_opinion(struct outside *o)
{
	int64_t weight;

	if (o == NULL || o->rspamd.all == NULL)
		return 0;
	join(&o->rspamd);
	if (o->rspamd.rc != 0) {
		oct_log(OCT_WARNING, "%s: rspamd=none error=\"%s\"", o->id,
		    oct_strerror(o->rspamd.rc));
		return 0;
	}
	weight = (int64_t)o->opinion.score * o->env->factor / 100;
	if (weight > o->env->cap)
		weight = o->env->cap;
	if (weight < -o->env->cap)
		weight = -o->env->cap;
	return (int32_t)weight;
}

void
outside_free(struct outside *o)
{
	if (o == NULL)
		return;
	join(&o->clamd);
	join(&o->rspamd);
	oct_str_free(&o->header);
	free(o->helo);
	free(o->rpath);
	free(o->id);
	free(o);
}

const char *
outside_virus_text(const struct virus *v)
{
	switch (v->state) {
	case VIRUS_NOT_ASKED:
	case VIRUS_CLEAN:
	case VIRUS_FOUND:
		break;
	case VIRUS_TOO_BIG:
		return "not-checked (size)";
	case VIRUS_UNCHECKED:
		return v->error == OCT_ETIME ? "not-checked (time-out)"
		    : v->error == OCT_EDOWN  ? "not-checked (no connection)"
					     : "not-checked (failure)";
	}
	return "";
}
