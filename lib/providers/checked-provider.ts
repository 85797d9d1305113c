import { isNativeError } from 'node:util/types'

import { describeValue } from '../checks/describe-value.js'
import { MemberReader } from '../checks/member-reader.js'
import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import { passwordFormats } from '../passwords/password-formats.js'
import { canBeName } from '../text-bounds.js'
import { WatchedCalls } from '../watched-calls.js'
import { withinDeadline } from '../within-deadline.js'
import type { Credentials, DirectoryProvider, DirectoryUser, UserRecord } from './directory-provider.js'
import { readUser, readUserRecord } from './directory-user.js'

/** How many users with an unknown hash are remembered, so that each is told once. */
const mostToldHashes = 10_000

/**
 * The host's provider behind a border: every answer comes within the deadline and has the shape that the port promises, or a `DirectoryError`
 * `ERR_PROVIDER_UNAVAILABLE` says which member was wrong. Neither is ever taken for "there is nobody".
 */
export class CheckedProvider {
  readonly #provider: DirectoryProvider
  readonly #timeoutMilliseconds: number
  readonly #events: EventRaiser
  readonly #isKnownHash: (passwordHash: string) => boolean
  readonly #calls: WatchedCalls
  readonly #toldHashes = new Set<string>()
  readonly checksCredentials: boolean
  readonly findsByID: boolean
  readonly updatesHashes: boolean

  /** `isKnownHash` says whether the hasher of this directory could ever find a password right by a hash; `null`: it is the host's own hasher. */
  constructor(
    provider: DirectoryProvider,
    timeoutMilliseconds: number,
    events: EventRaiser,
    isKnownHash: ((passwordHash: string) => boolean) | null = null,
    calls = new WatchedCalls('provider')
  ) {
    this.#provider = provider
    this.#timeoutMilliseconds = timeoutMilliseconds
    this.#events = events
    this.#isKnownHash = isKnownHash ?? (() => true)
    this.#calls = calls
    this.checksCredentials = provider.authenticate !== undefined
    this.findsByID = provider.findUserByID !== undefined
    this.updatesHashes = provider.updatePasswordHash !== undefined
  }

  /** Whether there may be sessions without a user. Read anew each time: a file may have been reloaded. */
  get admitsGuests(): boolean {
    try {
      const admitsGuests: unknown = this.#provider.admitsGuests ?? true
      if (typeof admitsGuests === 'boolean') return admitsGuests
      throw new BadAnswer(`provider.admitsGuests must be true, false or absent, received ${describeValue(admitsGuests, true)}`)
    } catch (cause) {
      throw this.#failure(cause, 'provider.admitsGuests')
    }
  }

  findUser(userName: string): Promise<UserRecord | null> {
    return this.#ask(
      'findUser',
      (provider) => provider.findUser?.(userName),
      (answer, source) => this.#readRecord(answer ?? null, source)
    )
  }

  findUserByID(ID: string): Promise<UserRecord | null> {
    // A revalidation that finds `undefined` may be a query that was never awaited: nobody is logged out by that.
    return this.#ask(
      'findUserByID',
      (provider) => provider.findUserByID?.(ID),
      (answer, source) => this.#readRecord(answer, source)
    )
  }

  authenticate(credentials: Credentials, ip: string): Promise<DirectoryUser | null> {
    const secret = 'password' in credentials ? credentials.password : credentials.hashedPassword
    return this.#ask(
      'authenticate',
      (provider) => provider.authenticate?.(credentials, { ip }),
      (answer, source) => (answer === null || answer === undefined ? null : readUser(bordered(answer, source))),
      [secret]
    )
  }

  async belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    if (!canBeName(group)) return false
    return this.#ask('belongsTo', (provider) => (provider.belongsTo === undefined ? false : provider.belongsTo(user, group)), readBoolean)
  }

  updatePasswordHash(user: UserRecord, passwordHash: string): Promise<void> {
    return this.#ask(
      'updatePasswordHash',
      (provider) => provider.updatePasswordHash?.(user, passwordHash),
      () => undefined,
      [passwordHash, user.passwordHash ?? '']
    )
  }

  #readRecord(answer: unknown, source: string): UserRecord | null {
    if (answer === null) return null
    const record = readUserRecord(bordered(answer, source))
    this.#tellUnknownHash(record, source)
    return record
  }

  /** Such a user can never log in, and would be told that the password is wrong. Told once for each user. */
  #tellUnknownHash({ ID, userName, passwordHash }: UserRecord, source: string): void {
    if (passwordHash === null || this.#isKnownHash(passwordHash) || this.#toldHashes.has(ID)) return
    if (this.#toldHashes.size >= mostToldHashes) this.#toldHashes.clear()
    this.#toldHashes.add(ID)
    this.#events.raise('sys_degraded', {
      component: 'provider',
      userName,
      userID: ID,
      reason: `${source}: passwordHash is in none of the formats ${passwordFormats}`
    })
  }

  async #ask<T>(
    member: string,
    question: (provider: DirectoryProvider) => unknown,
    read: (answer: unknown, source: string) => T,
    secrets: readonly string[] = []
  ): Promise<T> {
    const source = `provider.${member}`
    const late = () => new BadAnswer(`${source} did not answer within ${this.#timeoutMilliseconds} ms`)
    const ask = async () => read(await withinDeadline(() => question(this.#provider), this.#timeoutMilliseconds, late), source)
    return this.#calls.run(member, ask, { explain: (cause) => this.#failure(cause, source, secrets) })
  }

  // The cause may quote the host's own data source, so it stays out of the message, which clients see.
  #failure(cause: unknown, source: string, secrets: readonly string[] = []): DirectoryError {
    // Looked at first whether it is an error: a proxy may throw when it is looked at.
    const message = isNativeError(cause) && cause instanceof BadAnswer ? cause.message : `${source} failed`
    this.#events.raise('sys_degraded', { component: 'provider', cause, reason: message, secrets })
    return new DirectoryError('ERR_PROVIDER_UNAVAILABLE', message, { cause })
  }
}

/** Its message was written here and holds no secret. */
class BadAnswer extends Error {}

function bordered(answer: unknown, source: string): MemberReader {
  if (typeof answer !== 'object' || answer === null)
    throw new BadAnswer(`${source} must resolve to a user or null, received ${describeValue(answer, true)}`)
  return new MemberReader(answer, '', {
    isRow: true,
    hidesTexts: true,
    whole: 'it',
    makeError: (problem) => new BadAnswer(`${source}: ${problem}`)
  })
}

function readBoolean(answer: unknown, source: string): boolean {
  if (typeof answer === 'boolean') return answer
  throw new BadAnswer(`${source} must resolve to true or false, received ${describeValue(answer, true)}`)
}
