/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who writes the papers that are handed out, and how the yearly statement is
 * counted: sections centre and statement; and where collected mail comes in:
 * section legacy.
 */
#include <stddef.h>

#include "policy/settings_int.h"

#define SHOWN                                                                  \
	.check = settings_is_shown,                                            \
	.expected = "one line of UTF-8 without hidden characters"

static const struct oct_conf_item items[] = {
	{ .section = "centre",
	    .name = "name",
	    .type = OCT_CONF_STRING,
	    .lo = 0,
	    .hi = 160,
	    SHOWN,
	    .standard = "",
	    .help = "heading of statements, studies and welcome sheets: who "
		    "hands them out; empty = operator of 'web'",
	    .offset = offsetof(struct settings, centre_name) },
	{ .section = "centre",
	    .name = "address",
	    .type = OCT_CONF_LIST,
	    .lo = 0,
	    .hi = 6,
	    SHOWN,
	    .standard = "",
	    .help = "the lines under it: street, town, telephone, mail",
	    .offset = offsetof(struct settings, centre_address) },
	{ .section = "centre",
	    .name = "place",
	    .type = OCT_CONF_STRING,
	    .lo = 0,
	    .hi = 80,
	    SHOWN,
	    .standard = "",
	    .help = "place before the date of a paper, like Agen",
	    .offset = offsetof(struct settings, centre_place) },
	{ .section = "centre",
	    .name = "signatory",
	    .type = OCT_CONF_STRING,
	    .lo = 0,
	    .hi = 160,
	    SHOWN,
	    .standard = "",
	    .help = "who signs a statement, like Le Président",
	    .offset = offsetof(struct settings, centre_signatory) },
	{ .section = "statement",
	    .name = "due",
	    .type = OCT_CONF_WORD,
	    .words = "days year",
	    .standard = "days",
	    .help = "days: what was there is due for its days; year: for the "
		    "whole year",
	    .offset = offsetof(struct settings, statement_due) },
	{ .section = "statement",
	    .name = "price",
	    .type = OCT_CONF_WORD,
	    .words = "day january",
	    .standard = "day",
	    .help = "day: the price in force on each day; january: that of 1 "
		    "January all the year",
	    .offset = offsetof(struct settings, statement_price) },
	{ .section = "legacy",
	    .name = "listener",
	    .type = OCT_CONF_STRING,
	    .lo = 1,
	    .hi = 255,
	    .standard = "127.0.0.1:10028",
	    .help = "Postfix listener that takes what fetchmail collects",
	    .offset = offsetof(struct settings, legacy_listener) },
	{ .section = "legacy",
	    .name = "ca_file",
	    .type = OCT_CONF_STRING,
	    .lo = 0,
	    .hi = 4096,
	    .check = settings_is_path_or_empty,
	    .expected = "an absolute path, or empty",
	    .standard = "",
	    .help = "certificates that sign those of collected servers; empty = "
		    "the system's",
	    .offset = offsetof(struct settings, legacy_ca_file) },
};

struct oct_conf_table
settings_table_centre(struct settings *s)
{
	return (struct oct_conf_table){ .items = items,
		.count = OCT_LEN(items), .values = s };
}
