/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why not a library.  libcurl has no ESMTP parameters and sends CR LF inside an
 * address as it is.  libesmtp gives DSN parameters, exact codes and the null
 * path, but its connection lives inside one call (no reuse, no moment before
 * the final dot to stop at), it processes header fields on the way, and it has
 * no unix sockets; what we release must be the very octets that were held.
 */
#include "lib/smtp_out.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/smtp_conn.h"
#include "lib/smtp_reply.h"
#include "lib/str.h"

#define CHUNK 16384
#define CREDENTIAL_MAX 255 /* RFC 4616: octets of each */
#define COMMAND_MAX (4 * SMTP_ARG_MAX)

struct smtp_out {
	struct smtp_peer peer;
	struct smtp_conn conn;
	int64_t connect_ms, command_ms, data_ms;
	char *helo, *user, *password; /* owned; the last two may be NULL */
	const char *stage;            /* where the dialogue stands, for texts */
	unsigned offers;              /* of the open connection */
	char in[CHUNK];
	char out[2 * CHUNK + 4];
};

void
smtp_out_conf_init(struct smtp_out_conf *conf)
{
	*conf = (struct smtp_out_conf){ .connect_ms = 5000,
		.command_ms = 30000, .data_ms = 300000 };
}

static int
copy_text(const char *from, char **to)
{
	if (from == NULL)
		return 0;
	*to = strdup(from);
	return *to != NULL ? 0 : -ENOMEM;
}

static int
check_conf(const struct smtp_out_conf *conf)
{
	if (conf->address == NULL || conf->helo == NULL ||
	    strlen(conf->helo) > 255 || strchr(conf->helo, ' ') != NULL ||
	    smtp_is_utf8(conf->helo) ||
	    smtp_path_check(conf->helo, false) != 0)
		return OCT_ECONF;
	if (conf->connect_ms <= 0 || conf->command_ms <= 0 ||
	    conf->data_ms <= 0)
		return OCT_ECONF;
	if ((conf->user == NULL) != (conf->password == NULL))
		return OCT_ECONF;
	if (conf->user != NULL && (strlen(conf->user) > CREDENTIAL_MAX ||
	    strlen(conf->password) > CREDENTIAL_MAX))
		return OCT_ECONF;
	return 0;
}

int
smtp_out_new(const struct smtp_out_conf *conf, struct smtp_out **out)
{
	struct smtp_out *s;
	int rc = check_conf(conf);

	if (rc != 0)
		return rc;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	smtp_conn_init(&s->conn);
	s->connect_ms = conf->connect_ms;
	s->command_ms = conf->command_ms;
	s->data_ms = conf->data_ms;
	rc = smtp_peer_parse(conf->address, &s->peer);
	if (rc == 0)
		rc = copy_text(conf->helo, &s->helo);
	if (rc == 0)
		rc = copy_text(conf->user, &s->user);
	if (rc == 0)
		rc = copy_text(conf->password, &s->password);
	if (rc == 0)
		*out = s;
	else
		smtp_out_free(s);
	return rc;
}

/* End the connection: no answer counts any more.  Returns rc. */
static int
fail(struct smtp_out *s, int rc, struct smtp_reply *reply)
{
	char text[128];

	smtp_conn_close(&s->conn);
	(void)snprintf(text, sizeof(text), "%s (at %s)", oct_strerror(rc),
	    s->stage);
	reply->code = 0;
	reply->queue_id[0] = '\0';
	smtp_reply_text(reply, text, strlen(text));
	return rc;
}

static int
read_reply(struct smtp_out *s, int64_t limit_ms, struct smtp_reply *reply,
    unsigned *offers)
{
	int64_t deadline = oct_clock_mono_ms() + limit_ms;
	struct smtp_parse parse = { 0 };
	const char *line;
	size_t len;
	int rc;

	do {
		rc = smtp_conn_line(&s->conn, &line, &len, deadline);
		if (rc == 0)
			rc = smtp_reply_line(&parse, line, len, reply);
	} while (rc == 0);
	if (rc > 0 && offers != NULL)
		*offers = parse.offers;
	return rc > 0 ? 0 : rc;
}

/*
 * Read the answer to one command, wanted to begin with the digit first.  After
 * OCT_EDEFER and OCT_EREFUSED the connection may still be open, else not.
 */
static int
expect(struct smtp_out *s, int first, int64_t limit_ms,
    struct smtp_reply *reply)
{
	int rc = read_reply(s, limit_ms, reply,
	    strcmp(s->stage, "EHLO") == 0 ? &s->offers : NULL);

	if (rc != 0)
		return fail(s, rc, reply);
	/* RFC 5321 3.8: the server is closing, whatever was asked. */
	if (reply->code == 421)
		smtp_conn_close(&s->conn);
	if (reply->code / 100 == first)
		return 0;
	if (reply->code / 100 == 4)
		return OCT_EDEFER;
	if (reply->code / 100 == 5)
		return OCT_EREFUSED;
	return fail(s, OCT_EREPLY, reply);
}

static int
send_text(struct smtp_out *s, const char *stage, const struct oct_str *text,
    struct smtp_reply *reply)
{
	int rc = oct_str_err(text);

	s->stage = stage;
	/* An answer before the question would be taken for the next one. */
	if (rc == 0 && !smtp_conn_quiet(&s->conn))
		rc = OCT_EDOWN;
	if (rc == 0)
		rc = smtp_conn_write(&s->conn, text->buf, text->len,
		    oct_clock_mono_ms() + s->command_ms);
	return rc == 0 ? 0 : fail(s, rc, reply);
}

static int
command(struct smtp_out *s, const char *stage, const struct oct_str *text,
    int first, struct smtp_reply *reply)
{
	int rc = send_text(s, stage, text, reply);

	return rc == 0 ? expect(s, first, s->command_ms, reply) : rc;
}

static int
simple_command(struct smtp_out *s, const char *verb, int first,
    struct smtp_reply *reply)
{
	char buf[16];
	struct oct_str text;

	oct_str_fixed(&text, buf, sizeof(buf));
	oct_str_addf(&text, "%s\r\n", verb);
	return command(s, verb, &text, first, reply);
}

static int
hello(struct smtp_out *s, struct smtp_reply *reply)
{
	char buf[300];
	struct oct_str text;

	oct_str_fixed(&text, buf, sizeof(buf));
	oct_str_addf(&text, "EHLO %s\r\n", s->helo);
	return command(s, "EHLO", &text, 2, reply);
}

/* RFC 4954 and 4616: AUTH PLAIN with its initial response. */
static int
authenticate(struct smtp_out *s, struct smtp_reply *reply)
{
	char plain[2 * CREDENTIAL_MAX + 3];
	char base64[sodium_base64_ENCODED_LEN(sizeof(plain),
	    sodium_base64_VARIANT_ORIGINAL)];
	char buf[sizeof(base64) + 16];
	struct oct_str text;
	int len, rc;

	s->stage = "AUTH";
	if ((s->offers & SMTP_AUTH_PLAIN) == 0)
		return fail(s, OCT_EAUTH, reply);
	len = snprintf(plain, sizeof(plain), "%c%s%c%s", 0, s->user, 0,
	    s->password);
	OCT_ASSERT(len > 0 && (size_t)len < sizeof(plain));
	sodium_bin2base64(base64, sizeof(base64), (unsigned char *)plain,
	    (size_t)len, sodium_base64_VARIANT_ORIGINAL);
	oct_str_fixed(&text, buf, sizeof(buf));
	oct_str_addf(&text, "AUTH PLAIN %s\r\n", base64);
	rc = command(s, "AUTH", &text, 2, reply);
	explicit_bzero(plain, sizeof(plain));
	explicit_bzero(base64, sizeof(base64));
	explicit_bzero(buf, sizeof(buf));
	return rc == OCT_EREFUSED ? OCT_EAUTH : rc;
}

/*
 * A server that refuses us as a client says nothing about the message: it is
 * "down" with a code, never OCT_EREFUSED, which would end the message.
 */
static int
open_session(struct smtp_out *s, struct smtp_reply *reply)
{
	int rc;

	s->stage = "connect";
	s->offers = 0;
	rc = smtp_conn_open(&s->conn, &s->peer,
	    oct_clock_mono_ms() + s->connect_ms);
	if (rc != 0)
		return fail(s, rc, reply);
	s->stage = "greeting";
	rc = expect(s, 2, s->command_ms, reply);
	if (rc == 0)
		rc = hello(s, reply);
	if (rc == 0 && s->user != NULL)
		rc = authenticate(s, reply);
	if (rc != 0)
		smtp_conn_close(&s->conn);
	return rc == OCT_EDEFER || rc == OCT_EREFUSED ? OCT_EDOWN : rc;
}

static bool
needs_utf8(const struct smtp_mail *mail)
{
	return smtp_is_utf8(mail->mail_from) || smtp_is_utf8(mail->rcpt_to);
}

static int
mail_command(const struct smtp_out *s, const struct smtp_mail *mail,
    struct oct_str *text)
{
	bool utf8 = needs_utf8(mail) || smtp_is_utf8(mail->rcpt_params);
	size_t path_end;
	int rc;

	oct_str_addf(text, "MAIL FROM:<%s>", mail->mail_from);
	path_end = text->len;
	rc = smtp_params_filter(mail->mail_params, s->offers, text);
	/* An address taken without the parameter cannot go without it. */
	if (utf8 && (s->offers & SMTP_SMTPUTF8) != 0 &&
	    strcasestr(oct_str_text(text) + path_end, " SMTPUTF8") == NULL)
		oct_str_add(text, " SMTPUTF8");
	oct_str_add(text, "\r\n");
	return rc;
}

static int
rcpt_command(const struct smtp_out *s, const struct smtp_mail *mail,
    struct oct_str *text)
{
	int rc;

	oct_str_addf(text, "RCPT TO:<%s>", mail->rcpt_to);
	rc = smtp_params_filter(mail->rcpt_params, s->offers, text);
	oct_str_add(text, "\r\n");
	return rc;
}

/* MAIL and RCPT in one write (RFC 2920); each answer is read in its turn. */
static int
envelope_pipelined(struct smtp_out *s, const struct oct_str *both,
    bool *accepted, struct smtp_reply *reply)
{
	struct smtp_reply other = { 0 };
	int rc = send_text(s, "MAIL", both, reply);

	if (rc == 0)
		rc = expect(s, 2, s->command_ms, reply);
	if (s->conn.fd < 0)
		return rc;
	*accepted = rc == 0;
	s->stage = "RCPT";
	if (rc == 0)
		return expect(s, 2, s->command_ms, reply);
	/* The refusal of MAIL is the answer: RCPT's only follows from it. */
	if (read_reply(s, s->command_ms, &other, NULL) != 0)
		smtp_conn_close(&s->conn);
	return rc;
}

static int
send_envelope(struct smtp_out *s, const struct smtp_mail *mail, bool *accepted,
    struct smtp_reply *reply)
{
	struct oct_str text;
	int rc;

	oct_str_heap(&text, COMMAND_MAX + 128);
	rc = mail_command(s, mail, &text);
	OCT_ASSERT(rc == 0); /* check_mail went before */
	if ((s->offers & SMTP_PIPELINING) != 0) {
		rc = rcpt_command(s, mail, &text);
		OCT_ASSERT(rc == 0);
		rc = envelope_pipelined(s, &text, accepted, reply);
		goto out;
	}
	rc = command(s, "MAIL", &text, 2, reply);
	*accepted = rc == 0;
	if (rc != 0)
		goto out;
	oct_str_clear(&text);
	rc = rcpt_command(s, mail, &text);
	OCT_ASSERT(rc == 0);
	rc = command(s, "RCPT", &text, 2, reply);
out:
	oct_str_free(&text);
	return rc;
}

/* The next piece of the message: octets into s->in, 0 at its end, or -errno. */
static ssize_t
read_piece(struct smtp_out *s, const struct smtp_mail *mail, size_t at)
{
	size_t left;
	ssize_t n;

	if (mail->fd >= 0) {
		do
			n = pread(mail->fd, s->in, sizeof(s->in), (off_t)at);
		while (n < 0 && errno == EINTR);
		return n < 0 ? -errno : n;
	}
	left = mail->len - at;
	if (left > sizeof(s->in))
		left = sizeof(s->in);
	if (left > 0)
		memcpy(s->in, mail->octets + at, left);
	return (ssize_t)left;
}

static int
send_body(struct smtp_out *s, const struct smtp_mail *mail,
    struct smtp_reply *reply)
{
	int64_t deadline = oct_clock_mono_ms() + s->data_ms;
	struct smtp_dot dot = { 0 };
	size_t at = 0, len;
	ssize_t got;
	int rc;

	s->stage = "message";
	do {
		got = read_piece(s, mail, at);
		if (got < 0)
			return fail(s, (int)got, reply);
		at += (size_t)got;
		len = got > 0 ?
		    smtp_dot_feed(&dot, s->in, (size_t)got, s->out) :
		    smtp_dot_end(&dot, s->out);
		/* A peer that reads slowly is held to the deadline as well. */
		rc = oct_clock_mono_ms() >= deadline ? OCT_ETIME :
		    smtp_conn_write(&s->conn, s->out, len, deadline);
		if (rc != 0)
			return fail(s, rc, reply);
	} while (got > 0);
	return 0;
}

/* From here on a lost connection means that we do not know. */
static int
send_dot(struct smtp_out *s, const struct smtp_mail *mail,
    struct smtp_reply *reply)
{
	int rc;

	s->stage = "final dot";
	/* Whoever speaks or leaves in the middle of the message is no peer to
	 * finish it with: better known undelivered than not known. */
	if (!smtp_conn_quiet(&s->conn))
		return fail(s, OCT_EDOWN, reply);
	rc = mail->before_dot != NULL ? mail->before_dot(mail->arg) : 0;
	if (rc != 0)
		return fail(s, rc < 0 ? rc : OCT_ECONFLICT, reply);
	reply->sent_all = true;
	rc = smtp_conn_write(&s->conn, ".\r\n", 3,
	    oct_clock_mono_ms() + s->command_ms);
	if (rc != 0)
		return fail(s, rc, reply);
	return expect(s, 2, s->data_ms, reply);
}

/* After a refusal: make the open connection good for the next message. */
static void
reset(struct smtp_out *s)
{
	struct smtp_reply ignored = { 0 };

	if (s->conn.fd >= 0 && simple_command(s, "RSET", 2, &ignored) != 0)
		smtp_conn_close(&s->conn);
}

static int
transact(struct smtp_out *s, const struct smtp_mail *mail, bool *accepted,
    struct smtp_reply *reply)
{
	int rc = send_envelope(s, mail, accepted, reply);

	if (rc == 0)
		rc = simple_command(s, "DATA", 3, reply);
	if (rc != 0) {
		reset(s);
		return rc;
	}
	/* 354 is no outcome. */
	*reply = (struct smtp_reply){ 0 };
	rc = send_body(s, mail, reply);
	return rc == 0 ? send_dot(s, mail, reply) : rc;
}

static int
check_mail(const struct smtp_mail *mail)
{
	struct oct_str sink;
	int rc;

	if (smtp_path_check(mail->mail_from, true) != 0 ||
	    smtp_path_check(mail->rcpt_to, false) != 0)
		return OCT_EPARSE;
	oct_str_heap(&sink, COMMAND_MAX);
	rc = smtp_params_filter(mail->mail_params, 0, &sink);
	if (rc == 0)
		rc = smtp_params_filter(mail->rcpt_params, 0, &sink);
	oct_str_free(&sink);
	return rc;
}

/* Once over the open connection, or a new one. */
static int
attempt(struct smtp_out *s, const struct smtp_mail *mail, bool *accepted,
    struct smtp_reply *reply)
{
	static const char no_utf8[] = "5.6.7 server does not offer SMTPUTF8";
	int rc;

	if (s->conn.fd < 0) {
		rc = open_session(s, reply);
		if (rc != 0)
			return rc;
	}
	if (needs_utf8(mail) && (s->offers & SMTP_SMTPUTF8) == 0) {
		reply->code = 0;
		smtp_reply_text(reply, no_utf8, sizeof(no_utf8) - 1);
		return OCT_EREFUSED;
	}
	return transact(s, mail, accepted, reply);
}

int
smtp_out_send(struct smtp_out *s, const struct smtp_mail *mail,
    struct smtp_reply *reply)
{
	static const char malformed[] = "malformed address or parameters";
	bool kept, accepted = false;
	int rc;

	*reply = (struct smtp_reply){ 0 };
	rc = check_mail(mail);
	if (rc != 0) {
		smtp_reply_text(reply, malformed, sizeof(malformed) - 1);
		return rc;
	}
	if (!smtp_conn_quiet(&s->conn))
		smtp_conn_close(&s->conn);
	kept = s->conn.fd >= 0;
	rc = attempt(s, mail, &accepted, reply);
	if (!kept || accepted || s->conn.fd >= 0)
		return rc;
	/* A kept connection that died of age before MAIL: begin anew, once. */
	if (rc == OCT_EDOWN || (rc == OCT_EDEFER && reply->code == 421)) {
		*reply = (struct smtp_reply){ 0 };
		rc = attempt(s, mail, &accepted, reply);
	}
	return rc;
}

void
smtp_out_free(struct smtp_out *s)
{
	struct smtp_reply ignored = { 0 };

	if (s == NULL)
		return;
	if (s->command_ms > 1000)
		s->command_ms = 1000;
	if (smtp_conn_quiet(&s->conn))
		(void)simple_command(s, "QUIT", 2, &ignored);
	smtp_conn_close(&s->conn);
	if (s->password != NULL)
		explicit_bzero(s->password, strlen(s->password));
	free(s->password);
	free(s->user);
	free(s->helo);
	free(s);
}
