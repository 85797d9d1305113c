import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** As many apps have it: numbers for IDs, and `null` where nothing is known. `name_folded` is the name in lower case, since `jsmith` and `JSmith` are one. */
export const users = sqliteTable(
  'users',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    name: text('name').notNull(),
    nameFolded: text('name_folded').notNull(),
    fullName: text('full_name'),
    email: text('email'),
    passwordHash: text('password_hash'),
    disabled: integer('disabled', { mode: 'boolean' }),
    // Milliseconds, and not SQLite's usual seconds: a session that was opened in the same second has to be told apart.
    credentialsChangedAt: integer('credentials_changed_at', { mode: 'timestamp_ms' })
  },
  (table) => [uniqueIndex('users_name').on(table.nameFolded)]
)

export const members = sqliteTable(
  'members',
  {
    userID: integer('user_id')
      .notNull()
      .references(() => users.id),
    group: text('group').notNull()
  },
  (table) => [index('members_of').on(table.userID, table.group)]
)

/** What `drizzle-kit generate` writes of the tables above; an app of your own keeps it in its migrations. */
export const migration = [
  `CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, name_folded TEXT NOT NULL, full_name TEXT, email TEXT,
    password_hash TEXT, disabled INTEGER, credentials_changed_at INTEGER
  )`,
  'CREATE UNIQUE INDEX IF NOT EXISTS users_name ON users (name_folded)',
  'CREATE TABLE IF NOT EXISTS members (user_id INTEGER NOT NULL REFERENCES users (id), "group" TEXT NOT NULL)',
  'CREATE INDEX IF NOT EXISTS members_of ON members (user_id, "group")'
]
