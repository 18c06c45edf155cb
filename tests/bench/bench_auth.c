/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of authentication from a warm cache, and the questions that a
 * message takes:
 *
 *	bench_auth HOST:PORT FOLDER RUNS
 *
 * bench_auth.py makes the folder and the DNS server, and reads what this
 * prints.  Every result is checked before it is measured.
 */
#include "tests/bench/bench_auth.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/arc.h"
#include "auth/dmarc.h"
#include "auth/results.h"
#include "auth/spf.h"
#include "lib/clock.h"
#include "lib/io.h"
#include "lib/log.h"
#include "lib/num.h"
#include "milter/evaluate.h"

#define ROUNDS 5
#define PATIENCE_MS 20000
#define QUESTIONS 200
#define HOST "mx.receiver.test"

_Noreturn void
bench_fail(const char *what)
{
	(void)fprintf(stderr, "bench_auth: %s\n", what);
	exit(1);
}

char *
bench_read(const struct bench *b, const char *name, size_t *len)
{
	char path[4096], *text;
	struct stat st;
	size_t n = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		bench_fail(path);
	text = malloc((size_t)st.st_size + 1);
	while (text != NULL && n < (size_t)st.st_size) {
		ssize_t got = read(fd, text + n, (size_t)st.st_size - n);

		if (got <= 0)
			bench_fail(path);
		n += (size_t)got;
	}
	(void)close(fd);
	if (text == NULL)
		bench_fail(path);
	text[n] = '\0';
	if (len != NULL)
		*len = n;
	return text;
}

/* --- The clock ----------------------------------------------------------- */

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
bench_row(struct bench *b, const char *what, bench_run *run, const void *arg)
{
	double us[ROUNDS];

	run(b, arg); /* fills the cache */
	for (size_t i = 0; i < ROUNDS; i++) {
		double from = cpu_us();

		for (int k = 0; k < b->runs; k++)
			run(b, arg);
		us[i] = (cpu_us() - from) / b->runs;
	}
	qsort(us, ROUNDS, sizeof(us[0]), by_size);
	(void)printf("row\t%s\t%.2f\n", what, us[ROUNDS / 2]);
}

static struct dns_session *
session(struct dns *dns)
{
	struct dns_session *s;

	if (dns_session_new(dns, oct_clock_mono_ms() + PATIENCE_MS, QUESTIONS,
		&s) != 0)
		bench_fail("no DNS session");
	return s;
}

/* --- SPF ------------------------------------------------------------------- */

static void
spf_input(const struct bench_spf *row, struct auth_spf_input *in)
{
	*in = (struct auth_spf_input){ .helo = row->helo,
		.mail_from = row->from, .receiver = HOST, .now_s = 1700000000 };
	if (oct_ip_parse(row->ip, &in->ip) != 0)
		bench_fail(row->ip);
}

static void
run_spf(struct bench *b, const void *arg)
{
	struct dns_session *s = session(b->dns);
	struct auth_spf_input in;
	struct auth_spf out;

	spf_input(arg, &in);
	auth_spf_check(s, &in, &out);
	if (out.result != AUTH_PASS)
		bench_fail("SPF does not pass");
	dns_session_free(s);
}

static void
run_libspf2(struct bench *b, const void *arg)
{
	struct dns_session *s = session(b->dns);
	struct auth_spf_input in;
	struct auth_spf out;

	spf_input(arg, &in);
	auth_spf_libspf2_check(s, &in, &out);
	if (out.result != AUTH_PASS)
		bench_fail("libspf2 behind its gate does not pass");
	dns_session_free(s);
}

static void
bench_spf(struct bench *b)
{
	char what[128];

	for (size_t i = 0; i < b->spf_count; i++) {
		(void)snprintf(what, sizeof(what), "spf %s/octroi",
		    b->spf[i].name);
		bench_row(b, what, run_spf, &b->spf[i]);
		(void)snprintf(what, sizeof(what), "spf %s/libspf2, gated",
		    b->spf[i].name);
		bench_row(b, what, run_libspf2, &b->spf[i]);
	}
}

/* --- DKIM ------------------------------------------------------------------ */

static void
verify(struct bench *b, const struct bench_mail *mail, struct auth_dkim *out)
{
	struct dns_session *s = session(b->dns);
	struct auth_dkim_verifier *v;
	const char *body;
	size_t len;
	int rc = auth_dkim_verify_new(b->dkim, s, "bench", &v);

	if (rc != 0)
		bench_fail("no DKIM verifier");
	auth_dkim_verify_message(v, mail->msg);
	for (size_t i = 0; rc == 0 && i < oct_msg_field_count(mail->msg); i++) {
		const struct oct_field *f = oct_msg_field(mail->msg, i);

		rc = auth_dkim_verify_field(v, f->name, f->name_len, f->value,
		    f->value_len);
	}
	if (rc == 0)
		rc = auth_dkim_verify_eoh(v);
	if (rc == 0)
		rc = oct_msg_body(mail->msg, &body, &len);
	if (rc == 0)
		rc = auth_dkim_verify_body(v, body, len);
	if (rc == 0)
		rc = auth_dkim_verify_end(v, out);
	if (rc != 0 || out->count != 1 || out->sig[0].result != AUTH_PASS)
		bench_fail("DKIM does not pass");
	auth_dkim_verify_free(v);
	dns_session_free(s);
}

static void
run_verify(struct bench *b, const void *arg)
{
	struct auth_dkim out;

	verify(b, arg, &out);
}

static void
run_sign(struct bench *b, const void *arg)
{
	struct auth_dkim_key key = { .domain = "sender.test", .selector = "s1",
		.pem = arg, .ed25519 = arg == b->ed25519_seed,
		.made_here = true };
	struct oct_str out;

	oct_str_heap(&out, 8192);
	if (auth_dkim_sign(b->dkim, &key, b->plain.text, b->plain.len,
		&out) != 0)
		bench_fail("signing failed");
	oct_str_free(&out);
}

/* --- DMARC, ARC, the field, all ---------------------------------------------- */

struct outcome {
	struct auth_spf spf;
	struct auth_dkim dkim;
	struct auth_dmarc dmarc;
	struct auth_arc arc;
};

static void
run_dmarc(struct bench *b, const void *arg)
{
	const struct outcome *o = arg;
	const char *from = "news.sender.test";
	struct auth_dmarc_input in = { .from_domains = &from, .from_count = 1,
		.spf = &o->spf, .dkim = &o->dkim };
	struct dns_session *s = session(b->dns);
	struct auth_dmarc out;

	auth_dmarc_check(s, &in, &out);
	if (out.result != AUTH_PASS)
		bench_fail("DMARC does not pass");
	dns_session_free(s);
}

static void
check_arc(struct bench *b, struct auth_arc *out)
{
	struct dns_session *s = session(b->dns);

	if (auth_arc_check(s, b->arc.msg, out) != 0 ||
	    out->result != AUTH_PASS)
		bench_fail("ARC does not pass");
	dns_session_free(s);
}

static void
run_arc(struct bench *b, const void *arg)
{
	struct auth_arc out;

	(void)arg;
	check_arc(b, &out);
}

static void
run_results(struct bench *b, const void *arg)
{
	const struct outcome *o = arg;
	struct auth_results_input in = { .authserv_id = HOST,
		.mail_from = "jean@sender.test", .helo = "mx.sender.test",
		.spf = &o->spf, .dkim = &o->dkim, .dmarc = &o->dmarc,
		.arc = &o->arc };
	struct oct_str out;

	(void)b;
	oct_str_heap(&out, 8192);
	if (auth_results_write(&in, &out) != 0)
		bench_fail("the field was not written");
	oct_str_free(&out);
}

static void
feed(struct evaluator *e, struct oct_msg *m)
{
	char name[256], value[8192];
	const char *body;
	size_t len;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		(void)snprintf(name, sizeof(name), "%.*s", (int)f->name_len,
		    f->name);
		(void)snprintf(value, sizeof(value), "%.*s",
		    (int)f->value_len, f->value);
		rc = evaluator_field(e, name, value);
	}
	if (rc == 0)
		rc = evaluator_eoh(e);
	if (rc == 0)
		rc = oct_msg_body(m, &body, &len);
	if (rc == 0)
		rc = evaluator_body(e, body, len);
	if (rc != 0)
		bench_fail("a message was not taken");
}

/* All that the milter finds out about a message, in the order it comes. */
static void
evaluate(struct bench *b, struct dns *dns, const struct bench_mail *mail,
    struct outcome *out)
{
	struct evaluate_env env = { .dns = dns, .dkim = b->dkim,
		.hostname = HOST, .dns_ms = PATIENCE_MS,
		.dns_questions = QUESTIONS };
	struct evaluate_envelope who = { .direction = DIR_INBOUND,
		.helo = "mx.sender.test", .id = "bench" };
	const struct evaluation *ev;
	struct evaluator *e;

	oct_msg_limits_init(&env.limits);
	score_weights_init(&env.weights);
	if (oct_ip_parse("192.0.2.10", &who.client) != 0 ||
	    oct_addr_parse("jean@sender.test", &who.rpath) != 0 ||
	    evaluator_new(&env, &who, &e) != 0)
		bench_fail("no evaluator");
	feed(e, mail->msg);
	if (evaluator_end(e, 1700000000000, &ev) != 0 ||
	    ev->spf.result != AUTH_PASS || ev->dmarc.result != AUTH_PASS)
		bench_fail("a message is not proven");
	if (out != NULL) {
		out->spf = ev->spf;
		out->dkim = ev->dkim;
		out->dmarc = ev->dmarc;
	}
	evaluator_free(e);
}

static void
run_all(struct bench *b, const void *arg)
{
	evaluate(b, b->dns, arg, NULL);
}

static void
bench_rest(struct bench *b)
{
	struct outcome *o = calloc(1, sizeof(*o));

	if (o == NULL)
		bench_fail("out of memory");
	bench_row(b, "dkim verify rsa2048/octroi", run_verify, &b->rsa);
	bench_row(b, "dkim verify ed25519/octroi", run_verify, &b->ed25519);
	bench_row(b, "dkim sign rsa2048/octroi", run_sign, b->rsa_pem);
	bench_row(b, "dkim sign ed25519/octroi", run_sign, b->ed25519_seed);
	evaluate(b, b->dns, &b->rsa, o);
	check_arc(b, &o->arc);
	bench_row(b, "dmarc/octroi", run_dmarc, o);
	bench_row(b, "arc verify, one set/octroi", run_arc, NULL);
	bench_row(b, "write the field/octroi", run_results, o);
	bench_row(b, "all, rsa2048/octroi", run_all, &b->rsa);
	bench_row(b, "all, rsa2048 and arc/octroi", run_all, &b->arc);
	free(o);
}

/* --- Questions --------------------------------------------------------------- */

static struct dns *
resolver(const char *server)
{
	struct dns_conf conf;
	struct dns *dns;

	dns_conf_init(&conf);
	conf.servers = &server;
	conf.server_count = 1;
	if (dns_new(&conf, &dns) != 0)
		bench_fail("no resolver");
	return dns;
}

/* Datagrams that the first message takes, and then the same once more. */
static void
count_questions(struct bench *b, const char *server, const char *what,
    const struct bench_mail *mail)
{
	struct dns *dns = resolver(server);
	struct dns_stats cold, warm;

	evaluate(b, dns, mail, NULL);
	dns_stats(dns, &cold);
	evaluate(b, dns, mail, NULL);
	dns_stats(dns, &warm);
	(void)printf("questions\t%s\t%llu\t%llu\t%llu\n", what,
	    (unsigned long long)cold.asked, (unsigned long long)cold.sent,
	    (unsigned long long)(warm.sent - cold.sent));
	dns_free(dns);
}

/* --- Material ---------------------------------------------------------------- */

static void
load_mail(const struct bench *b, const char *name, struct bench_mail *out)
{
	struct oct_msg_limits limits;
	char path[4096];
	int fd;

	oct_msg_limits_init(&limits);
	out->text = bench_read(b, name, &out->len);
	(void)snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || oct_msg_read(&limits, fd, &out->msg) != 0)
		bench_fail(path);
	(void)close(fd);
}

static void
load_spf(struct bench *b)
{
	char *text = bench_read(b, "spf", NULL), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		struct bench_spf *row = &b->spf[b->spf_count];

		if (b->spf_count++ == BENCH_SPF_MAX ||
		    sscanf(line, "%63[^\t]\t%45s\t%127s\t%255s", row->name,
			row->ip, row->helo, row->from) != 4)
			bench_fail(line);
	}
	free(text);
}

static void
load(struct bench *b)
{
	load_mail(b, "rsa.eml", &b->rsa);
	load_mail(b, "ed25519.eml", &b->ed25519);
	load_mail(b, "arc.eml", &b->arc);
	load_mail(b, "plain.eml", &b->plain);
	b->rsa_pem = bench_read(b, "rsa.pem", NULL);
	b->ed25519_seed = bench_read(b, "ed25519.seed", NULL);
	b->rsa_record = bench_read(b, "rsa.record", NULL);
	b->ed25519_record = bench_read(b, "ed25519.record", NULL);
	load_spf(b);
}

static void
unload(struct bench *b)
{
	struct bench_mail *mail[] = { &b->rsa, &b->ed25519, &b->arc,
		&b->plain };

	for (size_t i = 0; i < OCT_LEN(mail); i++) {
		oct_msg_free(mail[i]->msg);
		free(mail[i]->text);
	}
	free(b->rsa_pem);
	free(b->ed25519_seed);
	free(b->rsa_record);
	free(b->ed25519_record);
}

int
main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof(*b));
	int64_t runs;

	if (b == NULL || argc != 4 ||
	    oct_num_int(argv[3], 1, 1000000, &runs) != 0)
		bench_fail("usage: bench_auth HOST:PORT FOLDER RUNS");
	oct_log_open("bench_auth", OCT_LOG_STDERR, OCT_ERROR);
	b->folder = argv[2];
	b->runs = (int)runs;
	b->dns = resolver(argv[1]);
	if (auth_dkim_lib_new(&b->dkim) != 0)
		bench_fail("no libopendkim");
	load(b);
	bench_spf(b);
	bench_rest(b);
	bench_peers(b);
	count_questions(b, argv[1], "SPF, one DKIM signature, DMARC", &b->rsa);
	count_questions(b, argv[1], "the same and one ARC set", &b->arc);
	unload(b);
	auth_dkim_lib_free(b->dkim);
	dns_free(b->dns);
	free(b);
	return 0;
}
