/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkchallenge CONF HANDED_S_AGO EXPIRES_IN_S [TYPED...]: put a challenge into
 * the store of that configuration and print its page's URL and its code.  HANDED
 * "-": not handed over yet.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/secret.h"
#include "lib/token.h"
#include "policy/settings.h"
#include "tests/support/sender_case.h"

static int
print(const struct settings *s, const struct sender_case *c)
{
	char text[OCT_TOKEN_SIZE], code[7];
	uint8_t key[OCT_KEY_OCTETS];
	struct oct_token_keys keys;
	struct oct_secret secret;

	if (oct_secret_load(s->secret_file, &secret) != 0)
		return -1;
	oct_token_keys_init(&keys, &secret, NULL);
	oct_secret_key(&secret, "challenge.code", key);
	if (oct_token_for(&keys, OCT_TOKEN_PAGE, c->id, text) != 0)
		return -1;
	challenge_code(key, c->id, code);
	(void)printf("%s/%s %s\n", s->challenge_url, text, code);
	return 0;
}

static int
make(const struct settings *s, int argc, char **argv)
{
	int64_t now = oct_clock_wall_ms(), ago = 0, left;
	struct store_conf conf;
	struct store *store;
	struct sender_case c;
	int rc;

	sender_case_init(&c, now);
	if (strcmp(argv[2], "-") == 0)
		c.state = CHALLENGE_PENDING;
	else if (oct_num_int(argv[2], 0, 10000000, &ago) != 0)
		return -1;
	if (oct_num_int(argv[3], -10000000, 10000000, &left) != 0)
		return -1;
	c.handed_ms = now - ago * 1000;
	c.expires_ms = now + left * 1000;
	for (int i = 4; i < argc && c.count < OCT_LEN(c.typed); i++)
		c.typed[c.count++] = argv[i];
	settings_store(s, &conf);
	rc = store_new(&conf, &store);
	if (rc == 0) {
		rc = sender_case_make(store, &c);
		store_free(store);
	}
	return rc == 0 ? print(s, &c) : rc;
}

int
main(int argc, char **argv)
{
	struct settings *s;
	int rc;

	oct_log_open("mkchallenge", OCT_LOG_STDERR, OCT_INFO);
	if (argc < 4 || sodium_init() < 0 || settings_load(argv[1], &s) != 0)
		return 64;
	rc = make(s, argc, argv);
	settings_free(s);
	return rc == 0 ? 0 : 1;
}
