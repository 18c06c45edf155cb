/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One structured line an event: "subject: key=value key=value".  Levels say who
 * must act: error = operator now, warning = operator eventually, notice =
 * life-cycle, info = one a message, debug = developer.  Never message content.
 * errno is kept.  All functions: any thread, after oct_log_open.
 */
#ifndef OCT_LIB_LOG_H
#define OCT_LIB_LOG_H

#include "lib/def.h"

enum oct_level { OCT_ERROR, OCT_WARNING, OCT_NOTICE, OCT_INFO, OCT_DEBUG };

enum oct_log_sink {
	OCT_LOG_STDERR, /* "<timestamp> program[pid]: level: text" */
	OCT_LOG_SYSLOG, /* facility mail */
	OCT_LOG_JOURNAL /* stderr with systemd's <N> priority prefix */
};

/*
 * Choose the sink and the highest level written.  Call once, before threads;
 * program is kept (static storage).
 */
void oct_log_open(const char *program, enum oct_log_sink sink,
    enum oct_level level);

/* Change the highest level written at run time. */
void oct_log_level(enum oct_level level);

/*
 * Write one line (at most 2,048 octets, longer text is cut and marked "..").
 * Control octets in the formatted text are replaced by '?', so that no value
 * can forge a line.
 */
void oct_log(enum oct_level level, const char *fmt, ...) OCT_PRINTF(2, 3);

/*
 * Make an outside value safe as the value of key=value: octets outside
 * 0x21..0x7e, '"', '=' and '\\' become \xHH, at most 256 octets are used and
 * cut text ends in "..".  An empty value becomes "-".  Writes into buf (borrowed,
 * size len, 16 at least) and returns it.
 */
const char *oct_log_safe(const char *value, char *buf, size_t len);

/* A buffer that always suffices for oct_log_safe. */
#define OCT_LOG_SAFE_SIZE 1040

#endif
