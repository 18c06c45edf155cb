/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 2048
#define SAFE_MAX_OCTETS 256

static const char *log_program = "octroi";
static enum oct_log_sink log_sink = OCT_LOG_STDERR;
static _Atomic int log_level = OCT_INFO;

static const char *const level_name[] = { "error", "warning", "notice", "info",
	"debug" };
static const int level_syslog[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO,
	LOG_DEBUG };

void
oct_log_open(const char *program, enum oct_log_sink sink, enum oct_level level)
{
	log_program = program;
	log_sink = sink;
	atomic_store(&log_level, (int)level);
	if (sink == OCT_LOG_SYSLOG)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
oct_log_level(enum oct_level level)
{
	atomic_store(&log_level, (int)level);
}

static void
write_stderr(enum oct_level level, const char *text)
{
	struct timespec now;
	struct tm tm;
	char line[LINE_MAX_OCTETS + 128];
	char when[32];
	int n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	if (log_sink == OCT_LOG_JOURNAL)
		n = snprintf(line, sizeof(line), "<%d>%s\n",
		    level_syslog[level], text);
	else
		n = snprintf(line, sizeof(line), "%s.%03ldZ %s[%ld]: %s: %s\n",
		    when, now.tv_nsec / 1000000, log_program, (long)getpid(),
		    level_name[level], text);
	if (n > 0) {
		size_t len = (size_t)n < sizeof(line) ? (size_t)n
						      : sizeof(line) - 1;
		ssize_t done = write(STDERR_FILENO, line, len);

		(void)done;	/* nowhere left to say that saying failed */
	}
}

void
oct_log(enum oct_level level, const char *fmt, ...)
{
	int saved = errno;
	char text[LINE_MAX_OCTETS];
	va_list ap;
	int n;

	if ((int)level > atomic_load_explicit(&log_level, memory_order_relaxed))
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(text))
		memcpy(text + sizeof(text) - 3, "..", 3);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	if (log_sink == OCT_LOG_SYSLOG)
		syslog(level_syslog[level], "%s", text);
	else
		write_stderr(level, text);
	errno = saved;
}

static bool
is_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

const char *
oct_log_safe(const char *value, char *buf, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0, i;

	OCT_ASSERT(len >= 16);
	if (value == NULL || *value == '\0')
		return memcpy(buf, "-", 2);
	for (i = 0; value[i] != '\0' && i < SAFE_MAX_OCTETS && used + 7 < len;
	    i++) {
		unsigned char c = (unsigned char)value[i];

		if (is_plain(c)) {
			buf[used++] = (char)c;
			continue;
		}
		buf[used++] = '\\';
		buf[used++] = 'x';
		buf[used++] = hex[c >> 4];
		buf[used++] = hex[c & 15];
	}
	if (value[i] != '\0') {
		buf[used++] = '.';
		buf[used++] = '.';
	}
	buf[used] = '\0';
	return buf;
}
