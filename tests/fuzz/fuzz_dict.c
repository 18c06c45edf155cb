/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: any octets as a stream of Dovecot's dict commands.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/def.h"
#include "lib/str.h"
#include "provisioning/dict.h"

static const char world[] =
    "[{\"name\":\"a.test\",\"mailboxes\":{"
    "\"bob\":{\"credential\":\"$argon2id$v=19$m=65536,t=2,p=1$YQ$Yg\","
    "\"storage\":\"1M\"},\"eve\":{\"state\":\"suspended\"}}}]";

static void
told(void *arg, const struct dir_domain *d, const struct dir_mailbox *m,
    int64_t octets, int64_t messages)
{
	(void)arg;
	if (d == NULL || m == NULL || (octets < 0 && messages < 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dir_snapshot *s; /* made once, for speed */
	static struct dict_conf conf = { .mail = { "v", "v", "/%d/%n", "%u%" },
		.told = told };
	struct dict_session *d = dict_session_new();
	struct dict_counts counts = { 0 };
	char *text = malloc(size + 1), *rest = text, *line;
	struct oct_str out;

	if (d == NULL || text == NULL)
		abort();
	if (s == NULL) {
		options_standard(&conf.limits.options);
		if (dir_snapshot_parse(world, sizeof(world) - 1, &s) != 0)
			abort();
	}
	memcpy(text, data, size);
	text[size] = '\0';
	oct_str_heap(&out, 1 << 20);
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
		if (strlen(line) > DICT_LINE_MAX ||
		    dict_line(d, &conf, s, line, &counts, &out) != 0)
			break;
		/* An answer is one line, and says what it is. */
		if (out.len > 0 && (out.buf[out.len - 1] != '\n' ||
				       strchr("ONF", out.buf[0]) == NULL))
			abort();
		oct_str_clear(&out);
	}
	oct_str_free(&out);
	free(text);
	dict_session_free(d);
	return 0;
}
