/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory at its design size: 10,000 domains of one tenant (the worst case
 * for a change of it), 300,000 mailboxes of which every tenth sets options,
 * 20,000 aliases, in a real Redis.  Prints memory, times and look-up rates; fails
 * when the memory or the latency of a change is over the design's target.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "policy/directory.h"
#include "provisioning/socketmap.h"
#include "tests/bench/bench_fill.h"
#include "tests/support/redis.h"

#define MEMORY_MAX_KB (150 * 1024)
#define CHANGE_MAX_MS 1000
#define LOOKUPS 1000000
#define WAIT_MAX_MS 30000

static long
memory_kb(const char *field)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kb = -1;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtol(line + strlen(field), NULL, 10);
	if (f != NULL)
		(void)fclose(f);
	return kb;
}

static void
time_lookups(struct directory *d, const char *map, const char *const *keys,
    size_t count, const char *what)
{
	static const struct socketmap_site site = {
	    "lmtp:x", "srs.example.fr", "srs:x", {"", ""}};
	const struct dir_snapshot *s = directory_get(d);
	struct socketmap_request r = {"", ""};
	struct oct_str out;
	int64_t from_ms = oct_clock_mono_ms(), ms;

	(void)snprintf(r.map, sizeof(r.map), "%s", map);
	oct_str_heap(&out, 300000);
	for (size_t i = 0; i < LOOKUPS; i++) {
		(void)snprintf(r.key, sizeof(r.key), "%s", keys[i % count]);
		(void)socketmap_answer(s, &site, &r, &out);
	}
	ms = oct_clock_mono_ms() - from_ms;
	(void)printf("%-34s %8.0f a second\n", what,
	    (double)LOOKUPS * 1000 / (double)(ms > 0 ? ms : 1));
	oct_str_free(&out);
	directory_put(s);
}

static void
lookups(struct directory *d)
{
	static const char *const mailboxes[] = {
	    "prenom.nom07@commune-00017.example.fr",
	    "Prenom.Nom21+tag@commune-09999.example.fr",
	    "prenom.nom00@commune-05000.example.fr",
	};
	static const char *const aliases[] = {
	    "mairie@commune-00017.example.fr",
	    "contact@commune-07331.example.fr",
	};
	static const char *const strangers[] = {
	    "someone@gmail.com", "info@entreprise-lointaine.example.com"};

	time_lookups(
	    d, "vmailbox", mailboxes, OCT_LEN(mailboxes), "vmailbox, hosted:");
	time_lookups(
	    d, "valias", aliases, OCT_LEN(aliases), "valias, hosted alias:");
	time_lookups(d, "valias", mailboxes, OCT_LEN(mailboxes),
	    "valias, hosted mailbox:");
	time_lookups(d, "transport", strangers, OCT_LEN(strangers),
	    "transport, stranger:");
}

static int64_t
time_change(struct store *store, struct directory *d)
{
	const struct dir_change c = {.domain = "commune-04711.example.fr",
	    .local = "nouveau",
	    .create = true,
	    .json = "{}",
	    .actor = "bench"};
	int64_t from_ms = oct_clock_mono_ms();
	char problem[256];
	bool seen = false;

	if (directory_change(store, &c, problem) != 0) {
		(void)printf("change failed: %s\n", problem);
		return -1;
	}
	while (!seen && oct_clock_mono_ms() - from_ms < WAIT_MAX_MS) {
		const struct dir_snapshot *s = directory_get(d);

		seen = dir_mailbox(dir_domain(s, c.domain), c.local) != NULL;
		directory_put(s);
		(void)usleep(500);
	}
	return oct_clock_mono_ms() - from_ms;
}

/* Until the last of its domains has it. */
static int64_t
time_tenant(struct store *store, struct directory *d)
{
	const struct dir_tenant_change c = {.id = "t1",
	    .create = true,
	    .json = "{\"asks\":5}",
	    .actor = "bench"};
	struct option_values platform, v;
	int64_t from_ms = oct_clock_mono_ms();
	char problem[256];

	options_standard(&platform);
	v = platform;
	if (directory_change_tenant(store, &c, problem) != 0) {
		(void)printf("change failed: %s\n", problem);
		return -1;
	}
	while (v.v[OPTION_ASKS] != 5 &&
	       oct_clock_mono_ms() - from_ms < WAIT_MAX_MS) {
		const struct dir_snapshot *s = directory_get(d);

		dir_options(dir_domain(s, "commune-09999.example.fr"), NULL,
		    &platform, &v);
		directory_put(s);
		(void)usleep(500);
	}
	return oct_clock_mono_ms() - from_ms;
}

static int
measure(struct store *store, const char *copy)
{
	long before_kb = memory_kb("VmRSS:"), used_kb;
	int64_t from_ms = oct_clock_mono_ms(), load_ms, change_ms,
		tenant_ms;
	struct directory *d;

	if (directory_open(store, copy, &d) != 0)
		return -1;
	load_ms = oct_clock_mono_ms() - from_ms;
	used_kb = memory_kb("VmRSS:") - before_kb;
	(void)printf("load from the store:               %8lld ms\n",
	    (long long)load_ms);
	(void)printf("memory, all of the process:        %8.1f MB "
		     "(the directory %.1f, peak %.1f)\n",
	    (double)memory_kb("VmRSS:") / 1024, (double)used_kb / 1024,
	    (double)memory_kb("VmHWM:") / 1024);
	lookups(d);
	if (directory_follow(d) != 0)
		return -1;
	change_ms = time_change(store, d);
	(void)printf("one change visible after:          %8lld ms\n",
	    (long long)change_ms);
	tenant_ms = time_tenant(store, d);
	(void)printf("one of their tenant, after:        %8lld ms\n",
	    (long long)tenant_ms);
	from_ms = oct_clock_mono_ms();
	directory_close(d);
	(void)printf("stop, with a disk copy:            %8lld ms\n",
	    (long long)(oct_clock_mono_ms() - from_ms));
	if (used_kb > MEMORY_MAX_KB || change_ms < 0 ||
	    change_ms > CHANGE_MAX_MS || tenant_ms < 0 ||
	    tenant_ms > CHANGE_MAX_MS)
		return -1;
	return 0;
}

static int
measure_copy(const char *copy)
{
	struct store_conf conf;
	struct store *dead;
	struct directory *d;
	int64_t from_ms;
	int rc;

	store_conf_init(&conf);
	conf.address = "unix:/nonexistent/redis";
	if (store_new(&conf, &dead) != 0)
		return -1;
	from_ms = oct_clock_mono_ms();
	rc = directory_open(dead, copy, &d);
	(void)printf("load from the disk copy:           %8lld ms\n",
	    (long long)(oct_clock_mono_ms() - from_ms));
	if (rc == 0)
		directory_close(d);
	store_free(dead);
	return rc;
}

int
main(void)
{
	struct test_redis redis;
	struct store_conf conf;
	struct store *store;
	char copy[128];
	int rc = test_redis_start(&redis);

	if (rc != 0)
		return rc == TEST_REDIS_SKIP ? rc : 1;
	oct_log_open("bench_directory", OCT_LOG_STDERR, OCT_WARNING);
	(void)snprintf(copy, sizeof(copy), "%s/copy", redis.dir);
	store_conf_init(&conf);
	conf.address = redis.address;
	rc = store_new(&conf, &store);
	if (rc == 0)
		rc = bench_fill(&redis);
	if (rc == 0)
		rc = measure(store, copy);
	if (rc == 0)
		rc = measure_copy(copy);
	store_free(store);
	test_redis_stop(&redis);
	(void)printf("%s\n", rc == 0 ? "PASS" : "FAIL");
	return rc == 0 ? 0 : 1;
}
