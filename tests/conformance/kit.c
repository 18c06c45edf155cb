/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conformance/kit.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"

#define PATIENCE_MS 60000
#define QUESTIONS_MAX 2000

static void
die(const char *what, const char *where)
{
	(void)fprintf(stderr, "%s: %s\n", where, what);
	exit(2);
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

void
kit_path(char out[KIT_PATH], const char *base, const char *name,
    const char *ext)
{
	int n = snprintf(out, KIT_PATH, "%s/%s%s", base, name, ext);

	if (n < 0 || n >= KIT_PATH)
		die("path too long", base);
}

bool
kit_folder(const char *base, const char *sub, char out[KIT_PATH])
{
	kit_path(out, base, sub, "");
	if (is_folder(out))
		return true;
	if (snprintf(out, KIT_PATH, "%s", base) >= KIT_PATH)
		die("path too long", base);
	return is_folder(out);
}

int
kit_skip(const char *name, const char *folder)
{
	(void)printf("SKIP %s: no folder %s\n", name, folder);
	return KIT_SKIP;
}

int
kit_end(const struct kit_score *score)
{
	(void)printf("%s: right %zu wrong %zu unsettled %zu\n", score->name,
	    score->right, score->wrong, score->unsettled);
	return score->wrong > 0 ? 1 : 0;
}

void
kit_wrong(struct kit_score *score, const char *row, const char *fmt, ...)
{
	va_list ap;

	score->wrong++;
	(void)printf("wrong %s: ", row);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
}

char *
kit_slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text;
	long size;

	if (f == NULL)
		return NULL;
	size = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
	if (size < 0)
		die("cannot seek", path);
	rewind(f);
	text = malloc((size_t)size + 1);
	if (text == NULL || fread(text, 1, (size_t)size, f) != (size_t)size)
		die("cannot read", path);
	(void)fclose(f);
	text[size] = '\0';
	if (len != NULL)
		*len = (size_t)size;
	return text;
}

static size_t
split(char *line, char *field[KIT_FIELDS])
{
	size_t n = 0;
	char *tab;

	for (; line != NULL && n < KIT_FIELDS; line = tab) {
		tab = strchr(line, '\t');
		if (tab != NULL)
			*tab++ = '\0';
		field[n++] = line;
	}
	return n;
}

bool
kit_rows(const char *path, kit_row *row, void *arg)
{
	char *text = kit_slurp(path, NULL), *line, *next;
	char *field[KIT_FIELDS];

	if (text == NULL)
		return false;
	for (line = text; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (*line != '\0' && *line != '#')
			row(field, split(line, field), arg);
	}
	free(text);
	return true;
}

static int
hex(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' :
					   tolower((unsigned char)c) - 'a' + 10;
}

size_t
kit_unescape(char *text)
{
	char *out = text, *start = text;

	while (*text != '\0') {
		if (text[0] == '\\' && text[1] == 'x' && hex(text[2]) >= 0 &&
		    hex(text[3]) >= 0) {
			*out++ = (char)(hex(text[2]) * 16 + hex(text[3]));
			text += 4;
		} else {
			if (text[0] == '\\' && text[1] == '\\')
				text++;
			*out++ = *text++;
		}
	}
	*out = '\0';
	return (size_t)(out - start);
}

static void
zone_row(char *field[KIT_FIELDS], size_t count, void *arg)
{
	struct dns *dns = arg;
	int rc;

	if (count < 3 || strcmp(field[1], "TXT") != 0)
		die("unknown record", field[0]);
	if (strncmp(field[2], "~~", 2) == 0)
		rc = dns_static_timeout(dns, field[0]);
	else
		rc = dns_static_add(dns, field[0], DNS_TXT, field[2],
		    kit_unescape(field[2]));
	if (rc != 0)
		die(oct_strerror(rc), field[0]);
}

struct dns *
kit_zone(const char *path)
{
	struct dns *dns;

	if (dns_new_static(&dns) != 0)
		die("no resolver", path);
	(void)kit_rows(path, zone_row, dns);
	return dns;
}

struct dns_session *
kit_session(struct dns *dns)
{
	struct dns_session *session;

	if (dns_session_new(dns, oct_clock_mono_ms() + PATIENCE_MS,
		QUESTIONS_MAX, &session) != 0)
		die("no memory", "session");
	return session;
}

struct oct_msg *
kit_message(const char *path)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return NULL;
	oct_msg_limits_init(&limits);
	limits.spill_dir = "/tmp";
	if (oct_msg_read(&limits, fd, &m) != 0)
		m = NULL;
	(void)close(fd);
	return m;
}
