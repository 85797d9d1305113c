import type { DirectoryProvider, DirectoryUser, UserRecord } from 'express-4d-directory'
import { type Collection, ObjectId } from 'mongodb'

/** A user as the collection has it. `nameFolded` is the name in lower case, under a unique index: `jsmith` and `JSmith` are one. */
export interface UserDocument {
  readonly name: string
  readonly nameFolded: string
  readonly email: string
  readonly passwordHash: string | null
  readonly disabled?: boolean
  /** MongoDB keeps milliseconds, which this wants. */
  readonly credentialsChangedAt?: Date
  readonly groups: readonly string[]
}

/** What the provider asks of the driver's collection, and no more. */
export type UserCollection = Pick<Collection<UserDocument>, 'findOne' | 'updateOne' | 'createIndex'>

/** Users of one collection. An `ObjectId` goes out as its 24 digits, and comes back so. */
export class MongoUsers implements DirectoryProvider {
  readonly #users: UserCollection

  constructor(users: UserCollection) {
    this.#users = users
  }

  async migrate(): Promise<void> {
    await this.#users.createIndex({ nameFolded: 1 }, { unique: true }, {})
  }

  async findUser(userName: string): Promise<UserRecord | null> {
    return recordOf(await this.#users.findOne({ nameFolded: userName.toLowerCase() }))
  }

  async findUserByID(ID: string): Promise<UserRecord | null> {
    return recordOf(await this.#users.findOne({ _id: new ObjectId(ID) }))
  }

  async belongsTo({ ID }: DirectoryUser, group: string): Promise<boolean> {
    return (await this.#users.findOne({ _id: new ObjectId(ID), groups: group })) !== null
  }

  /** A better hash of the same password. Only where the old one is still stored: the user may have set another password meanwhile. */
  async updatePasswordHash({ ID, passwordHash: old }: UserRecord, passwordHash: string): Promise<void> {
    await this.#users.updateOne({ _id: new ObjectId(ID), passwordHash: old }, { $set: { passwordHash } })
  }

  /** Adds the user where there is none of that name. */
  async add(user: Omit<UserDocument, 'nameFolded'>): Promise<void> {
    const nameFolded = user.name.toLowerCase()
    await this.#users.updateOne({ nameFolded }, { $setOnInsert: { ...user, nameFolded } }, { upsert: true })
  }
}

function recordOf(user: (UserDocument & { readonly _id: ObjectId }) | null): UserRecord | null {
  if (user === null) return null
  const { _id, name, email, passwordHash, disabled, credentialsChangedAt } = user
  return {
    ID: _id.toHexString(),
    userName: name,
    fullName: name,
    passwordHash,
    attributes: { email },
    ...(disabled !== undefined && { disabled }),
    ...(credentialsChangedAt && { credentialsChangedAt })
  }
}
