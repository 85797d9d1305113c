import type { UserRecord } from './directory-provider.js'
import { foldID, foldName } from '../fold-name.js'

/** Users by name and by ID, both in any spelling. */
export class UserIndex {
  readonly #byName = new Map<string, UserRecord>()
  readonly #byID = new Map<string, UserRecord>()

  constructor(users: readonly UserRecord[]) {
    for (const user of users) {
      this.#byName.set(foldName(user.userName), user)
      this.#byID.set(foldID(user.ID), user)
    }
  }

  findByName(userName: string): UserRecord | null {
    return this.#byName.get(foldName(userName)) ?? null
  }

  findByID(ID: string): UserRecord | null {
    return this.#byID.get(foldID(ID)) ?? null
  }
}
