/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of scoring one message, by stage: bench_scoring [FILE...]; without a
 * file a made one of 15 KB, text and HTML.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/str.h"
#include "policy/appraise.h"
#include "policy/rules.h"

#define ROUNDS 300

enum { CONTENT, RULES, FEATURES, CLASSIFIER, STAGES };
static const char *const names[STAGES] = { "content", "rules", "features",
	"classifier" };

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
make(struct oct_str *s)
{
	static const char *const words[] = { "conseil", "municipal", "compte",
		"rendu", "dossier", "travaux", "commune", "budget", "voirie",
		"habitants", "association", "demande", "cantine", "facture" };
	unsigned int at = 1;

	oct_str_add(s, "From: Jean Dupont <jean@ami.example>\n"
		       "To: agent@mairie.example\nSubject: Compte rendu\n"
		       "Message-ID: <1@ami.example>\nMIME-Version: 1.0\n"
		       "Content-Type: multipart/alternative; boundary=b\n\n"
		       "--b\nContent-Type: text/plain; charset=utf-8\n\n");
	while (s->len < 6000) {
		at = at * 1103515245u + 12345u;
		oct_str_addf(s, "%s%u ", words[at / 65536 % OCT_LEN(words)],
		    at / 65536 % 97);
		if (at % 11 == 0)
			oct_str_addc(s, '\n');
	}
	oct_str_add(s, "\n--b\nContent-Type: text/html; charset=utf-8\n\n"
		       "<html><body style='color:#333'>");
	while (s->len < 15000) {
		at = at * 1103515245u + 12345u;
		oct_str_addf(s, "<p class=\"c%u\" style='margin:0;color:#222'>"
				"<a href='https://www%u.ami.example/x%u'>%s"
				"</a> %s</p>\n", at % 7, at / 65536 % 5, at,
		    words[at / 65536 % OCT_LEN(words)],
		    words[at / 1024 % OCT_LEN(words)]);
	}
	oct_str_add(s, "</body></html>\n--b--\n");
}

static int
read_made(struct oct_msg **out)
{
	struct oct_msg_limits limits;
	struct oct_str s;
	int fd = memfd_create("message", MFD_CLOEXEC), rc;

	oct_msg_limits_init(&limits);
	oct_str_heap(&s, 1 << 20);
	make(&s);
	rc = fd >= 0 ? oct_io_write(fd, s.buf, s.len) : -errno;
	if (rc == 0 && lseek(fd, 0, SEEK_SET) == -1)
		rc = -errno;
	if (rc == 0)
		rc = oct_msg_read(&limits, fd, out);
	oct_str_free(&s);
	(void)close(fd);
	return rc;
}

static int
read_file(const char *path, struct oct_msg **out)
{
	struct oct_msg_limits limits;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	oct_msg_limits_init(&limits);
	rc = fd >= 0 ? oct_msg_read(&limits, fd, out) : -errno;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* One message through all stages; as appraise() does it. */
static int
judge(struct oct_msg *m, const struct classifier *c, double us[STAGES])
{
	static const struct auth_spf spf = { .result = AUTH_TEMPERROR };
	static const struct auth_dkim dkim = { .count = 0 };
	static const struct auth_dmarc dmarc = { .result = AUTH_TEMPERROR };
	static const struct oct_addr rcpt = { "agent", "mairie.example" };
	static const struct oct_addr from = { "jean", "ami.example" };
	const struct content *content = NULL;
	struct overview *overview = NULL;
	struct score_input in = { .msg = m, .spf = &spf, .dkim = &dkim,
		.dmarc = &dmarc, .rpath = &from, .helo = "mx.ami.example",
		.hostname = "mx.mairie.example", .from_count = 1,
		.from = &from, .from_org = "ami.example",
		.rpath_org = "ami.example", .rcpts = &rcpt, .rcpt_count = 1 };
	struct opinion_input oi = { .msg = m, .rcpts = &rcpt, .rcpt_count = 1,
		.rpath = &from };
	struct classifier_stratum stratum;
	struct features *f = NULL;
	struct opinion o;
	struct score s;
	double t[STAGES + 1];
	int rc;

	t[0] = now_us();
	rc = content_read(m, NULL, &content);
	if (rc != 0)
		return rc;
	t[1] = now_us();
	rc = overview_new(content, &overview);
	in.overview = oi.overview = overview;
	oi.symbols = &s;
	if (rc == 0)
		score_find(&in, &s);
	t[2] = now_us();
	if (rc == 0)
		rc = features_new(&f);
	if (rc == 0)
		rc = opinion_read(&oi, f, &stratum);
	t[3] = now_us();
	if (rc == 0)
		opinion_of(c, f, &stratum, "mairie.example", &o);
	t[4] = now_us();
	features_free(f);
	overview_free(overview);
	content_free(content);
	for (int i = 0; i < STAGES; i++)
		us[i] += t[i + 1] - t[i];
	return rc;
}

static int
bench(struct oct_msg *m, const char *name, const struct classifier *c)
{
	double us[STAGES] = { 0 }, total = 0;
	int rc = judge(m, c, us); /* what is built at the first use */

	memset(us, 0, sizeof(us));
	for (int i = 0; rc == 0 && i < ROUNDS; i++)
		rc = judge(m, c, us);
	if (rc != 0)
		return rc;
	(void)printf("%-24s %7llu octets", name,
	    (unsigned long long)oct_msg_size(m));
	for (int i = 0; i < STAGES; i++) {
		(void)printf("  %s %.0f us", names[i], us[i] / ROUNDS);
		total += us[i] / ROUNDS;
	}
	(void)printf("  total %.0f us\n", total);
	return 0;
}

int
main(int argc, char **argv)
{
	struct classifier *c = NULL;
	struct oct_msg *m = NULL;
	int rc = sodium_init() < 0 ? -EIO : classifier_new(&c);

	if (rc == 0 && argc < 2) {
		rc = read_made(&m);
		if (rc == 0)
			rc = bench(m, "made", c);
		oct_msg_free(m);
	}
	for (int i = 1; rc == 0 && i < argc; i++) {
		m = NULL;
		rc = read_file(argv[i], &m);
		if (rc == 0)
			rc = bench(m, argv[i], c);
		oct_msg_free(m);
	}
	classifier_close(c);
	if (rc != 0)
		(void)fprintf(stderr, "bench_scoring: %s\n", oct_strerror(rc));
	return rc == 0 ? 0 : 1;
}
