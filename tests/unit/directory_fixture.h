/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the directory in memory share: a small world.
 */
#ifndef OCT_TESTS_DIRECTORY_FIXTURE_H
#define OCT_TESTS_DIRECTORY_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/directory.h"

static const char world[] =
    "[{\"name\":\"ville.test\",\"tenant\":\"ville\",\"lang\":\"fr\","
    "\"challenge\":\"first-contact\",\"tag\":4.5,\"rate_in\":\"100/1h\","
    "\"mailboxes\":{"
    "\"bob\":{\"name\":\"Bob \\u00c9\",\"storage\":\"5G\",\"hold\":-7.25},"
    "\"alice\":{\"state\":\"suspended\",\"challenge\":\"off\","
    "\"lang\":\"en\"},"
    "\"contact\":{},\"dpo\":{\"unprotected\":true,"
    "\"unprotected_reason\":\"a form\"},"
    "\"gone\":{\"state\":\"closed\"}},"
    "\"aliases\":{"
    "\"team\":{\"targets\":[\"bob@ville.test\",\"alice@ville.test\"]},"
    "\"all\":{\"targets\":[\"team@ville.test\",\"Bob@VILLE.test\","
    "\"contact@ville.test\",\"x@elsewhere.test\"]},"
    "\"mairie\":{\"targets\":[\"team@ville.test\",\"dpo@ville.test\"]},"
    "\"both\":{\"targets\":[\"team@ville.test\",\"mairie@ville.test\"]},"
    "\"self\":{\"targets\":[\"self@ville.test\"]},"
    "\"ping\":{\"targets\":[\"bob@ville.test\",\"pong@ville.test\"]},"
    "\"pong\":{\"targets\":[\"ping+x@ville.test\"]},"
    "\"old\":{\"targets\":[\"nobody@ville.test\"]},"
    "\"half\":{\"targets\":[\"nobody@ville.test\",\"bob@ville.test\"]},"
    "\"out\":{\"targets\":[\"Some.One+tag@Elsewhere.test\"]},"
    "\"over\":{\"targets\":[\"info@catch.test\"]},"
    "\"tagged\":{\"targets\":[\"bob+list@ville.test\"]},"
    "\"l1\":{\"targets\":[\"l2@ville.test\"]},"
    "\"l2\":{\"targets\":[\"l3@ville.test\"]},"
    "\"l3\":{\"targets\":[\"l4@ville.test\"]},"
    "\"l4\":{\"targets\":[\"l5@ville.test\"]},"
    "\"l5\":{\"targets\":[\"l6@ville.test\"]},"
    "\"l6\":{\"targets\":[\"l7@ville.test\"]},"
    "\"l7\":{\"targets\":[\"l8@ville.test\"]},"
    "\"l8\":{\"targets\":[\"l9@ville.test\"]},"
    "\"l9\":{\"targets\":[\"l10@ville.test\"]},"
    "\"l10\":{\"targets\":[\"bob@ville.test\"]},"
    "\"l0\":{\"targets\":[\"l1@ville.test\"]}}},"
    "{\"name\":\"catch.test\",\"catch_all\":\"bob@ville.test\","
    "\"transport\":\"lmtp:unix:/x\",\"mailboxes\":{\"real\":{}}},"
    "{\"name\":\"ring.test\",\"dmarc\":\"observe\","
    "\"catch_all\":\"any@ring.test\"}]";

static OCT_UNUSED struct dir_snapshot *
parse(const char *json)
{
	struct dir_snapshot *s = NULL;

	assert_int_equal(dir_snapshot_parse(json, strlen(json), &s), 0);
	return s;
}

static struct dir_snapshot *fixture; /* built once, read by the tests */

static OCT_UNUSED int
make_world(void **state)
{
	(void)state;
	fixture = parse(world);
	return 0;
}

static OCT_UNUSED int
drop_world(void **state)
{
	(void)state;
	directory_put(fixture);
	return 0;
}

static OCT_UNUSED char *
group_json(int members, int groups)
{
	struct oct_str json;
	char *text;

	oct_str_heap(&json, 1 << 20);
	oct_str_add(&json, "{\"name\":\"g.test\",\"aliases\":{");
	for (int g = 0; g < groups; g++) {
		oct_str_addf(
		    &json, "%s\"g%d\":{\"targets\":[", g > 0 ? "," : "", g);
		for (int i = 0; i < members; i++)
			oct_str_addf(&json, "%s\"m%d@far.test\"",
			    i > 0 ? "," : "", g * members + i);
		oct_str_add(&json, "]}");
	}
	oct_str_add(&json, ",\"top\":{\"targets\":[");
	for (int g = 0; g < groups; g++)
		oct_str_addf(&json, "%s\"g%d@g.test\"", g > 0 ? "," : "", g);
	oct_str_add(&json, "]}}}");
	text = oct_str_take(&json);
	oct_str_free(&json);
	assert_non_null(text);
	return text;
}

#endif
