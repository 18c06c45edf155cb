/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool against a real Redis and a Postfix of several connections that takes
 * its time: many releases a minute, a stuck transaction that delays no other
 * mailbox, order within one, and nothing twice.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "courier/pool.h"
#include "tests/unit/courier_fixture.h"

#define WORKERS 4
#define ANSWER_MS 20
#define CONNECTIONS 16
#define MANY 200
#define MANY_MS 6000 /* 2,000 a minute */

static struct {
	pthread_mutex_t lock;
	pthread_t accepter, talker[CONNECTIONS];
	int listener, fd[CONNECTIONS];
	size_t count;
	bool stuck;            /* "stuck" gets no answer to its final dot */
	char log[MANY + 8][64]; /* what the subject said, in order of dots */
	size_t logged;
} sink;

static void
pause_ms(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&t, NULL);
}

static void
say(int fd, const char *text)
{
	pause_ms(ANSWER_MS);
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static bool
is_stuck(void)
{
	bool stuck;

	(void)pthread_mutex_lock(&sink.lock);
	stuck = sink.stuck;
	(void)pthread_mutex_unlock(&sink.lock);
	return stuck;
}

/* One line of the message: what the test looks at is its Subject. */
static void
see(const char *line, char subject[64])
{
	if (strncmp(line, "Subject: ", 9) == 0)
		(void)snprintf(subject, 64, "%.60s", line + 9);
}

static void
dot(int fd, const char *subject)
{
	while (strcmp(subject, "stuck") == 0 && is_stuck())
		pause_ms(5);
	(void)pthread_mutex_lock(&sink.lock);
	if (sink.logged < OCT_LEN(sink.log))
		(void)snprintf(sink.log[sink.logged++], 64, "%s", subject);
	(void)pthread_mutex_unlock(&sink.lock);
	say(fd, "250 2.0.0 Ok: queued as 1\r\n");
}

/* One command, or one line of a message; false: it is over. */
static bool
hear(int fd, const char *line, bool *data, char subject[64])
{
	if (*data) {
		see(line, subject);
		if (strcmp(line, ".") != 0)
			return true;
		*data = false;
		dot(fd, subject);
		return true;
	}
	if (strncmp(line, "DATA", 4) == 0) {
		*data = true;
		*subject = '\0';
		say(fd, "354 go\r\n");
	} else if (strncmp(line, "QUIT", 4) == 0) {
		say(fd, "221 bye\r\n");
		return false;
	} else {
		say(fd, "250 Ok\r\n");
	}
	return true;
}

static void *
talk(void *arg)
{
	int fd = *(const int *)arg;
	char line[1024], subject[64] = "", c;
	bool data = false, more = true;
	size_t n = 0;

	say(fd, "220 hi\r\n");
	while (more && recv(fd, &c, 1, 0) == 1) {
		if (c != '\n') {
			if (c != '\r' && n < sizeof(line) - 1)
				line[n++] = c;
			continue;
		}
		line[n] = '\0';
		n = 0;
		more = hear(fd, line, &data, subject);
	}
	(void)shutdown(fd, SHUT_RDWR);
	return NULL;
}

static void *
accept_all(void *arg)
{
	(void)arg;
	for (;;) {
		int fd = accept(sink.listener, NULL, NULL);

		if (fd == -1 || sink.count == CONNECTIONS)
			return NULL;
		sink.fd[sink.count] = fd;
		if (pthread_create(&sink.talker[sink.count], NULL, talk,
			&sink.fd[sink.count]) != 0)
			return NULL;
		sink.count++;
	}
}

static void
sink_start(void)
{
	sink.listener = server_listen();
	sink.count = sink.logged = 0;
	sink.stuck = false;
	assert_true(sink.listener >= 0);
	assert_int_equal(listen(sink.listener, CONNECTIONS), 0);
	assert_int_equal(pthread_create(&sink.accepter, NULL, accept_all,
			     NULL),
	    0);
}

static void
sink_stop(void)
{
	(void)shutdown(sink.listener, SHUT_RDWR);
	assert_int_equal(pthread_join(sink.accepter, NULL), 0);
	for (size_t i = 0; i < sink.count; i++) {
		(void)shutdown(sink.fd[i], SHUT_RDWR);
		assert_int_equal(pthread_join(sink.talker[i], NULL), 0);
		(void)close(sink.fd[i]);
	}
	(void)close(sink.listener);
}

static void
set_stuck(bool stuck)
{
	(void)pthread_mutex_lock(&sink.lock);
	sink.stuck = stuck;
	(void)pthread_mutex_unlock(&sink.lock);
}

static size_t
logged(void)
{
	size_t n;

	(void)pthread_mutex_lock(&sink.lock);
	n = sink.logged;
	(void)pthread_mutex_unlock(&sink.lock);
	return n;
}

/* A wanted message for one mailbox. */
static void
wanted_message(int n, const char *local, const char *subject)
{
	struct arrival a = { .n = n, .local = local,
		.reason = FATE_R_TRANSIT, .at_ms = NOW };
	char text[128];

	(void)snprintf(text, sizeof(text), "Subject: %s\r\n\r\nx\r\n",
	    subject);
	hold(&a, text);
}

static enum duty
dispatch(struct pool *p, const char *verb, int n)
{
	struct case_duty d;
	char id[HELD_ID_SIZE], member[OCT_DOMAIN_SIZE + 64];

	case_duty_write(verb, D, id_of(n, id), member);
	assert_int_equal(case_duty_parse(member, &d), 0);
	return pool_dispatch(p, office.courier, &d);
}

static bool
wait_idle(struct pool *p, int64_t ms)
{
	for (int64_t i = 0; i < ms / 5; i++) {
		if (pool_is_idle(p))
			return true;
		pause_ms(5);
	}
	return pool_is_idle(p);
}

static long
number(const char *text)
{
	return strtol(text, NULL, 10);
}

static void
many_releases_a_minute(void **state)
{
	struct pool *p = NULL;
	int64_t start;

	(void)state;
	sink_start();
	for (int n = 0; n < MANY; n++) {
		char local[16], subject[16];

		(void)snprintf(local, sizeof(local), "box%d", n % 23);
		(void)snprintf(subject, sizeof(subject), "%d", n);
		wanted_message(n, local, subject);
	}
	assert_int_equal(pool_new(office.courier, WORKERS, &p), 0);
	start = oct_clock_mono_ms();
	for (int n = 0; n < MANY; n++)
		assert_int_equal(dispatch(p, "release", n), DUTY_LATER);
	assert_true(wait_idle(p, 60000));
	start = oct_clock_mono_ms() - start;
	print_message("  %d in %lld ms: %lld a minute\n", MANY,
	    (long long)start, MANY * 60000LL / (start > 0 ? start : 1));
	assert_true(start < MANY_MS);
	assert_true(pool_is_sound(p));
	pool_free(p);
	assert_int_equal(sink.logged, MANY);
	for (int n = 0; n < MANY; n++) {
		assert_int_equal(state_of(n), HELD_RELEASED);
		/* Done: not due any more. */
		assert_int_equal(due("release", n), INT64_MIN);
	}
	/* In each mailbox in their order. */
	for (size_t i = 0; i < sink.logged; i++)
		for (size_t k = i + 1; k < sink.logged; k++)
			if (number(sink.log[i]) % 23 ==
			    number(sink.log[k]) % 23)
				assert_true(number(sink.log[i]) <
				    number(sink.log[k]));
	sink_stop();
}

/* Two mailboxes that do not share a lane. */
static void
two_lanes(const struct pool *p, char other[16])
{
	struct case_duty d = { .verb = "release", .domain = D };

	for (int n = 0; n < 1000; n++) {
		(void)snprintf(other, 16, "box%d", n);
		if (pool_lane(p, &d, other) != pool_lane(p, &d, "bob"))
			return;
	}
	fail();
}

static void
a_stuck_transaction_delays_its_lane_only(void **state)
{
	struct pool *p = NULL;
	char other[16];

	(void)state;
	sink_start();
	set_stuck(true);
	assert_int_equal(pool_new(office.courier, WORKERS, &p), 0);
	two_lanes(p, other);
	wanted_message(1, "bob", "stuck");
	wanted_message(2, "bob", "behind");
	wanted_message(3, other, "beside");
	assert_int_equal(dispatch(p, "release", 1), DUTY_LATER);
	assert_int_equal(dispatch(p, "release", 2), DUTY_LATER);
	assert_int_equal(dispatch(p, "release", 3), DUTY_LATER);
	for (int i = 0; i < 1000 && logged() == 0; i++)
		pause_ms(5);
	assert_int_equal(logged(), 1);
	assert_string_equal(sink.log[0], "beside");
	/* Its lease runs out, and it is due again: it is here, and waits. */
	oct_clock_set_wall_ms(SETTLED + 61000);
	assert_int_equal(dispatch(p, "release", 1), DUTY_LATER);
	assert_int_equal(dispatch(p, "release", 2), DUTY_LATER);
	assert_int_equal(due("release", 1), SETTLED + 121000);
	assert_int_equal(state_of(1), HELD_RELEASING);
	/* Duties that speak no SMTP are done at once. */
	assert_int_equal(dispatch(p, "purge", 77), DUTY_DONE);
	set_stuck(false);
	assert_true(wait_idle(p, 20000));
	pool_free(p);
	assert_int_equal(sink.logged, 3);
	assert_string_equal(sink.log[1], "stuck");
	assert_string_equal(sink.log[2], "behind");
	for (int n = 1; n <= 3; n++)
		assert_int_equal(state_of(n), HELD_RELEASED);
	/* Moved meanwhile: it comes due once more, and finds it done. */
	assert_int_equal(due("release", 1), SETTLED + 121000);
	assert_int_equal(act("release", 1), DUTY_DONE);
	sink_stop();
}

static void
a_full_lane_leaves_its_duties_in_the_store(void **state)
{
	struct pool *p = NULL;

	(void)state;
	sink_start();
	set_stuck(true);
	assert_int_equal(pool_new(office.courier, 1, &p), 0);
	for (int n = 0; n <= POOL_QUEUE; n++) {
		wanted_message(n, "bob", n == 0 ? "stuck" : "x");
		assert_int_equal(dispatch(p, "release", n), DUTY_LATER);
	}
	assert_int_equal(state_of(POOL_QUEUE - 1), HELD_RELEASING);
	assert_int_equal(state_of(POOL_QUEUE), HELD_TENTATIVE);
	assert_int_equal(due("release", POOL_QUEUE), SETTLED + 1000);
	set_stuck(false);
	/* What waits when we stop is due again after its lease. */
	pool_free(p);
	assert_int_equal(state_of(0), HELD_RELEASED);
	assert_int_equal(state_of(POOL_QUEUE - 1), HELD_RELEASING);
	assert_int_equal(due("release", POOL_QUEUE - 1), SETTLED + 61000);
	sink_stop();
}

static void
challenges_and_notices_have_lanes_of_their_own(void **state)
{
	struct pool *p = NULL;
	struct case_duty d = { .verb = "challenge", .domain = D, .id = CH };

	(void)state;
	sink_start();
	set_stuck(true);
	assert_int_equal(pool_new(office.courier, 1, &p), 0);
	wanted_message(1, "bob", "stuck");
	assert_int_equal(dispatch(p, "release", 1), DUTY_LATER);
	{
		struct arrival a = asked;

		a.n = 2;
		hold(&a, KEPT);
		a = silent;
		a.n = 3;
		hold(&a, KEPT);
	}
	assert_int_equal(pool_dispatch(p, office.courier, &d), DUTY_LATER);
	assert_int_equal(dispatch(p, "expire", 3), DUTY_LATER);
	for (int i = 0; i < 1000 &&
	    (challenge_state(CH) != CHALLENGE_SENT ||
		due("expire", 3) != NOW + 14 * DAY);
	    i++)
		pause_ms(5);
	assert_int_equal(challenge_state(CH), CHALLENGE_SENT);
	assert_int_equal(due("expire", 3), NOW + 14 * DAY);
	for (int i = 0; i < 1000 && due_challenge(CH) != INT64_MIN; i++)
		pause_ms(5);
	assert_int_equal(due_challenge(CH), INT64_MIN);
	set_stuck(false);
	assert_true(wait_idle(p, 20000));
	pool_free(p);
	sink_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(many_releases_a_minute),
		T(a_stuck_transaction_delays_its_lane_only),
		T(a_full_lane_leaves_its_duties_in_the_store),
		T(challenges_and_notices_have_lanes_of_their_own),
	};
	int rc = test_redis_start(&world.redis);

	if (rc == TEST_REDIS_SKIP || sodium_init() < 0)
		return rc;
	oct_log_open("test_courier_pool", OCT_LOG_STDERR, OCT_ERROR);
	(void)pthread_mutex_init(&sink.lock, NULL);
	server_init();
	if (rc == 0)
		rc = cmocka_run_group_tests_name("courier_pool", tests,
		    start_world, end_world);
	server_fini();
	test_redis_stop(&world.redis);
	return rc != 0;
}
