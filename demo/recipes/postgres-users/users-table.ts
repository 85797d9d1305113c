import type { DirectoryProvider, DirectoryUser, UserRecord } from 'express-4d-directory'
import type { Pool } from 'pg'

interface Row extends Omit<UserRecord, 'credentialsChangedAt'> {
  readonly credentialsChangedAt: Date | null
}

const columns = `id AS "ID", user_name AS "userName", full_name AS "fullName", password_hash AS "passwordHash", disabled,
  credentials_changed_at AS "credentialsChangedAt"`

/**
 * Users and groups in tables. For a table of your own change `columns`: whatever the ID is in the database, hand it over as text, and it comes back so.
 */
export class UsersTable implements DirectoryProvider {
  /** What the tables of the export lack: when somebody has set a password, and names that are one in any case. Running it again changes nothing. */
  static readonly migration = `
    ALTER TABLE directory_user ADD COLUMN IF NOT EXISTS credentials_changed_at timestamptz;
    CREATE UNIQUE INDEX IF NOT EXISTS directory_user_folded ON directory_user (lower(user_name));
    CREATE UNIQUE INDEX IF NOT EXISTS directory_group_folded ON directory_group (lower(name));`

  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async findUser(userName: string): Promise<UserRecord | null> {
    return this.#findOne(`SELECT ${columns} FROM directory_user WHERE lower(user_name) = lower($1)`, userName)
  }

  async findUserByID(ID: string): Promise<UserRecord | null> {
    return this.#findOne(`SELECT ${columns} FROM directory_user WHERE id = $1`, ID)
  }

  /** By the group's name, else by its ID. UNION and not UNION ALL: it ends where groups hold each other in a circle. */
  async belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    if (!isStorable(group)) return false
    const { rowCount } = await this.#pool.query(
      `WITH RECURSIVE
         named AS (SELECT id FROM directory_group WHERE lower(name) = lower($2)),
         asked AS (
           SELECT id FROM named
           UNION SELECT id FROM directory_group WHERE id = upper(replace($2, '-', '')) AND NOT EXISTS (SELECT FROM named)
         ),
         inside AS (
           SELECT id FROM asked
           UNION SELECT inner_group_id FROM directory_group_group JOIN inside ON group_id = inside.id
         )
       SELECT FROM directory_group_user JOIN inside ON group_id = inside.id WHERE user_id = $1 LIMIT 1`,
      [user.ID, group]
    )
    return rowCount === 1
  }

  /** A better hash of the same password. Only where the old one is still stored: the user may have set another password meanwhile. */
  async updatePasswordHash({ ID, passwordHash: old }: UserRecord, passwordHash: string): Promise<void> {
    await this.#pool.query('UPDATE directory_user SET password_hash = $1 WHERE id = $2 AND password_hash = $3', [passwordHash, ID, old])
  }

  /** Another password. The time is this process' own, since sessions are dated by it too. */
  async setPassword(ID: string, passwordHash: string): Promise<void> {
    await this.#pool.query('UPDATE directory_user SET password_hash = $1, credentials_changed_at = $2 WHERE id = $3', [
      passwordHash,
      new Date(),
      ID
    ])
  }

  async #findOne(text: string, value: string): Promise<UserRecord | null> {
    if (!isStorable(value)) return null
    const [row] = (await this.#pool.query<Row>(text, [value])).rows
    if (row === undefined) return null
    const { credentialsChangedAt, ...user } = row
    return { ...user, ...(credentialsChangedAt && { credentialsChangedAt }) }
  }
}

/** PostgreSQL has no NUL in texts, and refuses a query with one: that would be a 503 for what is merely the name of nobody. */
function isStorable(text: string): boolean {
  return !text.includes('\0')
}
