/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lookalike.h"

#include <stdlib.h>
#include <string.h>

#include <idn2.h>
#include <pthread.h>

#include "auth/dmarc.h"

/* Shorter labels have too many honest neighbours. */
#define LABEL_MIN 5
#define LABEL_NEAR_MIN 7 /* for one wrong letter */

/* Whose names are abused against French town halls and their citizens. */
static const char *const institutions[] = { "impots.gouv.fr",
	"dgfip.finances.gouv.fr", "ants.gouv.fr", "antai.gouv.fr",
	"amendes.gouv.fr", "service-public.fr", "service-public.gouv.fr",
	"franceconnect.gouv.fr", "interieur.gouv.fr", "justice.gouv.fr",
	"education.gouv.fr", "urssaf.fr", "ameli.fr", "caf.fr",
	"francetravail.fr", "laposte.fr", "labanquepostale.fr", "chronopost.fr",
	"colissimo.fr", "mondialrelay.fr", "legifrance.gouv.fr",
	"chorus-pro.gouv.fr", "net-entreprises.fr", "infogreffe.fr",
	"caissedesdepots.fr", "banquedesterritoires.fr", "doctolib.fr",
	"credit-agricole.fr", "creditmutuel.fr", "boursobank.com",
	"caisse-epargne.fr", "banquepopulaire.fr", "societegenerale.fr",
	"orange.fr", "bouyguestelecom.fr", "engie.fr", "netflix.com",
	"paypal.com", "microsoft.com", "microsoftonline.com", "docusign.com",
	"docusign.net", "amazon.fr", "amazon.com", "google.com", "apple.com",
	"vinted.fr", "leboncoin.fr", "ovhcloud.com", "assurance-maladie.fr",
	"moncompteformation.gouv.fr", "marches-publics.gouv.fr",
	"demarches-simplifiees.fr", "payfip.gouv.fr", "msa.fr", "cnracl.fr",
	"notif-colissimo-laposte.info", "laposte.info", "enedis.fr", "edf.fr",
	"totalenergies.fr", "maif.fr", "groupama.fr", "ca-aquitaine.fr" };

/* Where only the State, its services and those that it appoints have names. */
static const char *const trusted[] = { "gouv.fr", "justice.fr", "insee.fr",
	"notaires.fr", "assemblee-nationale.fr", "senat.fr", "europa.eu",
	"banque-france.fr", "cnil.fr", "vie-publique.fr", "legifrance.fr",
	"ac-aix-marseille.fr", "ac-amiens.fr", "ac-besancon.fr",
	"ac-bordeaux.fr", "ac-caen.fr", "ac-clermont.fr", "ac-corse.fr",
	"ac-creteil.fr", "ac-dijon.fr", "ac-grenoble.fr",
	"ac-guadeloupe.fr", "ac-guyane.fr", "ac-lille.fr", "ac-limoges.fr",
	"ac-lyon.fr", "ac-martinique.fr", "ac-mayotte.fr",
	"ac-montpellier.fr", "ac-nancy-metz.fr", "ac-nantes.fr",
	"ac-nice.fr", "ac-normandie.fr", "ac-orleans-tours.fr",
	"ac-paris.fr", "ac-poitiers.fr", "ac-reims.fr", "ac-rennes.fr",
	"ac-reunion.fr", "ac-rouen.fr", "ac-strasbourg.fr",
	"ac-toulouse.fr", "ac-versailles.fr", "urssaf.fr", "ameli.fr",
	"assurance-maladie.fr", "caf.fr", "msa.fr", "ars.sante.fr",
	"francetravail.fr", "francetravail.net", "service-public.fr",
	"net-entreprises.fr", "caissedesdepots.fr",
	"banquedesterritoires.fr", "demarches-simplifiees.fr" };

/* --- Letters ---------------------------------------------------------------- */

/* Letters of Cyrillic, Greek and Latin that look like one of ASCII, sorted
 * (Unicode TS 39, the ones that are met). */
static const struct {
	uint32_t from;
	char to;
} alike[] = { { 0xdf, 's' }, { 0xe0, 'a' }, { 0xe1, 'a' }, { 0xe2, 'a' },
	{ 0xe3, 'a' }, { 0xe4, 'a' }, { 0xe5, 'a' }, { 0xe7, 'c' },
	{ 0xe8, 'e' }, { 0xe9, 'e' }, { 0xea, 'e' }, { 0xeb, 'e' },
	{ 0xec, 'i' }, { 0xed, 'i' }, { 0xee, 'i' }, { 0xef, 'i' },
	{ 0xf1, 'n' }, { 0xf2, 'o' }, { 0xf3, 'o' }, { 0xf4, 'o' },
	{ 0xf5, 'o' }, { 0xf6, 'o' }, { 0xf8, 'o' }, { 0xf9, 'u' },
	{ 0xfa, 'u' }, { 0xfb, 'u' }, { 0xfc, 'u' }, { 0xfd, 'y' },
	{ 0xff, 'y' }, { 0x101, 'a' }, { 0x103, 'a' }, { 0x105, 'a' },
	{ 0x107, 'c' }, { 0x10d, 'c' }, { 0x117, 'e' }, { 0x119, 'e' },
	{ 0x11b, 'e' }, { 0x12b, 'i' }, { 0x131, 'i' }, { 0x142, 'l' },
	{ 0x144, 'n' }, { 0x14d, 'o' }, { 0x151, 'o' }, { 0x15b, 's' },
	{ 0x15f, 's' }, { 0x161, 's' }, { 0x163, 't' }, { 0x16b, 'u' },
	{ 0x17a, 'z' }, { 0x17c, 'z' }, { 0x17e, 'z' }, { 0x251, 'a' },
	{ 0x261, 'g' }, { 0x3b1, 'a' }, { 0x3b5, 'e' }, { 0x3b9, 'i' },
	{ 0x3ba, 'k' }, { 0x3bd, 'v' }, { 0x3bf, 'o' }, { 0x3c1, 'p' },
	{ 0x3c5, 'u' }, { 0x3c7, 'x' }, { 0x430, 'a' }, { 0x435, 'e' },
	{ 0x43a, 'k' }, { 0x43c, 'm' }, { 0x43e, 'o' }, { 0x440, 'p' },
	{ 0x441, 'c' }, { 0x442, 't' }, { 0x443, 'y' }, { 0x445, 'x' },
	{ 0x455, 's' }, { 0x456, 'i' }, { 0x458, 'j' }, { 0x501, 'd' },
	{ 0x51b, 'q' }, { 0x51d, 'w' } };

static int
by_letter(const void *key, const void *entry)
{
	uint32_t a = *(const uint32_t *)key, b = *(const uint32_t *)entry;

	return a < b ? -1 : a > b;
}

/* Capitals of the blocks above. */
static uint32_t
lower_of(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
	    (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	/* In Latin Extended-A pairs begin at even places, but for two runs. */
	if (c >= 0x100 && c <= 0x17d &&
	    (c % 2 == 1) == ((c >= 0x139 && c <= 0x148) || c >= 0x179))
		return c + 1;
	return c;
}

static char
letter_of(uint32_t c)
{
	const char *found;

	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0; /* full width */
	else if (c >= 0x1d400 && c <= 0x1d6a3)
		c = 'a' + (c - 0x1d400) % 26; /* mathematical */
	else if (c >= 0x1d7ce && c <= 0x1d7ff)
		c = '0' + (c - 0x1d7ce) % 10;
	c = lower_of(c);
	if (c < 0x80)
		return c > ' ' ? (char)c : ' ';
	found = bsearch(&c, alike, OCT_LEN(alike), sizeof(*alike), by_letter);
	if (found == NULL)
		return ' ';
	return ((const char *)found)[offsetof(__typeof__(*alike), to)];
}

/* One character of valid UTF-8; its length. */
static size_t
next_character(const unsigned char *s, size_t len, uint32_t *out)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n == 1 || n > len) {
		*out = s[0];
		return 1;
	}
	*out = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		*out = *out << 6 | (s[i] & 0x3f);
	return n;
}

void
lookalike_fold(const char *utf8, size_t len, char *out, size_t size)
{
	const unsigned char *s = (const unsigned char *)utf8;
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size;) {
		uint32_t c;

		if (s[i] < 0x80) {
			out[n++] = letter_of(s[i++]);
			continue;
		}
		i += next_character(s + i, len - i, &c);
		/* Joiners and other signs of no width are not seen. */
		if ((c >= 0x200b && c <= 0x200f) || c == 0x2060 ||
		    c == 0xfeff || c == 0xad)
			continue;
		out[n++] = letter_of(c);
	}
	out[n] = '\0';
}

/* --- Domains ------------------------------------------------------------------ */

/* The label that somebody registered ("mairie" of "www.mairie.fr"), as it is read
 * by eye: "rn" for "m", digits for letters. */
static void
read_label(const char *org, char out[OCT_DOMAIN_SIZE])
{
	char label[OCT_DOMAIN_SIZE], folded[OCT_DOMAIN_SIZE];
	size_t len = strcspn(org, "."), n = 0;
	char *shown = NULL;

	memcpy(label, org, len);
	label[len] = '\0';
	if (strncmp(label, "xn--", 4) == 0 &&
	    idn2_to_unicode_8z8z(label, &shown, 0) == IDN2_OK)
		lookalike_fold(shown, strlen(shown), folded, sizeof(folded));
	else
		lookalike_fold(label, len, folded, sizeof(folded));
	idn2_free(shown);
	for (const char *p = folded; *p != '\0'; p++) {
		if (p[0] == 'r' && p[1] == 'n') {
			out[n++] = 'm';
			p++;
		} else if (p[0] == 'v' && p[1] == 'v') {
			out[n++] = 'w';
			p++;
		} else if (*p == '0') {
			out[n++] = 'o';
		} else if (*p == '1') {
			out[n++] = 'l';
		} else if (*p != '-') {
			out[n++] = *p;
		}
	}
	out[n] = '\0';
}

/* One letter more, less, other, or two swapped. */
static bool
is_near(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), i = 0;

	if (n > m)
		return is_near(b, a);
	if (m - n > 1)
		return false;
	while (i < n && a[i] == b[i])
		i++;
	if (n < m)
		return strcmp(a + i, b + i + 1) == 0;
	if (i == n)
		return false; /* the same */
	if (strcmp(a + i + 1, b + i + 1) == 0)
		return true;
	return a[i] == b[i + 1] && a[i + 1] == b[i] && a[i] != '\0' &&
	    strcmp(a + i + 2, b + i + 2) == 0;
}

/* The organisation of a name: for those below a public suffix of names that
 * anybody may take, that name. */
static void
org_of(const char *domain, char out[OCT_DOMAIN_SIZE])
{
	if (auth_psl_org(domain, out) == 1)
		return;
	memcpy(out, domain, strlen(domain) + 1);
}

/* "impots.gouv.fr.example.com" or "impots-gouv-fr.example.com": the whole name
 * before another's, with dots or dashes. */
static bool
stands_before(const char *host, const char *domain)
{
	size_t n = strlen(domain);

	for (const char *p = host; *p != '\0'; p++) {
		size_t i = 0;

		if (p > host && p[-1] != '.' && p[-1] != '-')
			continue;
		while (i < n && (p[i] == domain[i] ||
				    (domain[i] == '.' && p[i] == '-')))
			i++;
		if (i == n && (p[n] == '.' || p[n] == '-'))
			return true;
	}
	return false;
}

/* A name, its organisation, and how that is read. */
struct seen {
	const char *name;
	char org[OCT_DOMAIN_SIZE], label[OCT_DOMAIN_SIZE];
};

static void
look_at(const char *name, struct seen *out)
{
	out->name = name;
	org_of(name, out->org);
	read_label(out->org, out->label);
}

/* "antai-paiement.top": the other's label as words of this one. */
static bool
has_word(const char *org, const char *theirs)
{
	static const char *const common[] = { "mairie", "ville", "commune",
		"agglo", "village", "orange", "apple", "google" };
	size_t len = strcspn(org, "."), n = strcspn(theirs, ".");

	if (n < LABEL_MIN || n >= len)
		return false;
	for (size_t i = 0; i < OCT_LEN(common); i++)
		if (strlen(common[i]) == n &&
		    strncmp(theirs, common[i], n) == 0)
			return false;
	for (size_t i = 0; i + n <= len; i++)
		if (strncmp(org + i, theirs, n) == 0 &&
		    (i == 0 || org[i - 1] == '-') &&
		    (i + n == len || org[i + n] == '-'))
			return true;
	return false;
}

static enum lookalike
compare(const struct seen *host, const struct seen *domain)
{
	const char *org = host->org, *theirs = domain->org;
	const char *a = host->label, *b = domain->label;

	if (strcmp(org, theirs) == 0 ||
	    oct_domain_under(host->name, domain->name))
		return LOOKALIKE_NONE;
	if (stands_before(host->name, domain->name))
		return LOOKALIKE_SAME;
	if (strlen(b) < LABEL_MIN)
		return LOOKALIKE_NONE;
	/* The same name at another suffix is honest, unless it only looks the
	 * same. */
	if (strcmp(a, b) == 0)
		return strcspn(org, ".") != strcspn(theirs, ".") ||
			strncmp(org, theirs, strcspn(org, ".")) != 0
		    ? LOOKALIKE_SAME
		    : LOOKALIKE_NONE;
	if ((strlen(b) >= LABEL_NEAR_MIN && is_near(a, b)) ||
	    has_word(org, theirs))
		return LOOKALIKE_NEAR;
	return LOOKALIKE_NONE;
}

static bool
is_name(const char *host)
{
	return *host != '\0' && *host != '[' &&
	    strlen(host) < OCT_DOMAIN_SIZE;
}

enum lookalike
lookalike_of(const char *host, const char *domain)
{
	struct seen a, b;

	if (!is_name(host) || !is_name(domain))
		return LOOKALIKE_NONE;
	look_at(host, &a);
	look_at(domain, &b);
	return compare(&a, &b);
}

/* --- Many names -------------------------------------------------------------------- */

#define BORDERS_MAX 12 /* between labels and words of a host that are looked at */
#define KNOWN_MIN 6    /* shorter names stand in others by chance */

enum reading { /* flags */
	READ_DIGITS = 1u << 0, /* 0 and 1 for o and l */
	READ_PAIRS = 1u << 1,  /* rn and vv for m and w */
	READINGS = 1u << 2
};

/* A host as it may be read; letters of other scripts as Latin ones. */
static void
read_host(const char *host, unsigned int how, char out[OCT_DOMAIN_SIZE])
{
	char *shown = NULL, folded[OCT_DOMAIN_SIZE];
	size_t n = 0;

	if (strstr(host, "xn--") != NULL &&
	    idn2_to_unicode_8z8z(host, &shown, 0) == IDN2_OK)
		lookalike_fold(shown, strlen(shown), folded, sizeof(folded));
	else
		lookalike_fold(host, strlen(host), folded, sizeof(folded));
	idn2_free(shown);
	for (const char *p = folded; *p != '\0'; p++) {
		bool pair = (how & READ_PAIRS) != 0 &&
		    ((p[0] == 'r' && p[1] == 'n') ||
			(p[0] == 'v' && p[1] == 'v'));
		bool digit = (how & READ_DIGITS) != 0 &&
		    (*p == '0' || *p == '1');

		out[n++] = pair ? (*p == 'r' ? 'm' : 'w')
		    : digit	? (*p == '0' ? 'o' : 'l')
				: *p;
		p += pair;
	}
	out[n] = '\0';
}

/* The name, or one that it is under. */
static bool
is_under_known(const char *host, lookalike_known *known, const void *arg)
{
	for (const char *p = host; p != NULL && *p != '\0';
	     p = strchr(p, '.')) {
		p += *p == '.';
		if (strchr(p, '.') != NULL && known(arg, p))
			return true;
	}
	return false;
}

/* The octets from start to end as a name, with dots, or with its last dash as one. */
static bool
is_piece_known(const char *start, const char *end, lookalike_known *known,
    const void *arg)
{
	char name[OCT_DOMAIN_SIZE], *dash;
	size_t len = (size_t)(end - start);

	if (len < KNOWN_MIN || len >= sizeof(name))
		return false;
	memcpy(name, start, len);
	name[len] = '\0';
	if (strchr(name, '.') != NULL && known(arg, name))
		return true;
	dash = strrchr(name, '-');
	if (dash == NULL || strchr(dash, '.') != NULL)
		return false;
	*dash = '.';
	return known(arg, name);
}

static bool
holds_known(const char *host, lookalike_known *known, const void *arg)
{
	const char *border[BORDERS_MAX + 1];
	size_t n = 0;

	border[n++] = host;
	for (const char *p = host; *p != '\0' && n <= BORDERS_MAX; p++)
		if (*p == '.' || *p == '-')
			border[n++] = p + 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			if (is_piece_known(border[i], border[k] - 1, known,
				arg))
				return true;
	return false;
}

bool
lookalike_of_known(const char *host, lookalike_known *known, const void *arg)
{
	char text[OCT_DOMAIN_SIZE];

	if (!is_name(host) || is_under_known(host, known, arg))
		return false;
	for (unsigned int how = 0; how < READINGS; how++) {
		read_host(host, how, text);
		if (strcmp(text, host) != 0 &&
		    is_under_known(text, known, arg))
			return true;
	}
	return holds_known(host, known, arg);
}

/* --- Institutions ------------------------------------------------------------------ */

/* The list never changes: looked at once. */
static struct seen known[OCT_LEN(institutions)];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
look_at_all(void)
{
	for (size_t i = 0; i < OCT_LEN(institutions); i++)
		look_at(institutions[i], &known[i]);
}

bool
lookalike_is_institution(const char *host)
{
	for (size_t i = 0; i < OCT_LEN(trusted); i++)
		if (oct_domain_under(host, trusted[i]))
			return true;
	return false;
}

enum lookalike
lookalike_of_institution(const char *host)
{
	enum lookalike found = LOOKALIKE_NONE;
	struct seen h;

	(void)pthread_once(&once, look_at_all);
	for (size_t i = 0; i < OCT_LEN(institutions); i++)
		if (oct_domain_under(host, institutions[i]))
			return LOOKALIKE_NONE;
	if (!is_name(host) || lookalike_is_institution(host))
		return LOOKALIKE_NONE;
	look_at(host, &h);
	for (size_t i = 0; i < OCT_LEN(institutions); i++) {
		enum lookalike one = compare(&h, &known[i]);

		found = one > found ? one : found;
	}
	return found;
}
