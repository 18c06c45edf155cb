/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the system that commands use, opened at first use.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_cmd.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLV_SERVERS_MAX 3 /* as resolv.conf(5) */
#define SERVER_SIZE (OCT_IP_SIZE + 8) /* [IP]:PORT */
#define SPOOL_FOLDER_MODE 02770

int
ctl_settings(struct ctl *ctl, const struct settings **out)
{
	if (ctl->settings == NULL) {
		if (settings_load(ctl->conf, &ctl->settings) != 0)
			return DAEMON_EXIT_CONFIG; /* said by the loader */
		/* Days are those of the platform. */
		(void)!settings_tell_time(ctl->settings);
	}
	*out = ctl->settings;
	return 0;
}

int
ctl_secret(struct ctl *ctl, struct oct_secret *out)
{
	const struct settings *set;
	int status = ctl_settings(ctl, &set), rc;

	if (status != 0)
		return status;
	rc = oct_secret_load(set->secret_file, out);
	return rc == 0 ? 0
		       : ctl_fail_rc(ctl, rc, "secret", set->secret_file);
}

int
ctl_today(struct ctl *ctl, char out[DETAIL_DATE_SIZE])
{
	const struct settings *set;
	int status = ctl_settings(ctl, &set);

	if (status == 0)
		detail_day(oct_clock_wall_ms(), out);
	return status;
}

int
ctl_settings_maybe(struct ctl *ctl, const struct settings **out)
{
	*out = NULL;
	if (!ctl->conf_given && ctl->settings == NULL &&
	    access(ctl->conf, R_OK) != 0)
		return 0;
	return ctl_settings(ctl, out);
}

int
ctl_store(struct ctl *ctl, struct store **out)
{
	const struct settings *set;
	struct store_conf conf;
	int status, rc;

	if (ctl->store == NULL) {
		status = ctl_settings(ctl, &set);
		if (status != 0)
			return status;
		settings_store(set, &conf);
		rc = store_new(&conf, &ctl->store);
		if (rc == 0)
			rc = store_ping(ctl->store);
		if (rc != 0)
			return ctl_fail_rc(ctl, rc, "Redis at",
			    set->redis_address);
	}
	*out = ctl->store;
	return 0;
}

int
ctl_spool(struct ctl *ctl, struct spool **out)
{
	struct spool_opts opts = { .folder_mode = SPOOL_FOLDER_MODE };
	const struct settings *set;
	int status, rc;

	if (ctl->spool == NULL) {
		status = ctl_settings(ctl, &set);
		if (status != 0)
			return status;
		opts.reserve = (uint64_t)set->spool_reserve;
		rc = spool_open(set->spool_path, &opts, &ctl->spool);
		if (rc != 0)
			return ctl_fail_rc(ctl, rc, "spool", set->spool_path);
	}
	*out = ctl->spool;
	return 0;
}

/* --- DNS ---------------------------------------------------------------- */

/* The servers of resolv.conf(5), at most max; returns how many. */
static size_t
system_servers(char servers[][SERVER_SIZE], size_t max)
{
	FILE *f = fopen(RESOLV_CONF, "re");
	char line[512], value[OCT_IP_SIZE];
	struct oct_ip ip;
	size_t n = 0;

	while (f != NULL && n < max && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, " nameserver %63[0-9a-fA-F.:]", value) == 1 &&
		    oct_ip_parse(value, &ip) == 0)
			oct_ip_text(&ip, servers[n++]);
	}
	if (f != NULL)
		(void)fclose(f);
	return n;
}

/* The addresses of HOST or HOST:PORT as the system knows them; returns how many.
 * What is an address already is none of its business. */
static size_t
named_servers(const char *text, char servers[][SERVER_SIZE], size_t max)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICSERV };
	const char *colon = strchr(text, ':'), *port = "53";
	struct addrinfo *found = NULL;
	char host[OCT_DOMAIN_SIZE], ip[OCT_IP_SIZE];
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	size_t n = 0;
	struct oct_ip address;

	if (len == 0 || len >= sizeof(host) || text[0] == '[')
		return 0;
	memcpy(host, text, len);
	host[len] = '\0';
	if (colon != NULL)
		port = colon + 1;
	if (strchr(port, ':') != NULL || oct_ip_parse(host, &address) == 0 ||
	    getaddrinfo(host, port, &hints, &found) != 0)
		return 0;
	for (const struct addrinfo *a = found; a != NULL && n < max;
	    a = a->ai_next) {
		if (getnameinfo(a->ai_addr, a->ai_addrlen, ip, sizeof(ip), NULL,
			0, NI_NUMERICHOST) != 0 ||
		    oct_ip_parse(ip, &address) != 0)
			continue;
		(void)snprintf(servers[n++], SERVER_SIZE,
		    address.family == AF_INET6 ? "[%s]:%s" : "%s:%s", ip, port);
	}
	freeaddrinfo(found);
	return n;
}

/* By --dns, else those of the system; returns how many. */
static size_t
find_servers(const char *server, char servers[][SERVER_SIZE])
{
	size_t n, len;

	if (server == NULL)
		return system_servers(servers, RESOLV_SERVERS_MAX);
	n = named_servers(server, servers, RESOLV_SERVERS_MAX);
	len = strlen(server);
	if (n > 0 || len >= SERVER_SIZE)
		return n;
	memcpy(servers[0], server, len + 1); /* an address, or refused later */
	return 1;
}

static int
open_dns(struct ctl *ctl, const char *server, bool quiet, struct dns **out)
{
	char found[RESOLV_SERVERS_MAX][SERVER_SIZE];
	const char *servers[RESOLV_SERVERS_MAX];
	const struct settings *set = NULL;
	struct dns_conf conf;
	int rc;

	if (ctl->dns != NULL) {
		*out = ctl->dns;
		return 0;
	}
	dns_conf_init(&conf);
	if (server == NULL) {
		int status = ctl_settings_maybe(ctl, &set);

		if (status != 0)
			return status;
	}
	if (set != NULL) {
		settings_dns(set, &conf);
	} else {
		conf.server_count = find_servers(server, found);
		for (size_t i = 0; i < conf.server_count; i++)
			servers[i] = found[i];
		conf.servers = servers;
	}
	if (conf.server_count == 0 && quiet) {
		*out = NULL;
		return 0;
	}
	if (conf.server_count == 0)
		return ctl_fail(ctl, DAEMON_EXIT_CONFIG,
		    "no DNS server is known: name one with --dns HOST:PORT");
	rc = dns_new(&conf, &ctl->dns);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "DNS server", conf.servers[0]);
	*out = ctl->dns;
	return 0;
}

int
ctl_dns(struct ctl *ctl, const char *server, struct dns **out)
{
	return open_dns(ctl, server, false, out);
}

int
ctl_dns_quiet(struct ctl *ctl, const char *server, struct dns **out)
{
	return open_dns(ctl, server, true, out);
}

void
ctl_close(struct ctl *ctl)
{
	dns_free(ctl->dns);
	spool_close(ctl->spool);
	store_free(ctl->store);
	settings_free(ctl->settings);
	ctl->dns = NULL;
	ctl->spool = NULL;
	ctl->store = NULL;
	ctl->settings = NULL;
}

/* --- Files and the directory -------------------------------------------- */

int
ctl_open(const struct ctl *ctl, const char *path, int *fd)
{
	bool standard = strcmp(path, "-") == 0;

	*fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
		       : open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return ctl_fail_rc(ctl, -errno, "file", path);
	return 0;
}

int
ctl_directory(struct ctl *ctl, const char *domain,
    const struct dir_snapshot **out)
{
	struct store *store = NULL;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = directory_read(store, domain, out);
	if (rc == OCT_EABSENT)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no domain %s: 'octroictl domain list' shows all",
		    domain);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "directory in Redis at",
		    ctl->settings->redis_address);
	return 0;
}
