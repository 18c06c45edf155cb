/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/unchecked.h"

#include "lib/err.h"
#include "lib/log.h"

static bool
too_big(const struct session *s, struct reply *reply)
{
	/* A 5xx to a collector or forwarder would bounce to strangers, and a
	 * 4xx would come back for ever: challenge.md 2 (d). */
	bool refuse = s->app->settings->virus_too_big == 1 &&
	    s->direction != DIR_COLLECTED && s->direction != DIR_FORWARDED;

	oct_log(OCT_WARNING, "%s: virus=unchecked why=size verdict=%s", s->id,
	    refuse ? "refuse" : "accept");
	if (refuse)
		reply_set(reply, REPLY_REJECT, 552, "5.3.4",
		    "Message too big to be searched for malware");
	return refuse;
}

static bool
no_answer(const struct session *s, const struct virus *v, struct reply *reply)
{
	bool defer = s->app->settings->virus_on_failure == 0;

	oct_log(OCT_WARNING, "%s: virus=unchecked why=\"%s\" verdict=%s", s->id,
	    oct_strerror(v->error), defer ? "defer" : "accept");
	if (defer)
		reply_set(reply, REPLY_TEMPFAIL, 451, "4.7.1",
		    "The search for malware failed, try again later");
	return defer;
}

bool
unchecked_refuses(const struct session *s, const struct evaluation *ev,
    struct reply *reply)
{
	const struct virus *v = &ev->virus;

	switch (v->state) {
	case VIRUS_NOT_ASKED:
	case VIRUS_CLEAN:
		break;
	case VIRUS_FOUND:
		oct_log(OCT_NOTICE, "%s: virus=found name=%s", s->id, v->name);
		break;
	case VIRUS_TOO_BIG:
		return too_big(s, reply);
	case VIRUS_UNCHECKED:
		return no_answer(s, v, reply);
	}
	return false;
}
