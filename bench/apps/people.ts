import { hashSync } from 'bcryptjs'

import type { DirectoryUser, UserRecord } from '../../lib/index.js'

export const password = 'correct horse'

/** Many more than log in at once: two logins of one person under way would share a hash. */
export const people: readonly DirectoryUser[] = Array.from({ length: 256 }, (_, index) => ({
  ID: String(index + 1).padStart(32, '0'),
  userName: `user${index + 1}`,
  fullName: `User ${index + 1}`
}))

/** The first of them, whom every app answers with. */
export const person: DirectoryUser = { ID: '1'.padStart(32, '0'), userName: 'user1', fullName: 'User 1' }

/** One hash for all: it is compared anew for each of them, and made once. */
export function peopleWithHashes(cost: number): readonly UserRecord[] {
  const passwordHash = hashSync(password, cost)
  return people.map((user) => ({ ...user, passwordHash }))
}
