/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/mapd_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/daemon.h"
#include "lib/err.h"
#include "lib/num.h"
#include "provisioning/mapd_server.h"

#define BACKLOG 512
#define SOCK_FLAGS (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

/* --- UNIX ---------------------------------------------------------------- */

/* A socket that nobody listens on any more is in the way of bind. */
static int
remove_dead(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, rc = 0;

	if (lstat(sun->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_FLAGS, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
	    errno != ECONNREFUSED)
		rc = -EADDRINUSE;
	else if (unlink(sun->sun_path) != 0)
		rc = -errno;
	(void)close(fd);
	return rc;
}

int
mapd_listen_unix(const char *path, unsigned int mode, const char *group)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd, rc;

	if (len >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, len + 1);
	rc = remove_dead(&sun);
	if (rc != 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_FLAGS, 0);
	if (fd == -1)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0)
		rc = -errno;
	if (rc == 0)
		rc = daemon_socket_access(path, mode, group);
	if (rc == 0 && listen(fd, BACKLOG) != 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	(void)close(fd);
	return rc;
}

/* --- TCP ----------------------------------------------------------------- */

/* "127.0.0.1:port" or "[::1]:port". */
static int
parse_endpoint(const char *text, struct oct_ip *ip, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	char host[OCT_IP_SIZE];
	int64_t number;
	size_t len;

	if (colon == NULL)
		return OCT_EPARSE;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && colon[-1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return OCT_EPARSE;
	memcpy(host, text, len);
	host[len] = '\0';
	if (oct_ip_parse(host, ip) != 0 ||
	    oct_num_int(colon + 1, 1, 65535, &number) != 0)
		return OCT_EPARSE;
	*port = (uint16_t)number;
	return 0;
}

static bool
is_loopback(const struct oct_ip *ip)
{
	static const uint8_t six[16] = {[15] = 1};

	if (ip->family == AF_INET)
		return ip->octets[0] == 127;
	return memcmp(ip->octets, six, sizeof(six)) == 0;
}

bool
mapd_listen_check(const char *address)
{
	struct oct_ip ip;
	uint16_t port;

	return *address == '\0' ||
	       (parse_endpoint(address, &ip, &port) == 0 && is_loopback(&ip));
}

static socklen_t
make_sockaddr(
    const struct oct_ip *ip, uint16_t port, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (ip->family == AF_INET) {
		struct sockaddr_in *sin = (struct sockaddr_in *)out;

		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, ip->octets, sizeof(sin->sin_addr));
		return sizeof(*sin);
	}
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)out;

	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	memcpy(&sin6->sin6_addr, ip->octets, sizeof(sin6->sin6_addr));
	return sizeof(*sin6);
}

int
mapd_listen_tcp(const char *address)
{
	struct sockaddr_storage addr;
	struct oct_ip ip;
	uint16_t port;
	socklen_t len;
	int fd, on = 1, rc = parse_endpoint(address, &ip, &port);

	if (rc != 0)
		return rc;
	len = make_sockaddr(&ip, port, &addr);
	fd = socket(addr.ss_family, SOCK_FLAGS, 0);
	if (fd == -1)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&addr, len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	rc = -errno;
	(void)close(fd);
	return rc;
}
