import { and, eq, type SQL } from 'drizzle-orm'
import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import type { DirectoryProvider, DirectoryUser, UserRecord } from 'express-4d-directory'

import { members, users } from './tables.js'

/** Users and groups out of two tables. A number as ID comes back as its digits. */
export class DrizzleUsers implements DirectoryProvider {
  readonly #database: LibSQLDatabase

  constructor(database: LibSQLDatabase) {
    this.#database = database
  }

  findUser(userName: string): Promise<UserRecord | null> {
    return this.#findOne(eq(users.nameFolded, userName.toLowerCase()))
  }

  findUserByID(ID: string): Promise<UserRecord | null> {
    return this.#findOne(eq(users.id, Number(ID)))
  }

  async belongsTo({ ID }: DirectoryUser, group: string): Promise<boolean> {
    const row = await this.#database
      .select()
      .from(members)
      .where(and(eq(members.userID, Number(ID)), eq(members.group, group)))
      .get()
    return row !== undefined
  }

  /** A better hash of the same password. Only where the old one is still stored: the user may have set another password meanwhile. */
  async updatePasswordHash({ ID, passwordHash: old }: UserRecord, passwordHash: string): Promise<void> {
    if (old === null) return
    await this.#database
      .update(users)
      .set({ passwordHash })
      .where(and(eq(users.id, Number(ID)), eq(users.passwordHash, old)))
  }

  async add(user: { readonly name: string; readonly email: string; readonly passwordHash: string }): Promise<void> {
    await this.#database
      .insert(users)
      .values({ ...user, nameFolded: user.name.toLowerCase() })
      .onConflictDoNothing()
  }

  async #findOne(condition: SQL): Promise<UserRecord | null> {
    const row = await this.#database.select().from(users).where(condition).get()
    if (row === undefined) return null
    const { id, name, fullName, email, passwordHash, disabled, credentialsChangedAt } = row
    return {
      ID: String(id),
      userName: name,
      fullName: fullName ?? name,
      passwordHash,
      disabled,
      credentialsChangedAt,
      ...(email !== null && { attributes: { email } })
    }
  }
}
