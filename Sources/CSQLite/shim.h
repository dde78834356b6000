// The parts of SQLite's C interface that Swift cannot call by itself.
#ifndef TRAM_CSQLITE_SHIM_H
#define TRAM_CSQLITE_SHIM_H

#include <errno.h>
#include <sqlite3.h>
#include <stddef.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

// sqlite3_db_config is variadic; every use of ours takes one int and ignores the read-back value.
static inline int tram_sqlite3_db_config(sqlite3 *db, int option, int value) {
    int actual = 0;
    int rc = sqlite3_db_config(db, option, value, &actual);
    return rc == SQLITE_OK && actual != value ? SQLITE_ERROR : rc;
}

// SQLITE_TRANSIENT is a cast of -1 to a function pointer: SQLite copies the text before it returns.
static inline int tram_sqlite3_bind_text(sqlite3_stmt *statement, int index,
                                         const char *text, sqlite3_uint64 length) {
    return sqlite3_bind_text64(statement, index, text, length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

// An empty blob also needs an address: a null pointer would bind NULL.
static inline int tram_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes,
                                         sqlite3_uint64 length) {
    return sqlite3_bind_blob64(statement, index, length == 0 ? "" : bytes, length,
                               SQLITE_TRANSIENT);
}

// The calls that read or write files, each with the errno that it leaves, or 0. SQLite's result alone
// does not tell a damaged page from one that could not be read, nor a full disk from a failing one.
static inline int tram_sqlite3_open(const char *name, sqlite3 **db, int flags, int *system_error) {
    errno = 0;
    int rc = sqlite3_open_v2(name, db, flags, NULL);
    *system_error = errno;
    return rc;
}

static inline int tram_sqlite3_prepare(sqlite3 *db, const char *text, sqlite3_stmt **statement,
                                       const char **tail, int *system_error) {
    errno = 0;
    int rc = sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, statement, tail);
    *system_error = errno;
    return rc;
}

static inline int tram_sqlite3_step(sqlite3_stmt *statement, int *system_error) {
    errno = 0;
    int rc = sqlite3_step(statement);
    *system_error = errno;
    return rc;
}

// Whether the file is no longer at its path, as far as system_error is 0, ENOENT or ENOTDIR.
static inline int tram_sqlite3_has_moved(sqlite3 *db, int *system_error) {
    int has_moved = 0;
    errno = 0;
    int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    *system_error = errno;
    return rc == SQLITE_OK && has_moved != 0;
}

// A macro of an expression, which Swift does not import.
static const int tram_sqlite3_readonly_dbmoved = SQLITE_READONLY_DBMOVED;

// The magic number of the file system that a path lies on (statfs(2)), or 0 where it is not known.
static inline unsigned int tram_file_system_type(const char *path) {
#ifdef __linux__
    struct statfs information;
    if (statfs(path, &information) == 0) return (unsigned int)information.f_type;
#endif
    return 0;
}

#endif
