/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/https_get.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"

#define READ_OCTETS 2048

struct getting {
	const struct https_get *g;
	char *problem;
	int fd;
	SSL *ssl;
	struct oct_str answer;
};

static int
say(struct getting *x, int rc, const char *what)
{
	(void)snprintf(x->problem, HTTPS_GET_PROBLEM_SIZE, "%.150s", what);
	return rc;
}

static int
wait_for(struct getting *x, short events)
{
	struct pollfd p = { .fd = x->fd, .events = events };
	int64_t left = x->g->deadline_ms - oct_clock_mono_ms();
	int n;

	if (left <= 0)
		return say(x, OCT_ETIME, "no answer in time");
	n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
	if (n < 0 && errno != EINTR)
		return say(x, -errno, oct_strerror(-errno));
	return 0;
}

static int
open_socket(struct getting *x)
{
	const struct https_get *g = x->g;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons(g->port) };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_port = htons(g->port) };
	bool v6 = g->ip.family == AF_INET6;
	socklen_t len = sizeof(int);
	int rc, error = 0;

	memcpy(&six.sin6_addr, g->ip.octets, 16);
	memcpy(&four.sin_addr, g->ip.octets, 4);
	x->fd = socket(g->ip.family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (x->fd < 0)
		return say(x, -errno, oct_strerror(-errno));
	rc = v6 ? connect(x->fd, (const struct sockaddr *)&six, sizeof(six))
		: connect(x->fd, (const struct sockaddr *)&four, sizeof(four));
	if (rc != 0 && errno != EINPROGRESS)
		return say(x, -errno, oct_strerror(-errno));
	rc = wait_for(x, POLLOUT);
	if (rc == 0 &&
	    getsockopt(x->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
	    error != 0)
		rc = say(x, -error, oct_strerror(-error));
	return rc;
}

/* What an SSL call wants before it is called again; or it failed. */
static int
again(struct getting *x, int result, const char *what)
{
	long verify = SSL_get_verify_result(x->ssl);

	switch (SSL_get_error(x->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(x, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(x, POLLOUT);
	default:
		break;
	}
	if (verify != X509_V_OK)
		return say(x, OCT_EAUTH,
		    X509_verify_cert_error_string(verify));
	return say(x, OCT_EREPLY, what);
}

static int
shake_hands(struct getting *x, SSL_CTX *ctx)
{
	const char *host = x->g->host;
	int rc = 0;

	if (SSL_CTX_set_default_verify_paths(ctx) != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		return say(x, OCT_ECONF, "TLS cannot be set up");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	x->ssl = SSL_new(ctx);
	if (x->ssl == NULL || SSL_set_fd(x->ssl, x->fd) != 1 ||
	    /* SSL_set_tlsext_host_name, without its cast */
	    SSL_ctrl(x->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) != 1 ||
	    SSL_set1_host(x->ssl, host) != 1)
		return say(x, OCT_ECONF, "TLS cannot be set up");
	SSL_set_hostflags(x->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	while (rc == 0) {
		int n = SSL_connect(x->ssl);

		if (n == 1)
			return 0;
		rc = again(x, n, "no TLS connection");
	}
	return rc;
}

static int
ask(struct getting *x)
{
	char head[1024];
	int rc = 0, len = snprintf(head, sizeof(head),
		 "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
		 "User-Agent: octroi\r\nAccept: text/plain\r\n\r\n",
		 x->g->path, x->g->host);

	if (len < 0 || (size_t)len >= sizeof(head))
		return say(x, OCT_EFULL, "the name is too long");
	while (rc == 0) {
		int n = SSL_write(x->ssl, head, len);

		if (n == len)
			return 0;
		rc = again(x, n, "the connection ended");
	}
	return rc;
}

static int
read_answer(struct getting *x)
{
	char octets[READ_OCTETS];
	int rc = 0;

	while (rc == 0) {
		int n = SSL_read(x->ssl, octets, sizeof(octets));

		if (n > 0) {
			oct_str_addn(&x->answer, octets, (size_t)n);
			if (oct_str_err(&x->answer) != 0)
				return say(x, OCT_EREPLY,
				    "the answer is longer than 64 KiB");
		} else {
			int error = SSL_get_error(x->ssl, n);

			if (error == SSL_ERROR_ZERO_RETURN ||
			    error == SSL_ERROR_SYSCALL ||
			    error == SSL_ERROR_SSL)
				return 0; /* cut off: the parser sees it */
			rc = again(x, n, "the connection ended");
		}
	}
	return rc;
}

/* --- The answer ------------------------------------------------------------- */

/* The value of a field of the head, its length; NULL: there is none. */
static const char *
field(const char *head, const char *end, const char *name, size_t *len)
{
	size_t n = strlen(name);

	for (const char *line = head; line < end;) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((next != NULL ? next : end) - line);

		if (length > n && line[n] == ':' &&
		    strncasecmp(line, name, n) == 0) {
			const char *value = line + n + 1;

			while (value < line + length && *value == ' ')
				value++;
			*len = (size_t)(line + length - value);
			while (*len > 0 && (value[*len - 1] == '\r' ||
					       value[*len - 1] == ' '))
				--*len;
			return value;
		}
		line += length + 1;
	}
	return NULL;
}

/* RFC 9112 7.1, without extensions' meaning and trailers. */
static int
unchunk(const char *p, const char *end, struct oct_str *out)
{
	for (;;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t size = 0;

		if (eol == NULL)
			return OCT_EREPLY;
		for (; p < eol && strchr("\r;", *p) == NULL; p++) {
			static const char hex[] = "0123456789abcdef";
			char low = *p >= 'A' && *p <= 'F' ? (char)(*p | 0x20)
							  : *p;
			const char *digit = memchr(hex, low, 16);

			if (digit == NULL || size > HTTPS_GET_MAX)
				return OCT_EREPLY;
			size = size * 16 + (size_t)(digit - hex);
		}
		p = eol + 1;
		if (size == 0)
			return 0;
		if (size + 2 > (size_t)(end - p))
			return OCT_EREPLY;
		oct_str_addn(out, p, size);
		p += size + 2;
	}
}

static int
parse_answer(struct getting *x, unsigned int *status, struct oct_str *body)
{
	const char *text = oct_str_text(&x->answer), *end = text + x->answer.len;
	const char *rest = strstr(text, "\r\n\r\n"), *value;
	char code[4] = "";
	int64_t number;
	size_t len;

	if (rest == NULL || x->answer.len < 12 ||
	    strncmp(text, "HTTP/1.", 7) != 0)
		return say(x, OCT_EREPLY, "it does not answer in HTTP/1.1");
	memcpy(code, text + 9, 3);
	if (oct_num_int(code, 100, 599, &number) != 0)
		return say(x, OCT_EREPLY, "it does not answer in HTTP/1.1");
	*status = (unsigned int)number;
	value = field(text, rest, "Transfer-Encoding", &len);
	if (value != NULL && len == 7 && strncasecmp(value, "chunked", 7) == 0)
		return unchunk(rest + 4, end, body) == 0
		    ? 0
		    : say(x, OCT_EREPLY, "the answer is cut off");
	oct_str_addn(body, rest + 4, (size_t)(end - rest - 4));
	value = field(text, rest, "Content-Length", &len);
	if (value != NULL && len < sizeof("65536")) {
		char digits[8] = "";

		memcpy(digits, value, len);
		if (oct_num_int(digits, 0, HTTPS_GET_MAX, &number) != 0 ||
		    (int64_t)(end - rest - 4) < number)
			return say(x, OCT_EREPLY, "the answer is cut off");
	}
	return 0;
}

int
https_get(const struct https_get *g, unsigned int *status,
    struct oct_str *body, char problem[HTTPS_GET_PROBLEM_SIZE])
{
	struct getting x = { .g = g, .problem = problem, .fd = -1 };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int rc = 0;

	problem[0] = '\0';
	*status = 0;
	oct_str_heap(&x.answer, HTTPS_GET_MAX);
	if (ctx == NULL)
		rc = say(&x, -ENOMEM, "out of memory");
	if (rc == 0)
		rc = open_socket(&x);
	if (rc == 0)
		rc = shake_hands(&x, ctx);
	if (rc == 0)
		rc = ask(&x);
	if (rc == 0)
		rc = read_answer(&x);
	if (rc == 0)
		rc = parse_answer(&x, status, body);
	SSL_free(x.ssl);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	if (x.fd >= 0)
		(void)close(x.fd);
	oct_str_free(&x.answer);
	return rc;
}
