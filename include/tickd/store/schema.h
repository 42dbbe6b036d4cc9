/* The archive's schema: src/store/schema.sql, built into the program, as numbered steps. */
#ifndef TICKD_STORE_SCHEMA_H
#define TICKD_STORE_SCHEMA_H

#include <sqlite3.h>

#include "tickd/base/text.h"

/* PRAGMA application_id of an archive: "tick". */
enum { SCHEMA_APPLICATION_ID = 0x7469636b };

/* The program's own schema. */
const char *schema_text(void);

/* How many steps a schema has: lines "-- step N", N = 1, 2, 3 … */
int schema_steps(const char *schema);

/* Brings a database of version `version` to the schema's last step, in one transaction. Returns an
 * SQLite result code. On an error the transaction is still open, so that the handle can tell what
 * is wrong: closing it undoes everything. */
int schema_upgrade(sqlite3 *handle, const char *schema, int version);

#endif
