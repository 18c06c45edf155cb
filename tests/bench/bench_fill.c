/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_fill.h"

#include <stdio.h>

#include "policy/keys.h"

static int
fill_domain(redisContext *c, int i)
{
	char domain[64], key[KEY_SIZE];
	int replies = 3;

	(void)snprintf(domain, sizeof(domain), "commune-%05d.example.fr", i);
	(void)redisAppendCommand(c, "SADD %s %s", KEY_DOMAINS, domain);
	(void)redisAppendCommand(c, "HSET %s v %s", key_domain(key, domain),
	    "{\"challenge\":\"first-contact\",\"tenant\":\"t1\"}");
	(void)key_mailboxes(key, domain);
	for (int m = 0; m < BENCH_MAILBOXES; m++, replies++)
		(void)redisAppendCommand(c, "HSET %s prenom.nom%02d %s", key, m,
		    m % 10 == 0
			? "{\"name\":\"Pr\xc3\xa9nom\",\"storage\":\"5G\","
			  "\"challenge\":\"doubtful\",\"t_hold\":\"9d\"}"
			: "{\"name\":\"Pr\xc3\xa9nom Nom-Compos\xc3\xa9\","
			  "\"storage\":\"5G\",\"lang\":\"fr\"}");
	(void)redisAppendCommand(c, "HSET %s mairie %s contact %s",
	    key_aliases(key, domain),
	    "{\"targets\":[\"a@far.test\",\"b@far.test\"]}",
	    "{\"targets\":[\"b@far.test\"]}");
	for (; replies > 0; replies--) {
		redisReply *r;

		if (redisGetReply(c, (void **)&r) != REDIS_OK)
			return -1;
		freeReplyObject(r);
	}
	return 0;
}

int
bench_fill(const struct test_redis *redis)
{
	redisContext *c = test_redis_connect(redis);
	int rc = c != NULL ? 0 : -1;

	for (int i = 0; rc == 0 && i < BENCH_DOMAINS; i++)
		rc = fill_domain(c, i);
	if (c != NULL)
		redisFree(c);
	return rc;
}
