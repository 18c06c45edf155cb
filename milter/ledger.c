/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/log.h"
#include "lib/str.h"

#define FOLDER_MODE 0750
#define FILE_MODE 0640
#define PATH_SIZE 4096

/* The last good line stands in these last octets of a file, or there is damage
 * that a restart does not make. */
#define TAIL_OCTETS 65536

struct ledger {
	char *folder, *node;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t work, done; /* something is to be synced; it was */
	pthread_t syncer;
	bool running, stop;
	int fd; /* -1: not open */
	char name[LEDGER_NAME_SIZE];
	off_t end; /* where the last whole line ends */
	bool damaged; /* a line was cut short: to be opened anew */
	int64_t n;
	char hash[LEDGER_HASH_SIZE];
	uint64_t written, synced; /* appends */
	uint64_t unsure; /* up to this one a sync failed, with sync_rc */
	int sync_rc;
	bool syncing;
	int failed; /* the error in force, 0 = none */
	uint64_t lost;
};

/* --- The end of the chain --------------------------------------------------- */

/* Close what was being written when the node went down. */
static int
close_torn(int fd, off_t size)
{
	static const char mark[] = LEDGER_TORN "\n";
	int rc = oct_io_write(fd, mark, sizeof(mark) - 1);

	oct_log(OCT_WARNING,
	    "ledger=torn at=%lld effect=\"a line that was being written is "
	    "marked; nobody was answered for it\"",
	    (long long)size);
	return rc;
}

/* The last good entry in the text (of which the first line may be cut): true if
 * there is one. */
static bool
last_entry(char *text, struct ledger_entry *out)
{
	bool found = false;
	char *line = text, *end;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		struct ledger_entry e;

		*end = '\0';
		if (ledger_parse(line, &e) == 0) {
			*out = e;
			found = true;
		}
	}
	return found;
}

/* The file's last octets, NUL-terminated. */
static int
read_tail(int fd, off_t size, char **out, size_t *len)
{
	off_t from = size > TAIL_OCTETS ? size - TAIL_OCTETS : 0;
	char *text = malloc(TAIL_OCTETS + 1);
	int rc = 0;

	if (text == NULL)
		return -ENOMEM;
	if (lseek(fd, from, SEEK_SET) == (off_t)-1)
		rc = -errno;
	if (rc == 0)
		rc = oct_io_read(fd, text, TAIL_OCTETS, len);
	if (rc != 0) {
		free(text);
		return rc;
	}
	text[*len] = '\0';
	*out = text;
	return 0;
}

/* Go on where the file ends; found: it has an entry. */
static int
read_end(struct ledger *l, int fd, bool *found)
{
	struct ledger_entry e;
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	int rc = fstat(fd, &st) == 0 ? 0 : -errno;

	*found = false;
	if (rc != 0 || st.st_size == 0)
		return rc;
	rc = read_tail(fd, st.st_size, &text, &len);
	if (rc == 0 && len > 0 && text[len - 1] != '\n')
		rc = close_torn(fd, st.st_size);
	if (rc == 0 && last_entry(text, &e)) {
		*found = true;
		l->n = e.n;
		memcpy(l->hash, e.hash, sizeof(l->hash));
	}
	free(text);
	return rc;
}

/* --- Files ------------------------------------------------------------------ */

static int
open_file(const struct ledger *l, const char *name, int flags)
{
	char path[PATH_SIZE];
	struct oct_str s;
	int fd;

	oct_str_fixed(&s, path, sizeof(path));
	oct_str_addf(&s, "%s/%s", l->folder, name);
	if (oct_str_err(&s) != 0)
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	return fd >= 0 ? fd : -errno;
}

/* The newest file of this node before the one named: "" = none. */
static int
file_before(const struct ledger *l, const char *name,
    char out[LEDGER_NAME_SIZE])
{
	DIR *dir = opendir(l->folder);
	const struct dirent *e;

	out[0] = '\0';
	if (dir == NULL)
		return -errno;
	while ((e = readdir(dir)) != NULL)
		if (ledger_is_name(e->d_name, l->node) &&
		    strlen(e->d_name) < LEDGER_NAME_SIZE &&
		    strcmp(e->d_name, name) < 0 && strcmp(e->d_name, out) > 0)
			memcpy(out, e->d_name, strlen(e->d_name) + 1);
	(void)closedir(dir);
	return 0;
}

/* The chain goes on from the files before. */
static int
read_before(struct ledger *l, const char *name)
{
	char before[LEDGER_NAME_SIZE];
	bool found = false;
	int fd, rc = file_before(l, name, before);

	while (rc == 0 && !found && before[0] != '\0') {
		fd = open_file(l, before, O_RDWR | O_APPEND);
		if (fd < 0)
			return fd;
		rc = read_end(l, fd, &found);
		(void)close(fd);
		if (rc == 0 && !found) {
			char older[LEDGER_NAME_SIZE];

			rc = file_before(l, before, older);
			memcpy(before, older, sizeof(before));
		}
	}
	if (rc == 0 && !found) {
		l->n = 0;
		memcpy(l->hash, ledger_origin, sizeof(l->hash));
	}
	return rc;
}

static int
sync_folder(const struct ledger *l)
{
	int fd = open(l->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = fsync(fd) == 0 ? 0 : -errno;
	(void)close(fd);
	return rc;
}

static void
close_file(struct ledger *l)
{
	if (l->fd >= 0)
		(void)close(l->fd); /* and the flock with it */
	l->fd = -1;
	l->name[0] = '\0';
	l->damaged = false;
}

/* The file of that name, locked, at its end. */
static int
begin_file(struct ledger *l, const char *name)
{
	struct stat st;
	bool found = false;
	int fd, rc = 0;

	if (mkdir(l->folder, FOLDER_MODE) != 0 && errno != EEXIST)
		return -errno;
	fd = open_file(l, name, O_RDWR | O_APPEND | O_CREAT);
	if (fd < 0)
		return fd;
	/* Two writers would make two chains. */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		rc = -errno;
	if (rc == 0)
		rc = read_end(l, fd, &found);
	if (rc == 0 && !found)
		rc = read_before(l, name);
	if (rc == 0)
		rc = sync_folder(l);
	if (rc == 0 && fstat(fd, &st) != 0)
		rc = -errno;
	if (rc != 0) {
		(void)close(fd);
		return rc;
	}
	l->fd = fd;
	l->end = st.st_size;
	memcpy(l->name, name, strlen(name) + 1);
	return 0;
}

/* A clock that went back stays in the newer file: the chain does. */
static bool
is_current(const struct ledger *l, const char *name)
{
	return l->fd >= 0 && !l->damaged && strcmp(name, l->name) <= 0;
}

/* The file in which an entry of that time stands; the lock is held, but for
 * waiting until nobody syncs the old one. */
static int
use_file(struct ledger *l, int64_t time_ms)
{
	char name[LEDGER_NAME_SIZE];

	ledger_name(l->node, time_ms, name);
	while (!is_current(l, name) && l->syncing)
		(void)pthread_cond_wait(&l->done, &l->lock);
	if (is_current(l, name))
		return 0;
	if (l->fd >= 0 && fdatasync(l->fd) != 0)
		return -errno;
	l->synced = l->written;
	(void)pthread_cond_broadcast(&l->done);
	close_file(l);
	return begin_file(l, name);
}

/* --- Appending -------------------------------------------------------------- */

static int
build_lines(struct ledger *l, struct ledger_entry *entries, size_t count,
    struct oct_str *out)
{
	char line[LEDGER_LINE_MAX];
	const char *prev = l->hash;

	for (size_t i = 0; i < count; i++) {
		entries[i].n = l->n + 1 + (int64_t)i;
		memcpy(entries[i].prev, prev, LEDGER_HASH_SIZE);
		ledger_write(&entries[i], line);
		oct_str_add(out, line);
		oct_str_addc(out, '\n');
		prev = entries[i].hash;
	}
	return oct_str_err(out);
}

/* All or nothing: what was cut short is taken back, and if even that fails the
 * file is opened anew, and the rest is marked. */
static int
write_lines(struct ledger *l, const struct oct_str *lines)
{
	int rc = oct_io_write(l->fd, oct_str_text(lines), lines->len);

	if (rc == 0) {
		l->end += (off_t)lines->len;
		return 0;
	}
	if (ftruncate(l->fd, l->end) != 0)
		l->damaged = true;
	return rc;
}

static int
append_locked(struct ledger *l, struct ledger_entry *entries, size_t count)
{
	struct oct_str lines;
	int rc = use_file(l, entries[0].time_ms);

	if (rc != 0)
		return rc;
	oct_str_heap(&lines, count * LEDGER_LINE_MAX + 1);
	rc = build_lines(l, entries, count, &lines);
	if (rc == 0)
		rc = write_lines(l, &lines);
	oct_str_free(&lines);
	if (rc != 0)
		return rc;
	l->n = entries[count - 1].n;
	memcpy(l->hash, entries[count - 1].hash, sizeof(l->hash));
	l->written++;
	(void)pthread_cond_signal(&l->work);
	return 0;
}

/* Logged when it begins and when it is over. */
static void
note_result(struct ledger *l, int rc)
{
	if (rc != 0)
		l->lost++;
	if (rc != 0 && l->failed == 0)
		oct_log(OCT_ERROR,
		    "ledger=failed folder=%s error=\"%s\" effect=\"mail is held, "
		    "but its arrival is not noted\"",
		    l->folder, oct_strerror(rc));
	else if (rc == 0 && l->failed != 0)
		oct_log(OCT_NOTICE, "ledger=works folder=%s lost=%llu",
		    l->folder, (unsigned long long)l->lost);
	l->failed = rc;
}

int
ledger_append(struct ledger *l, struct ledger_entry *entries, size_t count,
    uint64_t *ticket)
{
	int rc = OCT_ELIMIT;

	(void)pthread_mutex_lock(&l->lock);
	if (count > 0)
		rc = append_locked(l, entries, count);
	*ticket = l->written;
	note_result(l, rc);
	(void)pthread_mutex_unlock(&l->lock);
	return rc;
}

int
ledger_wait(struct ledger *l, uint64_t ticket)
{
	int rc = 0;

	(void)pthread_mutex_lock(&l->lock);
	while (l->synced < ticket)
		(void)pthread_cond_wait(&l->done, &l->lock);
	if (ticket <= l->unsure) {
		rc = l->sync_rc;
		note_result(l, rc);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return rc;
}

/* --- Bringing it to the disk ------------------------------------------------ */

/* All that was appended before it begins, in one sync; the lock is held, but not
 * meanwhile. */
static void
sync_once(struct ledger *l)
{
	uint64_t target = l->written;
	int fd = l->fd, rc;

	l->syncing = true;
	(void)pthread_mutex_unlock(&l->lock);
	rc = fdatasync(fd) == 0 ? 0 : -errno;
	(void)pthread_mutex_lock(&l->lock);
	l->syncing = false;
	l->synced = target;
	if (rc != 0) {
		l->unsure = target;
		l->sync_rc = rc;
		l->damaged = true;
	}
	(void)pthread_cond_broadcast(&l->done);
}

static void *
run_syncer(void *arg)
{
	struct ledger *l = arg;

	(void)pthread_mutex_lock(&l->lock);
	while (!l->stop || l->synced < l->written) {
		if (l->synced < l->written)
			sync_once(l);
		else
			(void)pthread_cond_wait(&l->work, &l->lock);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return NULL;
}

uint64_t
ledger_lost(struct ledger *l)
{
	uint64_t n;

	(void)pthread_mutex_lock(&l->lock);
	n = l->lost;
	(void)pthread_mutex_unlock(&l->lock);
	return n;
}

/* --- Life-cycle --------------------------------------------------------------- */

int
ledger_open(const char *folder, const char *node, struct ledger **out)
{
	struct ledger *l;

	*out = NULL;
	if (strcmp(folder, "none") == 0)
		return 0;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_cond_init(&l->done, NULL);
	(void)pthread_cond_init(&l->work, NULL);
	l->fd = -1;
	l->folder = strdup(folder);
	l->node = strdup(node);
	if (l->folder != NULL && l->node != NULL)
		l->running = pthread_create(&l->syncer, NULL, run_syncer, l) ==
		    0;
	if (!l->running) {
		ledger_close(l);
		return -ENOMEM;
	}
	*out = l;
	return 0;
}

void
ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	(void)pthread_mutex_lock(&l->lock);
	l->stop = true;
	(void)pthread_cond_signal(&l->work);
	(void)pthread_mutex_unlock(&l->lock);
	if (l->running)
		(void)pthread_join(l->syncer, NULL);
	close_file(l);
	(void)pthread_cond_destroy(&l->work);
	(void)pthread_cond_destroy(&l->done);
	(void)pthread_mutex_destroy(&l->lock);
	free(l->folder);
	free(l->node);
	free(l);
}
