/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What limits challenges on the whole platform (challenge.md 5), in section
 * challenge.
 */
#include <stddef.h>

#include "policy/settings_int.h"

static const struct oct_conf_item items[] = {
	{ .section = "challenge",
	    .name = "big_providers",
	    .type = OCT_CONF_LIST,
	    .lo = 0,
	    .hi = 1000,
	    .check = settings_is_domain,
	    .expected = "an organisational domain",
	    .standard = "gmail.com googlemail.com google.com outlook.com "
			"outlook.fr hotmail.com hotmail.fr live.com live.fr "
			"msn.com yahoo.com yahoo.fr yahoodns.net icloud.com "
			"me.com apple.com orange.fr wanadoo.fr laposte.net "
			"free.fr proxad.net sfr.fr sfr.net neuf.fr bbox.fr "
			"gmx.fr gmx.com gmx.net proton.me protonmail.com "
			"protonmail.ch aol.com ovh.net gandi.net",
	    .help = "organisations where everybody may have an address or his "
		    "mail: a share is an address's, and the network's cap is "
		    "cap_network_provider",
	    .offset = offsetof(struct settings, big_providers) },
	{ .section = "challenge",
	    .name = "cap_sender",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 10000000,
	    .standard = "3",
	    .help = "challenges a day to one address, of the whole platform",
	    .offset = offsetof(struct settings, cap_sender) },
	{ .section = "challenge",
	    .name = "cap_domain",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 10000000,
	    .standard = "500",
	    .help = "challenges a day for one hosted domain that, like its "
		    "tenant, sets none; set to other than the default it is "
		    "also the most that they may set",
	    .offset = offsetof(struct settings, cap_domain) },
	{ .section = "challenge",
	    .name = "cap_network",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 10000000,
	    .standard = "20",
	    .help = "challenges an hour to one MX network (/24, /48)",
	    .offset = offsetof(struct settings, cap_network) },
	{ .section = "challenge",
	    .name = "cap_network_provider",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 10000000,
	    .standard = "500",
	    .help = "challenges an hour to one big provider",
	    .offset = offsetof(struct settings, cap_network_provider) },
	{ .section = "challenge",
	    .name = "cap_platform",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 10000000,
	    .standard = "2000",
	    .help = "challenges a day of the whole platform",
	    .offset = offsetof(struct settings, cap_platform) },
	{ .section = "challenge",
	    .name = "share_percent",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 100,
	    .standard = "10",
	    .help = "of each of these caps that one organisation may use",
	    .offset = offsetof(struct settings, share_percent) },
	{ .section = "challenge",
	    .name = "alerts",
	    .type = OCT_CONF_STRING,
	    .lo = 0,
	    .hi = 254,
	    .check = settings_is_address_or_empty,
	    .expected = "an address, or nothing",
	    .standard = "",
	    .help = "address of the administrators, who are told at once that "
		    "a breaker opened, and each Monday the numbers of the "
		    "week; empty: the log alone says so",
	    .offset = offsetof(struct settings, challenge_alerts) },
	{ .section = "challenge",
	    .name = "breaker_volume_org",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 10000000,
	    .standard = "10",
	    .help = "challenges an hour to senders of one organisation that are never too many",
	    .offset = offsetof(struct settings, breaker_volume_org) },
	{ .section = "challenge",
	    .name = "breaker_volume",
	    .type = OCT_CONF_INT,
	    .lo = 1,
	    .hi = 10000000,
	    .standard = "100",
	    .help = "the same to one MX network, and of the whole platform",
	    .offset = offsetof(struct settings, breaker_volume) },
};

struct oct_conf_table
settings_table_caps(struct settings *s)
{
	return (struct oct_conf_table){ .items = items,
		.count = OCT_LEN(items), .values = s };
}
