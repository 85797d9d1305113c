import { inspect } from 'node:util'

import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type { Credentials, DirectoryProvider, DirectoryUser, UserRecord } from './directory-provider.js'

/**
 * The host's provider behind a border: every answer comes within the deadline and has the shape that the port promises, or a `DirectoryError`
 * `ERR_PROVIDER_UNAVAILABLE` says which member was wrong. Neither is ever taken for "there is nobody".
 */
export class CheckedProvider {
  readonly #provider: DirectoryProvider
  readonly #timeoutMilliseconds: number
  readonly #events: EventRaiser
  readonly checksCredentials: boolean
  readonly findsByID: boolean
  readonly updatesHashes: boolean

  constructor(provider: DirectoryProvider, timeoutMilliseconds: number, events: EventRaiser) {
    this.#provider = provider
    this.#timeoutMilliseconds = timeoutMilliseconds
    this.#events = events
    this.checksCredentials = provider.authenticate !== undefined
    this.findsByID = provider.findUserByID !== undefined
    this.updatesHashes = provider.updatePasswordHash !== undefined
  }

  findUser(userName: string): Promise<UserRecord | null> {
    return this.#ask('findUser', (provider) => provider.findUser?.(userName), readUserRecord)
  }

  findUserByID(ID: string): Promise<UserRecord | null> {
    return this.#ask('findUserByID', (provider) => provider.findUserByID?.(ID), readUserRecord)
  }

  authenticate(credentials: Credentials, ip: string): Promise<DirectoryUser | null> {
    const secret = 'password' in credentials ? credentials.password : credentials.hashedPassword
    return this.#ask('authenticate', (provider) => provider.authenticate?.(credentials, { ip }), readUser, [secret])
  }

  belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    return this.#ask('belongsTo', (provider) => provider.belongsTo(user, group), readBoolean)
  }

  updatePasswordHash(user: UserRecord, passwordHash: string): Promise<void> {
    return this.#ask(
      'updatePasswordHash',
      (provider) => provider.updatePasswordHash?.(user, passwordHash),
      () => undefined,
      [passwordHash, user.passwordHash ?? '']
    )
  }

  async #ask<T>(
    member: string,
    question: (provider: DirectoryProvider) => unknown,
    read: (answer: unknown, source: string) => T,
    secrets: readonly string[] = []
  ): Promise<T> {
    const source = `provider.${member}`
    try {
      return read(await this.#withinDeadline(question, source), source)
    } catch (cause) {
      // The cause may quote the host's own data source, so it stays out of the message, which clients see.
      const message = cause instanceof BadAnswer ? cause.message : `${source} failed`
      this.#events.raise('sys_degraded', { component: 'provider', cause, reason: message, secrets })
      throw new DirectoryError('ERR_PROVIDER_UNAVAILABLE', message, { cause })
    }
  }

  async #withinDeadline(question: (provider: DirectoryProvider) => unknown, source: string): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new BadAnswer(`${source} did not answer within ${this.#timeoutMilliseconds} ms`)),
        this.#timeoutMilliseconds
      )
      timer.unref()
    })
    try {
      return await Promise.race([question(this.#provider), deadline])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Its message was written here and holds no secret. */
class BadAnswer extends Error {}

function readUserRecord(answer: unknown, source: string): UserRecord | null {
  const user = readUser(answer, source)
  if (user === null) return null
  const { passwordHash, disabled, credentialsChangedAt } = answer as Partial<Record<keyof UserRecord, unknown>>
  if (passwordHash !== null && typeof passwordHash !== 'string')
    throw new BadAnswer(`${source}: passwordHash must be a string or null, received a ${typeof passwordHash}`)
  if (disabled !== undefined && typeof disabled !== 'boolean')
    throw new BadAnswer(`${source}: disabled must be true, false or absent, received ${describe(disabled)}`)
  if (credentialsChangedAt !== undefined && !(credentialsChangedAt instanceof Date && !Number.isNaN(credentialsChangedAt.getTime()))) {
    throw new BadAnswer(`${source}: credentialsChangedAt must be a valid Date or absent, received ${describe(credentialsChangedAt)}`)
  }
  return { ...user, passwordHash, ...(disabled !== undefined && { disabled }), ...(credentialsChangedAt && { credentialsChangedAt }) }
}

function readUser(answer: unknown, source: string): DirectoryUser | null {
  if (answer === null) return null
  if (typeof answer !== 'object')
    throw new BadAnswer(`${source} must resolve to a user or null, received ${answer === undefined ? 'undefined' : `a ${typeof answer}`}`)
  return checkUser(answer, source, BadAnswer)
}

/** The three members of a user, and no others, once they are known to be what they should be. `source` begins the error's message. */
export function checkUser(user: object, source: string, ErrorClass: new (message: string) => Error = TypeError): DirectoryUser {
  const { ID, userName, fullName } = user as Partial<Record<keyof DirectoryUser, unknown>>
  if (typeof ID !== 'string' || ID === '')
    throw new ErrorClass(`${source}: ID must be a string that is not empty, received ${describe(ID)}`)
  if (typeof userName !== 'string' || userName === '')
    throw new ErrorClass(`${source}: userName must be a string that is not empty, received ${describe(userName)}`)
  if (typeof fullName !== 'string') throw new ErrorClass(`${source}: fullName must be a string, received ${describe(fullName)}`)
  return Object.freeze({ ID, userName, fullName })
}

/** Clients see the message, so nothing that a provider has put in the wrong place is shown in it: a whole record as an ID, say. */
function describe(value: unknown): string {
  if (value === '' || value === null || ['undefined', 'number', 'boolean'].includes(typeof value)) return inspect(value)
  return value instanceof Date ? 'an invalid Date' : `a value of type ${typeof value}`
}

function readBoolean(answer: unknown, source: string): boolean {
  if (typeof answer !== 'boolean')
    throw new BadAnswer(
      `${source} must resolve to true or false, received ${answer === null ? 'null' : `a value of type ${typeof answer}`}`
    )
  return answer
}
