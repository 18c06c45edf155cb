/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One SMTP session and the message in hand: records what arrives, answers MAIL
 * and RCPT, and hands the whole to judge.h at the end of the message.  Free of
 * libmilter types.  Callbacks of one session never overlap but may run on
 * different threads: nothing is thread-local.
 */
#ifndef OCT_MILTER_SESSION_H
#define OCT_MILTER_SESSION_H

#include <sys/socket.h>

#include "lib/def.h"
#include "milter/app.h"
#include "milter/charges.h"
#include "milter/evaluate.h"
#include "policy/directory.h"
#include "policy/proof.h"

#define SESSION_MAGIC 0x0c720151u
#define SESSION_ID_SIZE 32
#define SESSION_PARAMS_SIZE 1024
#define SESSION_LIMIT_SIZE 96
/* Finals of one message, counted at each RCPT that leads to them: a group that is
 * named a thousand times must not fill our memory. */
#define SESSION_FINALS_MAX 5000

/* What is answered to a command, or to the end of data. */
enum reply_kind {
	REPLY_CONTINUE,
	REPLY_ACCEPT,  /* no further callbacks for this message */
	REPLY_REJECT,  /* 5xx with code and text */
	REPLY_TEMPFAIL, /* 4xx likewise */
	REPLY_DISCARD
};

struct reply {
	enum reply_kind kind;
	int code;             /* 0 = the default of the kind */
	const char *enhanced; /* static */
	char text[256];       /* ASCII, '%' not yet doubled */
};

/* One RCPT that was accepted for now. */
struct rcpt {
	char *envelope;  /* as smfi_delrcpt wants it */
	char *params;    /* ESMTP parameters, space-separated, "" if none */
	struct oct_addr addr;
	bool ours;       /* its domain is hosted */
	bool service;    /* reply or bounce address of the challenge domain */
	bool replay_known; /* the replay memory was asked */
	enum proof_replay replay;
	const struct auth_dkim_sig *replay_sig; /* of the evaluator: counted
					for it, until the answer; or NULL */
	struct charges charges[2]; /* of the client network; of mailbox and
					domain (limits.h) */
	bool over_limit; /* taken, to be held: past a limit of the mailbox */
	struct dir_finals finals;
};

struct session {
	unsigned int magic;
	bool silent; /* the MTA hears nothing where nothing is to be said */
	struct app *app;
	struct oct_ip client;
	char *helo, *daemon_name;
	/* The message in hand; cleared after each. */
	enum direction direction;
	char id[SESSION_ID_SIZE]; /* Postfix queue id, or a name of ours */
	char *auth_user, *mail_params;
	struct oct_addr rpath;
	const struct dir_snapshot *snapshot;
	struct evaluator *evaluator;
	struct rcpt *rcpts;
	size_t rcpt_count, rcpt_cap;
	int64_t started_ms; /* monotonic */
	int64_t started_wall_ms;
	bool broken;        /* out of memory on the way: tempfail at the end */
	char quarantine[SESSION_LIMIT_SIZE]; /* the limit for which Postfix
				keeps a submission back, "" = none */
};

/* NULL when out of memory. */
struct session *session_new(struct app *app, const struct sockaddr *client,
    const char *daemon_name);
void session_free(struct session *s);

/* The message is over, or was given up. */
void session_clear(struct session *s);

void session_helo(struct session *s, const char *helo);
/* args: path, then parameters, NULL-terminated (libmilter's form). */
void session_mail(struct session *s, char *const *args, const char *auth_user,
    struct reply *out);
void session_rcpt(struct session *s, char *const *args, const char *queue_id,
    struct reply *out);
void session_field(struct session *s, const char *name, const char *value);
void session_eoh(struct session *s);
void session_body(struct session *s, const void *octets, size_t len);
void session_set_id(struct session *s, const char *queue_id);

/* A refusal for good, but for collectors and declared forwarders: theirs would
 * bounce to strangers, or delete (challenge.md 2d and 10a).  later: the enhanced
 * code of the 450 that they get. */
void session_reject(const struct session *s, struct reply *out, int code,
    const char *enhanced, const char *later, const char *text);

/* Fill in a reply; text is printf-like and must come out as ASCII. */
void reply_set(struct reply *r, enum reply_kind kind, int code,
    const char *enhanced, const char *fmt, ...) OCT_PRINTF(5, 6);

#endif
