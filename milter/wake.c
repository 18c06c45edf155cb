/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/wake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct knocker {
	struct sockaddr_un sun;
	atomic_bool done;
};

/* The first knock may come before the stop is noted: again until it is over. */
static void *
knock(void *arg)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000 };
	struct knocker *k = arg;

	while (!atomic_load(&k->done)) {
		int fd = socket(AF_UNIX,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		if (fd != -1) {
			(void)connect(fd, (const struct sockaddr *)&k->sun,
			    sizeof(k->sun));
			(void)close(fd);
		}
		(void)nanosleep(&pause, NULL);
	}
	return NULL;
}

void
wake_during(const char *socket_name, void (*stop)(void))
{
	struct knocker k = { .sun = { .sun_family = AF_UNIX } };
	pthread_t thread;
	size_t len;
	bool knocks = false;

	if (strncmp(socket_name, "unix:", 5) == 0) {
		len = strlen(socket_name + 5);
		if (len < sizeof(k.sun.sun_path)) {
			memcpy(k.sun.sun_path, socket_name + 5, len + 1);
			knocks = pthread_create(&thread, NULL, knock, &k) == 0;
		}
	}
	stop();
	atomic_store(&k.done, true);
	if (knocks)
		(void)pthread_join(thread, NULL);
}
