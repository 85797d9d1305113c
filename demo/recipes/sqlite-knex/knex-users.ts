import type { DirectoryProvider, DirectoryUser, UserRecord } from 'express-4d-directory'
import type { Knex } from 'knex'

/** A row under the names that the directory wants. SQLite has neither booleans nor dates. */
interface Row {
  readonly ID: number
  readonly userName: string
  readonly passwordHash: string | null
  readonly disabled: number | null
  readonly credentialsChangedAt: number | null
}

const columns = [
  'id as ID',
  'name as userName',
  'password_hash as passwordHash',
  'disabled',
  'credentials_changed_at as credentialsChangedAt'
]

/** Users and groups out of two tables. */
export class KnexUsers implements DirectoryProvider {
  readonly #knex: Knex

  constructor(knex: Knex) {
    this.#knex = knex
  }

  findUser(userName: string): Promise<UserRecord | null> {
    return this.#findOne({ name_folded: userName.toLowerCase() })
  }

  findUserByID(ID: string): Promise<UserRecord | null> {
    return this.#findOne({ id: Number(ID) })
  }

  async belongsTo({ ID }: DirectoryUser, group: string): Promise<boolean> {
    const row: unknown = await this.#knex('members')
      .where({ user_id: Number(ID), group })
      .first('user_id')
    return row !== undefined
  }

  async updatePasswordHash({ ID, passwordHash: old }: UserRecord, passwordHash: string): Promise<void> {
    await this.#knex('users')
      .where({ id: Number(ID), password_hash: old })
      .update({ password_hash: passwordHash })
  }

  /** Another password, and the moment from which sessions of the old one are over. */
  async setPassword(ID: string, passwordHash: string): Promise<void> {
    await this.#knex('users')
      .where({ id: Number(ID) })
      .update({ password_hash: passwordHash, credentials_changed_at: Date.now() })
  }

  async add(name: string, passwordHash: string, group: string): Promise<void> {
    const user = { name, name_folded: name.toLowerCase(), password_hash: passwordHash }
    const added: readonly { readonly id: number }[] = await this.#knex('users')
      .insert(user)
      .onConflict('name_folded')
      .ignore()
      .returning('id')
    const id = added[0]?.id
    if (id !== undefined) await this.#knex('members').insert({ user_id: id, group })
  }

  async migrate(): Promise<void> {
    if (await this.#knex.schema.hasTable('users')) return
    await this.#knex.schema.createTable('users', (table) => {
      table.increments('id')
      table.string('name').notNullable()
      table.string('name_folded').notNullable().unique()
      table.string('password_hash')
      table.boolean('disabled')
      table.bigInteger('credentials_changed_at')
    })
    await this.#knex.schema.createTable('members', (table) => {
      table.integer('user_id').notNullable().references('users.id')
      table.string('group').notNullable()
      table.primary(['user_id', 'group'])
    })
  }

  async #findOne(where: Readonly<Record<string, string | number>>): Promise<UserRecord | null> {
    const row: Row | undefined = await this.#knex('users').where(where).first(columns)
    if (row === undefined) return null
    const { ID, disabled, credentialsChangedAt, ...user } = row
    return {
      ...user,
      ID: String(ID),
      fullName: user.userName,
      disabled: disabled === 1,
      credentialsChangedAt: credentialsChangedAt === null ? null : new Date(credentialsChangedAt)
    }
  }
}
