/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GCRA.  A cost and a burst are spans of time, computed here in 128 bits and
 * handed to the scripts in whole microseconds and count-ths of one, as Lua has
 * but doubles.
 */
#include "lib/store_internal.h"

#include <errno.h>
#include <string.h>

#include "lib/err.h"

#define RATES_MAX 128
#define COUNT_MAX (1LL << 51)
#define SPAN_MAX_US (1LL << 51) /* 71 years; with the date under 2^53 */

__extension__ typedef __int128 wide;

int
store_rate_span(const struct store_rate *r, int64_t amount,
    struct store_span *out)
{
	wide total;

	if (r->count <= 0 || r->period_ms <= 0 || amount < 0)
		return -EINVAL;
	if (r->count > COUNT_MAX || r->period_ms > SPAN_MAX_US / 1000)
		return -ERANGE;
	total = (wide)amount * r->period_ms * 1000;
	if (total / r->count > SPAN_MAX_US)
		return -ERANGE;
	out->us = (int64_t)(total / r->count);
	out->rest = (int64_t)(total % r->count);
	return 0;
}

static int
check_rates(const struct store_rate *rates, size_t n)
{
	if (n > RATES_MAX)
		return OCT_ELIMIT;
	for (size_t i = 0; i < n; i++) {
		if (rates[i].cost > rates[i].burst ||
		    !store_same_tag(rates[0].key, rates[i].key))
			return -EINVAL;
		for (size_t j = 0; j < i; j++)
			if (strcmp(rates[i].key, rates[j].key) == 0)
				return -EINVAL;
	}
	return 0;
}

static int
add_span(struct store_exec *x, const struct store_rate *r, int64_t amount)
{
	struct store_span span;
	int rc = store_rate_span(r, amount, &span);

	if (rc != 0)
		return rc;
	store_exec_int(x, span.us);
	store_exec_int(x, span.rest);
	return 0;
}

static int
build(struct store_exec *x, enum store_script script,
    const struct store_rate *rates, size_t n)
{
	bool burst = script != STORE_RATE_REFUND;
	int rc = check_rates(rates, n);

	if (rc != 0)
		return rc;
	store_exec_script(x, script, n, n * (burst ? 5 : 3));
	for (size_t i = 0; i < n; i++)
		store_exec_arg(x, rates[i].key);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		store_exec_int(x, rates[i].count);
		rc = add_span(x, &rates[i], rates[i].cost);
		if (rc == 0 && burst)
			rc = add_span(x, &rates[i], rates[i].burst);
	}
	store_exec_script_end(x);
	return rc;
}

static bool
is_pair(const redisReply *r)
{
	return r->type == REDIS_REPLY_ARRAY && r->elements == 2 &&
	    r->element[0]->type == REDIS_REPLY_INTEGER &&
	    r->element[1]->type == REDIS_REPLY_INTEGER &&
	    r->element[0]->integer >= 0 && r->element[1]->integer >= 0;
}

static int
take_result(const redisReply *r, size_t n, size_t *over, int64_t *retry_ms)
{
	if (r->type == REDIS_REPLY_INTEGER && r->integer == -1)
		return 1;
	if (!is_pair(r) || (size_t)r->element[0]->integer >= n)
		return OCT_EREPLY;
	*over = (size_t)r->element[0]->integer;
	*retry_ms = (r->element[1]->integer - 1) / 1000 + 1;
	return 0;
}

int
store_rate_take(struct store *s, const struct store_rate *rates, size_t n,
    size_t *over, int64_t *retry_ms)
{
	struct store_exec x;
	int rc;

	if (n == 0)
		return 1;
	store_exec_init(&x);
	rc = build(&x, STORE_RATE_TAKE, rates, n);
	if (rc == 0)
		rc = store_exec_strict(s, &x);
	if (rc == 0)
		rc = take_result(x.reply[0], n, over, retry_ms);
	if (rc == 1)
		store_mark_wrote(s);
	store_exec_fini(&x);
	return rc;
}

/* A script that answers with a number that says nothing. */
static int
change(struct store *s, enum store_script script,
    const struct store_rate *rates, size_t n)
{
	struct store_exec x;
	int rc;

	if (n == 0)
		return 0;
	store_exec_init(&x);
	rc = build(&x, script, rates, n);
	if (rc == 0)
		rc = store_exec_strict(s, &x);
	if (rc == 0 && x.reply[0]->type != REDIS_REPLY_INTEGER)
		rc = OCT_EREPLY;
	store_exec_fini(&x);
	return rc;
}

int
store_rate_refund(struct store *s, const struct store_rate *rates, size_t n)
{
	return change(s, STORE_RATE_REFUND, rates, n);
}

int
store_rate_charge(struct store *s, const struct store_rate *rates, size_t n)
{
	return change(s, STORE_RATE_CHARGE, rates, n);
}

static void
peek_result(const redisReply *r, const struct store_rate *rate,
    int64_t *remaining, int64_t *full_ms)
{
	wide unit = (wide)rate->period_ms * 1000; /* of cost 1, in count-ths */
	wide us = r->element[0]->integer, rest = r->element[1]->integer;
	wide left = (wide)rate->burst * unit - (us * rate->count + rest);

	*remaining = left > 0 ? (int64_t)(left / unit) : 0;
	*full_ms = (int64_t)((us + (rest > 0) + 999) / 1000);
}

int
store_rate_peek(struct store *s, const struct store_rate *rate,
    int64_t *remaining, int64_t *full_ms)
{
	struct store_span span;
	struct store_exec x;
	int rc = store_rate_span(rate, rate->burst, &span);

	if (rc != 0)
		return rc;
	store_exec_init(&x);
	store_exec_script(&x, STORE_RATE_PEEK, 1, 0);
	store_exec_arg(&x, rate->key);
	store_exec_script_end(&x);
	rc = store_exec_strict(s, &x);
	if (rc == 0 && !is_pair(x.reply[0]))
		rc = OCT_EREPLY;
	if (rc == 0)
		peek_result(x.reply[0], rate, remaining, full_ms);
	store_exec_fini(&x);
	return rc;
}
