// The parts of SQLite's C interface that Swift cannot call by itself.
#ifndef TRAM_CSQLITE_SHIM_H
#define TRAM_CSQLITE_SHIM_H

#include <sqlite3.h>
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

// SQLITE_IOERR_SHMSIZE is a macro of an expression, which Swift does not import.
static const int tram_sqlite3_ioerr_shmsize = SQLITE_IOERR_SHMSIZE;

// The magic number of the file system that a path lies on (statfs(2)), or 0 where it is not known.
static inline unsigned int tram_file_system_type(const char *path) {
#ifdef __linux__
    struct statfs information;
    if (statfs(path, &information) == 0) return (unsigned int)information.f_type;
#endif
    return 0;
}

#endif
