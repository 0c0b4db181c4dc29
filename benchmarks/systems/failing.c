/* Makes the n-th call that writes, syncs or creates a file below a folder fail, for `damage.py`.
 * Preloaded before the C library; armed from Python by `arm`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITES = 1, SYNCS = 2, OPENS = 4 };
static char folder[4096];
static long number, counted;
static int kinds, error_code, stays;

/* From now on the n-th call of these kinds fails, and with `lasting` all calls after it. */
void arm(const char *below, long n, int of_kinds, int code, int lasting) {
    strncpy(folder, below, sizeof folder - 1);
    counted = 0, number = n, kinds = of_kinds, error_code = code, stays = lasting;
}

long calls_counted(void) { return counted; }

static int fails_at(const char *path, int kind) {
    if (!(kinds & kind) || strncmp(path, folder, strlen(folder))) return 0;
    counted++;
    if (counted != number && !(stays && counted > number)) return 0;
    errno = error_code;
    return 1;
}

static int fails(int file, int kind) {
    char link[64], path[4096];
    if (!(kinds & kind)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return fails_at(path, kind);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *data, size_t size) {
    return fails(file, WRITES) ? -1 : NEXT(write)(file, data, size);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
    return fails(file, WRITES) ? -1 : NEXT(pwrite)(file, data, size, at);
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    return fails(file, WRITES) ? -1 : NEXT(pwrite64)(file, data, size, at);
}
int ftruncate(int file, off_t size) {
    return fails(file, WRITES) ? -1 : NEXT(ftruncate)(file, size);
}
int ftruncate64(int file, off64_t size) {
    return fails(file, WRITES) ? -1 : NEXT(ftruncate64)(file, size);
}
int fsync(int file) { return fails(file, SYNCS) ? -1 : NEXT(fsync)(file); }
int fdatasync(int file) { return fails(file, SYNCS) ? -1 : NEXT(fdatasync)(file); }

#define OPEN(name)                                                             \
    int name(const char *path, int flags, ...) {                               \
        va_list rest;                                                          \
        va_start(rest, flags);                                                 \
        mode_t mode = va_arg(rest, mode_t);                                    \
        va_end(rest);                                                          \
        if ((flags & O_CREAT) && fails_at(path, OPENS)) return -1;             \
        return NEXT(name)(path, flags, mode);                                  \
    }
OPEN(open)
OPEN(open64)
