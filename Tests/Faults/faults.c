// Makes system calls fail, in a program that is started with LD_PRELOAD naming this library.
//
//   FAULT_CALL   which call: open, read (pread), write (pwrite), sync, stat
//   FAULT_PATH   how the path ends that it is about
//   FAULT_ERRNO  the number of the error
//   FAULT_NTH    only this call of those, counted from 1; all when it is missing
//   FAULT_AFTER  all calls from this one on
//   SYNC_LOG     a file that gets the path of every fsync, a line each
//   KILL_AT      instead: kill the process before its call of this number, of those that change files
//
// For Linux and the GNU C library: programs linked dynamically.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int calls = 0;

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int must_fail(const char *call, const char *path) {
    const char *wanted = getenv("FAULT_CALL"), *end = getenv("FAULT_PATH");
    const char *number = getenv("FAULT_ERRNO");
    if (!wanted || !end || !number || strcmp(wanted, call) != 0) return 0;
    if (!path || !ends_with(path, end)) return 0;
    calls++;
    const char *nth = getenv("FAULT_NTH"), *after = getenv("FAULT_AFTER");
    if (nth && atoi(nth) != calls) return 0;
    if (after && calls < atoi(after)) return 0;
    errno = atoi(number);
    return 1;
}

static int changes = 0;

// Called before every call that changes a file, whoever made it.
static void note_change(void) {
    const char *number = getenv("KILL_AT");
    if (number && ++changes == atoi(number)) kill(getpid(), SIGKILL);
}

static const char *path_of(int descriptor, char *buffer, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    int before = errno;
    ssize_t count = readlink(link, buffer, size - 1);
    errno = before;
    if (count < 0) return NULL;
    buffer[count] = 0;
    return buffer;
}

static int must_fail_at(const char *call, int descriptor) {
    char buffer[4096];
    return must_fail(call, path_of(descriptor, buffer, sizeof buffer));
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static mode_t mode_of(int flags, va_list list) {
    return flags & O_CREAT ? (mode_t)va_arg(list, int) : 0;
}

#define OPEN(name)                                            \
    int name(const char *path, int flags, ...) {              \
        va_list list;                                         \
        va_start(list, flags);                                \
        mode_t mode = mode_of(flags, list);                   \
        va_end(list);                                         \
        if (must_fail("open", path)) return -1;               \
        return REAL(name)(path, flags, mode);                 \
    }
OPEN(open)
OPEN(open64)

#define FOPEN(name)                                           \
    FILE *name(const char *path, const char *mode) {          \
        if (must_fail("open", path)) return NULL;             \
        return REAL(name)(path, mode);                        \
    }
FOPEN(fopen)
FOPEN(fopen64)

#define PREAD(name, offset_type)                                                    \
    ssize_t name(int descriptor, void *buffer, size_t count, offset_type offset) {  \
        if (must_fail_at("read", descriptor)) return -1;                            \
        return REAL(name)(descriptor, buffer, count, offset);                       \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

#define PWRITE(name, offset_type)                                                         \
    ssize_t name(int descriptor, const void *buffer, size_t count, offset_type offset) {  \
        note_change();                                                                    \
        if (must_fail_at("write", descriptor)) return -1;                                 \
        return REAL(name)(descriptor, buffer, count, offset);                             \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int descriptor, const void *buffer, size_t count) {
    note_change();
    if (must_fail_at("write", descriptor)) return -1;
    return REAL(write)(descriptor, buffer, count);
}

static void log_sync(int descriptor) {
    const char *log = getenv("SYNC_LOG");
    char buffer[4096];
    const char *path = log ? path_of(descriptor, buffer, sizeof buffer) : NULL;
    if (!path) return;
    int file = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    dprintf(file, "%s\n", path);
    close(file);
}

#define SYNC(name)                                            \
    int name(int descriptor) {                                \
        note_change();                                        \
        if (must_fail_at("sync", descriptor)) return -1;      \
        log_sync(descriptor);                                 \
        return REAL(name)(descriptor);                        \
    }
SYNC(fsync)
SYNC(fdatasync)

#define STAT(name, buffer_type)                               \
    int name(const char *path, struct buffer_type *buffer) {  \
        if (must_fail("stat", path)) return -1;               \
        return REAL(name)(path, buffer);                      \
    }
STAT(stat, stat)
STAT(stat64, stat64)

int rename(const char *from, const char *to) {
    note_change();
    return REAL(rename)(from, to);
}

int unlink(const char *path) {
    note_change();
    return REAL(unlink)(path);
}

#define TRUNCATE(name, size_type)                             \
    int name(int descriptor, size_type size) {                \
        note_change();                                        \
        return REAL(name)(descriptor, size);                  \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)
