import { hashSync } from 'bcryptjs'

import type { DirectoryUser, UserRecord } from '../../lib/index.js'

export const password = 'correct horse'

/** As many as log in at once, so that no two verifications are the same one. */
export const people: readonly DirectoryUser[] = Array.from({ length: 64 }, (_, index) => ({
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
