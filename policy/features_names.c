/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/features_names.h"

#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"

/* Each sorted: looked up by bisection. */
static const char *const freemail[] = { "163.com", "aol.com", "free.fr",
	"gmail.com", "gmx.com", "gmx.de", "gmx.net", "hotmail.com",
	"hotmail.fr", "icloud.com", "laposte.net", "live.com", "live.fr",
	"mail.com", "mail.ru", "msn.com", "neuf.fr", "orange.fr",
	"outlook.com", "outlook.fr", "proton.me", "protonmail.com", "qq.com",
	"sfr.fr", "wanadoo.fr", "web.de", "yahoo.com", "yahoo.fr",
	"yandex.ru" };
static const char *const shorteners[] = { "adf.ly", "bit.do", "bit.ly",
	"buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "qrco.de",
	"rb.gy", "rebrand.ly", "s.id", "shorturl.at", "t.co", "t.ly", "tiny.cc",
	"tinyurl.com", "urlz.fr", "v.gd", "x.co" };
static const char *const new_tlds[] = { "best", "bid", "biz", "bond", "buzz",
	"cam", "cf", "cfd", "click", "club", "cn", "cyou", "fun", "ga", "gq",
	"icu", "info", "life", "link", "live", "loan", "lol", "ml", "mom",
	"monster", "online", "pro", "pw", "quest", "rest", "ru", "sbs", "shop",
	"site", "space", "store", "tk", "today", "top", "uno", "us", "vip",
	"website", "win", "work", "world", "xyz" };
static const char *const abused_tlds[] = { "bid", "bond", "buzz", "cam", "cf",
	"cfd", "click", "cyou", "fun", "ga", "gq", "icu", "loan", "lol", "ml",
	"mom", "monster", "pw", "quest", "rest", "sbs", "shop", "site", "space",
	"store", "tk", "top", "uno", "vip", "website", "win", "work", "xyz" };
/* Parents of names that anybody may take. */
static const char *const hosting[] = { "000webhostapp.com", "amazonaws.com",
	"app.link", "azureedge.net", "backblazeb2.com", "blogspot.com",
	"canva.site", "ddns.net", "digitaloceanspaces.com", "docs.google.com",
	"duckdns.org", "dweb.link", "firebaseapp.com", "forms.gle",
	"geocities.com", "github.io", "glitch.me", "godaddysites.com",
	"googleapis.com", "herokuapp.com", "ipfs.io", "linodeobjects.com",
	"myshopify.com", "netlify.app", "ngrok.io", "notion.site", "page.link",
	"pages.dev", "r2.dev", "repl.co", "run.app", "sites.google.com", "square.site",
	"surge.sh", "translate.goog", "tripod.com", "vercel.app", "web.app",
	"webflow.io", "weebly.com", "windows.net", "wixsite.com",
	"workers.dev" };
static const char *const mailers[] = { "sendgrid", "mailchimp", "mcsv",
	"amazonses", "sendinblue", "brevo", "mailgun", "mailjet", "sparkpost",
	"constantcontact", "hubspot", "exacttarget", "marketo", "klaviyo",
	"salesforce", "mandrill", "campaign", "sailthru", "emarsys",
	"mailerlite", "responsys", "postmark" };
static const char *const institutions[] = { "onmicrosoft.com", ".edu", ".gov",
	".gouv.fr", ".ac." };

static int
by_name(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

static bool
is_listed(const char *name, const char *const *list, size_t count)
{
	return bsearch(name, list, count, sizeof(*list), by_name) != NULL;
}

/* The name or one of its parents. */
static bool
is_under(const char *name, const char *const *list, size_t count)
{
	for (; name != NULL && *name != '\0'; name = strchr(name, '.')) {
		name += *name == '.';
		if (is_listed(name, list, count))
			return true;
	}
	return false;
}

bool
feature_is_freemail(const char *domain)
{
	return is_listed(domain, freemail, OCT_LEN(freemail));
}

bool
feature_is_shortener(const char *host)
{
	return is_under(host, shorteners, OCT_LEN(shorteners));
}

bool
feature_is_hosting(const char *host)
{
	return is_under(host, hosting, OCT_LEN(hosting));
}

bool
feature_is_mailer(const char *text)
{
	for (size_t i = 0; i < OCT_LEN(mailers); i++)
		if (strstr(text, mailers[i]) != NULL)
			return true;
	return false;
}

bool
feature_is_new_tld(const char *host)
{
	const char *tld = strrchr(host, '.');

	return tld != NULL && is_listed(tld + 1, new_tlds, OCT_LEN(new_tlds));
}

bool
feature_is_abused_tld(const char *host)
{
	const char *tld = strrchr(host, '.');

	return tld != NULL &&
	    is_listed(tld + 1, abused_tlds, OCT_LEN(abused_tlds));
}

bool
feature_is_institution(const char *domain)
{
	for (size_t i = 0; i < OCT_LEN(institutions); i++)
		if (strstr(domain, institutions[i]) != NULL)
			return true;
	return false;
}

bool
feature_is_odd(const char *host)
{
	size_t digits = 0, consonants = 0, run = 0;

	for (const char *p = host; *p != '\0'; p++) {
		bool digit = *p >= '0' && *p <= '9';
		bool letter = *p >= 'a' && *p <= 'z';

		digits = digit ? digits + 1 : 0;
		run = digit || letter ? run + 1 : 0;
		consonants = letter && strchr("aeiouy", *p) == NULL
		    ? consonants + 1
		    : 0;
		if (digits == 4 || consonants == 5 || run == 18)
			return true;
		if (digit && p > host && p[-1] >= 'a' && p[-1] <= 'z' &&
		    p[1] >= 'a' && p[1] <= 'z')
			return true;
	}
	return false;
}
