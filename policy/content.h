/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message says, read once: its parts, its text, its visible text, its
 * links and the marks of its mark-up, as plain data in UTF-8 for rules and
 * classifier.  A message of any shape costs bounded time and memory: what lies
 * beyond a bound is not read, and `over` names the bound.  Pure but for the
 * memory that it takes; any thread.
 */
#ifndef OCT_POLICY_CONTENT_H
#define OCT_POLICY_CONTENT_H

#include "lib/def.h"
#include "lib/msg.h"

struct content_limits {
	size_t parts;       /* 200 */
	size_t depth;       /* 12 levels of multipart and message/rfc822 */
	size_t text_octets; /* decoded, of one text part (60,000) */
	size_t total_octets; /* decoded, of all parts (8 MiB) */
	size_t links;       /* 500 */
	size_t marks;       /* names of tags, attributes, properties (4,000) */
	size_t archive_entries, archive_depth; /* 200, 3 */
	size_t archive_octets; /* claimed by entries that must be unpacked to be
				  passed over (64 MiB) */
	int64_t cpu_ms;     /* of reading all of it (500) */
};
void content_limits_init(struct content_limits *l);

/* UTF-8 without NUL; control characters are spaces; NUL-terminated for comfort.
 * Never NULL. */
struct content_text {
	const char *data;
	size_t len;
};

enum content_part_flag { /* flags */
	CONTENT_PART_ATTACHED = 1u << 0,  /* disposition, or a file name */
	CONTENT_PART_HAS_ID = 1u << 1,    /* Content-ID */
	CONTENT_PART_BAD_ENCODING = 1u << 2,
	CONTENT_PART_BAD_CHARSET = 1u << 3,
	CONTENT_PART_TYPE_DIFFERS = 1u << 4, /* the octets say otherwise */
	CONTENT_PART_EXECUTABLE = 1u << 5,   /* by name or octets */
	CONTENT_PART_DOUBLE_EXTENSION = 1u << 6, /* "facture.pdf.exe" */
	CONTENT_PART_ARCHIVE = 1u << 7,
	CONTENT_PART_ENCRYPTED = 1u << 8,    /* archive or document */
	CONTENT_PART_BOMB = 1u << 9,         /* unpacks beyond measure */
	CONTENT_PART_MACRO = 1u << 10,       /* Office macro */
	CONTENT_PART_SCRIPT = 1u << 11,      /* PDF script, HTML attachment with
						script */
	CONTENT_PART_NESTED = 1u << 12,      /* archive in an archive */
	CONTENT_PART_HTML_ATTACHED = 1u << 13,
	CONTENT_PART_FORM = 1u << 14         /* HTML attachment with a form */
};
struct content_part {
	const char *type;      /* "text/html", lower case; "multipart/mixed" too */
	const char *real_type; /* by its octets, or "" */
	const char *encoding;  /* transfer encoding, lower case, or "" */
	const char *charset;   /* lower case, or "" */
	const char *name;      /* file name, decoded, or "" */
	const char *extension; /* of the name, lower case, or "" */
	size_t octets;         /* decoded */
	int depth;
	unsigned int flags;
};

enum content_link_kind {
	CONTENT_LINK_WEB, /* http, https */
	CONTENT_LINK_MAILTO,
	CONTENT_LINK_CID,
	CONTENT_LINK_DATA,
	CONTENT_LINK_RELATIVE,
	CONTENT_LINK_OTHER,
	CONTENT_LINK_BROKEN
};
enum content_link_flag {
	CONTENT_LINK_HTTPS = 1u << 0,
	CONTENT_LINK_IP = 1u << 1,       /* the host is an address */
	CONTENT_LINK_PORT = 1u << 2,     /* and not the scheme's */
	CONTENT_LINK_AUTHORITY = 1u << 3, /* '@' before the host */
	CONTENT_LINK_PERCENT = 1u << 4,  /* '%' in the host part */
	CONTENT_LINK_PUNYCODE = 1u << 5,
	CONTENT_LINK_IMAGE = 1u << 6,    /* source of an image */
	CONTENT_LINK_FORM = 1u << 7,     /* action of a form */
	CONTENT_LINK_ANCHOR = 1u << 8,   /* href of an anchor */
	CONTENT_LINK_FROM_TEXT = 1u << 9, /* found in text, not in mark-up */
	CONTENT_LINK_TEXT_IS_URL = 1u << 10, /* its text is a URL itself ... */
	CONTENT_LINK_TEXT_DIFFERS = 1u << 11 /* ... of another organisation */
};
struct content_link {
	const char *url;  /* entities decoded, at most 2,000 octets */
	const char *host; /* lower-case A-label or address, "" = none */
	const char *text; /* link text, white space collapsed, or "" */
	enum content_link_kind kind;
	unsigned int flags;
};

enum content_html_flag { /* of all text/html parts together */
	CONTENT_HTML_HIDDEN = 1u << 0, /* display:none, visibility, size 0 or 1 */
	CONTENT_HTML_FORM = 1u << 1,
	CONTENT_HTML_INPUT = 1u << 2,
	CONTENT_HTML_PASSWORD = 1u << 3, /* an input of that type */
	CONTENT_HTML_SCRIPT = 1u << 4,
	CONTENT_HTML_IFRAME = 1u << 5,
	CONTENT_HTML_GENERATOR = 1u << 6,
	CONTENT_HTML_COMMENT = 1u << 7,
	CONTENT_HTML_MSO = 1u << 8,
	CONTENT_HTML_MAP = 1u << 9,
	CONTENT_HTML_PIXEL = 1u << 10, /* image of 1 by 1 */
	CONTENT_HTML_DATA_URI = 1u << 11,
	CONTENT_HTML_ZERO_WIDTH = 1u << 12,
	CONTENT_HTML_ENTITY_RUN = 1u << 13, /* runs of numeric entities */
	CONTENT_HTML_BASE = 1u << 14,
	CONTENT_HTML_DOCTYPE = 1u << 15,
	CONTENT_HTML_ELEMENT = 1u << 16, /* an html element is there */
	CONTENT_HTML_IN_PLAIN = 1u << 17, /* mark-up inside text/plain */
	CONTENT_HTML_REFRESH = 1u << 18   /* meta refresh */
};

/* Immutable once read. */
struct content {
	struct content_text subject;   /* decoded (RFC 2047) */
	struct content_text from_name; /* display name of the first author */
	struct content_text plain;     /* all text/plain; lines kept (LF) */
	struct content_text visible;   /* what is seen of all text/html, with
					  alt and title texts, collapsed */
	size_t part_count;
	const struct content_part *parts; /* in order, multiparts included */
	size_t link_count;
	const struct content_link *links; /* in order, not made distinct */
	/* Of the mark-up, in order, not made distinct, lower case. */
	size_t tag_count, attribute_count, property_count, colour_count;
	const char *const *tags, *const *attributes, *const *properties,
	    *const *colours;
	unsigned int html;         /* flags */
	size_t html_octets;        /* of the mark-up read */
	size_t hidden;             /* octets of text that is not seen */
	size_t images, anchors;
	size_t plain_parts, html_parts, attached_parts;
	const char *over;          /* NULL, or the name of the bound hit */
	const char *problem;       /* NULL, or what of MIME is broken (static) */
};

/* Read the message; limits NULL = the standard ones.  0 or -ENOMEM: a message
 * that cannot be understood is still read as far as it goes. */
OCT_CHECK int content_read(struct oct_msg *m, const struct content_limits *l,
    const struct content **out);
void content_free(const struct content *c);

#endif
