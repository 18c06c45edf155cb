/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program octroi-mapd as it runs, with the directory at its design size:
 * how long it takes to start, what memory it takes, how many look-ups a second
 * it answers (question after answer, as Postfix asks, over one connection and
 * over 16), and how soon a change is answered, with look-ups going on meanwhile.
 * Fails where the design's targets are missed.
 *
 *   bench_mapd PATH-OF-OCTROI-MAPD
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/def.h"
#include "lib/log.h"
#include "policy/directory.h"
#include "tests/bench/bench_fill.h"

#define QUESTIONS 200000
#define CLIENTS_MAX 16
#define RATE_MIN 20000.0
#define MEMORY_MAX_KB (150 * 1024)
#define CHANGE_MAX_MS 1000
#define CHANGES 60
#define PAUSE_MS 200 /* between changes: disk copies are written meanwhile */
#define WAIT_MAX_MS 60000

struct world {
	struct test_redis redis;
	struct store *store;
	char conf[128], socket[128];
	pid_t pid;
};

/* --- The program --------------------------------------------------------------- */

static int
write_conf(struct world *w)
{
	FILE *f;

	(void)snprintf(w->conf, sizeof(w->conf), "%s/octroi.conf",
	    w->redis.dir);
	(void)snprintf(w->socket, sizeof(w->socket), "%s/mapd", w->redis.dir);
	f = fopen(w->conf, "w");
	if (f == NULL)
		return -errno;
	(void)fprintf(f,
	    "platform { hostname = \"mx.example.org\" }\n"
	    "challenge { domain = \"filtre.example.org\"\n"
	    "url = \"https://filtre.example.org\" }\n"
	    "redis { address = \"%s\" }\n"
	    "directory { copy = \"%s/copy\" }\n"
	    "srs { domain = \"srs.example.org\" }\n"
	    "mapd { socket = \"unix:%s\" }\n",
	    w->redis.address, w->redis.dir, w->socket);
	return fclose(f) == 0 ? 0 : -errno;
}

static int
start(struct world *w, const char *program)
{
	w->pid = fork();
	if (w->pid == -1)
		return -errno;
	if (w->pid != 0)
		return 0;
	(void)execl(program, program, "-c", w->conf, (char *)NULL);
	_exit(127);
}

static int
stop(struct world *w)
{
	int status = 0;

	if (w->pid <= 0 || kill(w->pid, SIGTERM) != 0 ||
	    waitpid(w->pid, &status, 0) != w->pid)
		return -1;
	w->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static long
memory_kb(pid_t pid, const char *field)
{
	char path[64], line[256];
	long kb = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtol(line + strlen(field), NULL, 10);
	if (f != NULL)
		(void)fclose(f);
	return kb;
}

/* --- Asking ---------------------------------------------------------------------- */

static int
join(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	if (fd != -1 &&
	    connect(fd, (const struct sockaddr *)&un, sizeof(un)) == 0)
		return fd;
	if (fd != -1)
		(void)close(fd);
	return -1;
}

/* false: no whole answer.  found may be NULL. */
static bool
ask(int fd, const char *question, bool *found)
{
	char text[512], answer[1024];
	int len = snprintf(
	    text, sizeof(text), "%zu:%s,", strlen(question), question);
	ssize_t n;

	if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		return false;
	n = recv(fd, answer, sizeof(answer) - 1, 0);
	if (n <= 0 || answer[n - 1] != ',')
		return false;
	answer[n] = '\0';
	if (found != NULL)
		*found = strstr(answer, ":OK ") != NULL;
	return true;
}

/* What one message to a mailbox asks, roughly; each time another one. */
static void
question(unsigned int i, char out[256])
{
	static const struct {
		const char *before, *after;
	} forms[] = {
	    {"vdomains elsewhere-", ".example.com"},
	    {"transport someone@elsewhere-", ".example.com"},
	    {"srs someone@elsewhere-", ".example.com"},
	    {"vdomains commune-", ".example.fr"},
	    {"transport Prenom.Nom21+tag@commune-", ".example.fr"},
	    {"valias prenom.nom07@commune-", ".example.fr"},
	    {"vmailbox prenom.nom07@commune-", ".example.fr"},
	    {"valias mairie@commune-", ".example.fr"},
	    {"slogin prenom.nom11@commune-", ".example.fr"},
	};
	size_t form = i % OCT_LEN(forms);

	/* A step that comes by all domains. */
	(void)snprintf(out, 256, "%s%05u%s", forms[form].before,
	    i * 7919u % BENCH_DOMAINS, forms[form].after);
}

struct client {
	const struct world *world;
	unsigned int first, count;
	atomic_bool *over; /* NULL: count questions */
	bool failed;
};

static void *
run_client(void *arg)
{
	struct client *c = arg;
	int fd = join(c->world->socket);
	char text[256];

	c->failed = fd < 0;
	for (unsigned int i = 0; !c->failed &&
	    (c->over != NULL ? !atomic_load(c->over) : i < c->count); i++) {
		question(c->first + i, text);
		c->failed = !ask(fd, text, NULL);
	}
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static double
measure_rate(const struct world *w, unsigned int clients)
{
	struct client c[CLIENTS_MAX];
	pthread_t thread[CLIENTS_MAX];
	int64_t from_ms = oct_clock_mono_ms(), ms;
	bool failed = false;
	double rate;

	for (unsigned int i = 0; i < clients; i++) {
		c[i] = (struct client){.world = w,
		    .first = i * 1000,
		    .count = QUESTIONS / clients};
		if (pthread_create(&thread[i], NULL, run_client, &c[i]) != 0)
			abort();
	}
	for (unsigned int i = 0; i < clients; i++) {
		(void)pthread_join(thread[i], NULL);
		failed |= c[i].failed;
	}
	ms = oct_clock_mono_ms() - from_ms;
	rate = (double)QUESTIONS * 1000 / (double)(ms > 0 ? ms : 1);
	(void)printf("look-ups, %2u connection%s          %8.0f a second%s\n",
	    clients, clients == 1 ? ": " : "s:", rate,
	    failed ? " (failed)" : "");
	return failed ? 0 : rate;
}

/* --- Changes ---------------------------------------------------------------------- */

/* From the commit to the first answer that has it; -1: never. */
static int64_t
one_change(const struct world *w, int fd, int i)
{
	struct dir_change c = {.create = true, .json = "{}", .actor = "bench"};
	char domain[64], local[32], text[256], problem[256];
	int64_t from_ms;

	(void)snprintf(domain, sizeof(domain), "commune-%05d.example.fr",
	    i * 487 % BENCH_DOMAINS);
	(void)snprintf(local, sizeof(local), "nouveau%d", i);
	c.domain = domain;
	c.local = local;
	if (directory_change(w->store, &c, problem) != 0) {
		(void)printf("change failed: %s\n", problem);
		return -1;
	}
	from_ms = oct_clock_mono_ms();
	(void)snprintf(
	    text, sizeof(text), "vmailbox nouveau%d@%s", i, domain);
	while (oct_clock_mono_ms() - from_ms < WAIT_MAX_MS) {
		bool found;

		if (!ask(fd, text, &found))
			return -1;
		if (found)
			return oct_clock_mono_ms() - from_ms;
		(void)usleep(500);
	}
	return -1;
}

static int64_t
measure_changes(const struct world *w)
{
	atomic_bool over = false;
	struct client busy = {.world = w, .over = &over};
	int64_t worst = 0;
	pthread_t thread;
	int fd = join(w->socket);

	if (fd < 0 || pthread_create(&thread, NULL, run_client, &busy) != 0)
		return -1;
	for (int i = 0; worst >= 0 && i < CHANGES; i++) {
		int64_t ms = one_change(w, fd, i);

		worst = ms < 0 || ms > worst ? ms : worst;
		(void)usleep(PAUSE_MS * 1000);
	}
	atomic_store(&over, true);
	(void)pthread_join(thread, NULL);
	(void)close(fd);
	(void)printf("a change answered after, at worst: %8lld ms (of %d, "
		     "under look-ups)\n",
	    (long long)worst, CHANGES);
	return busy.failed ? -1 : worst;
}

/* --- All of it ---------------------------------------------------------------------- */

static int
wait_answer(const struct world *w, const char *what)
{
	int64_t from_ms = oct_clock_mono_ms();
	int fd;

	while ((fd = join(w->socket)) < 0) {
		if (oct_clock_mono_ms() - from_ms > WAIT_MAX_MS)
			return -1;
		(void)usleep(1000);
	}
	(void)close(fd);
	(void)printf("start, %s %8lld ms\n", what,
	    (long long)(oct_clock_mono_ms() - from_ms));
	return 0;
}

static bool
measure(struct world *w, const char *program)
{
	double one, many;
	int64_t change_ms;
	long kb;

	if (start(w, program) != 0 ||
	    wait_answer(w, "out of the store:          ") != 0)
		return false;
	one = measure_rate(w, 1);
	many = measure_rate(w, CLIENTS_MAX);
	change_ms = measure_changes(w);
	kb = memory_kb(w->pid, "VmRSS:");
	(void)printf("memory of the process:             %8.1f MB "
		     "(peak %.1f)\n",
	    (double)kb / 1024, (double)memory_kb(w->pid, "VmHWM:") / 1024);
	/* The copy is written at the stop; the store is away at the start. */
	if (stop(w) != 0)
		return false;
	test_redis_kill(&w->redis, SIGKILL);
	if (start(w, program) != 0 ||
	    wait_answer(w, "out of the disk copy:      ") != 0 ||
	    stop(w) != 0)
		return false;
	return one >= RATE_MIN && many >= RATE_MIN && change_ms >= 0 &&
	    change_ms <= CHANGE_MAX_MS && kb > 0 && kb <= MEMORY_MAX_KB;
}

int
main(int argc, char **argv)
{
	struct world w = {.pid = 0};
	struct store_conf conf;
	bool good = false;
	int rc;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s OCTROI-MAPD\n", argv[0]);
		return 64;
	}
	oct_log_open("bench_mapd", OCT_LOG_STDERR, OCT_WARNING);
	rc = test_redis_start(&w.redis);
	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	store_conf_init(&conf);
	conf.address = w.redis.address;
	rc = store_new(&conf, &w.store);
	if (rc == 0)
		rc = bench_fill(&w.redis);
	if (rc == 0)
		rc = write_conf(&w);
	if (rc == 0)
		good = measure(&w, argv[1]);
	if (w.pid > 0)
		(void)stop(&w);
	store_free(w.store);
	test_redis_stop(&w.redis);
	(void)printf("%s\n", good ? "PASS" : "FAIL");
	return good ? 0 : 1;
}
