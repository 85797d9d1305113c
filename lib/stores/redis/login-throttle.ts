import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'

import { describeValue } from '../../checks/describe-value.js'
import { type MemberReader, readerOf } from '../../checks/member-reader.js'
import { listOf, oneOf, textOf } from './answers.js'
import { redisKeyBase, type RedisClient } from './client.js'
import type { RedisScript } from './script.js'
import { RedisScriptRunner } from './script-runner.js'
import type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginSettlement,
  LoginThrottle,
  ProvenLogin,
  ThrottleLimits
} from '../../auth/throttle/login-throttle.js'
import { reserveScript } from './reserve-script.js'
import { countWaitingScript, hashKeyScript, noteLoginScript, settleScript, unlockScript } from './throttle-scripts.js'
import { nothingHappened, readThrottleLimits, throttleKey, throttleLimitNames, type ThrottleScope } from '../../auth/throttle/rules.js'
import { KeyedMutex } from '../../keyed-mutex.js'

/** The client, how our keys begin, and the limits. */
export interface RedisLoginThrottleOptions extends ThrottleLimits {
  /** A connected client of `redis` 5 or 6, or of `ioredis`. It stays yours: it is never closed here. */
  readonly client: RedisClient
  /** What all keys begin with, before `{login-throttle}:`. Default `'express-4d-directory:'`. */
  readonly prefix?: string | undefined
  /** After how long an unanswered command rejects with `ERR_STORE_UNAVAILABLE`. Default 1000. */
  readonly timeoutMilliseconds?: number | undefined
  /**
   * At least 32 characters, the same in every process: the key under which wrong secrets of the last day are hashed. Without it a random key is kept
   * in Redis beside them, and whoever copies the database can try out guesses at what people mistyped at the speed of SHA-256.
   */
  readonly hashKey?: string | undefined
  /**
   * How many names are kept that failed lately, and how many of those that have to wait; the latest. They may be made up, so there have to be bounds. IDs and known
   * addresses are kept beside them, as many as there are users. Default 100,000.
   */
  readonly maxKeys?: number | undefined
}

/** After how long an attempt no longer waits for those that are pending. */
const longestWaitForOthersMilliseconds = 10_000

const longestPauseMilliseconds = 200

/** `owner-` stands before the scopes of the ID. */
type Scope = ThrottleScope | 'owner-pair' | 'owner-account'

const limitOfScope = {
  pair: 'account-and-address',
  account: 'account',
  address: 'address',
  'owner-pair': 'account-and-address',
  'owner-account': 'account'
} satisfies Record<Scope, LoginRefusal['limit']>

const scopes = Object.keys(limitOfScope) as readonly Scope[]
const limits = ['account-and-address', 'account', 'account-locked', 'address'] as const
const checks = ['verify', 'refuse-alike', 'refuse-at-once'] as const

/** What identifies an attempt in the scripts. */
interface Claim {
  readonly name: string
  /** `''` where there is no record. */
  readonly owner: string
  readonly address: string
  readonly token: string
}

type Values = readonly (string | number)[]

/**
 * The rules of `MemoryLoginThrottle`, counted in Redis for all processes that share it; every verb is one script. All keys are in one slot of a
 * Redis Cluster. `now` decides; Redis removes what has been forgotten an hour later.
 */
export class RedisLoginThrottle implements LoginThrottle {
  readonly #limits: string
  readonly #runner: RedisScriptRunner
  readonly #turns = new KeyedMutex()
  /** Tells attempts that wait for others when this process settles one of that scope. */
  readonly #settlements = new EventEmitter()
  #hashKey: Promise<string> | null

  constructor(options: RedisLoginThrottleOptions) {
    const known = [...throttleLimitNames, 'client', 'prefix', 'timeoutMilliseconds', 'hashKey', 'maxKeys']
    const reader = readerOf(options, known, 'new RedisLoginThrottle({ client })')
    const timeoutMilliseconds = reader.wholeNumber('timeoutMilliseconds', { from: 1, to: 3_600_000, unit: 'milliseconds' }, 1000)
    const maxKeys = reader.wholeNumber('maxKeys', { from: 1, to: 10_000_000 }, 100_000)
    this.#limits = JSON.stringify({ ...readThrottleLimits(options), maxKeys })
    this.#runner = new RedisScriptRunner(options.client, redisKeyBase(reader, 'login-throttle'), timeoutMilliseconds)
    this.#hashKey = reader.value('hashKey') === undefined ? null : Promise.resolve(readHashKey(reader))
  }

  async reserve(attempt: LoginAttempt): Promise<LoginReservation | LoginRefusal> {
    const startedAt = performance.now()
    const claim = claimOf(attempt, randomUUID())
    const secret = await this.#hashSecret(attempt)
    const look = () => this.#tryToReserve(claim, secret, attempt.now + Math.floor(performance.now() - startedAt))

    let answer = await this.#tryToReserve(claim, secret, attempt.now)
    while (typeof answer === 'string') {
      const scope = answer
      answer = await this.#turns.take(scopeName(claim, scope), () => this.#waitFor(scope, claim, look, startedAt))
    }
    return answer
  }

  async noteLogin(login: ProvenLogin): Promise<void> {
    await this.#run(noteLoginScript, claimOf(login, ''), login.now)
  }

  async unlock(account: string, now: number): Promise<boolean> {
    return (await this.#run(unlockScript, { name: throttleKey(account) }, now)) === 1
  }

  async countWaiting(now: number): Promise<number> {
    return Number(await this.#run(countWaitingScript, {}, now))
  }

  /** The secret, hashed as it is compared with the hash, and as it is compared with nobody's; and 1 where there is a hash. */
  async #hashSecret({ account, secret, passwordHash }: LoginAttempt): Promise<Values> {
    const hashKey = await this.#readHashKey()
    const hash = (comparedWith: string | null) =>
      createHmac('sha256', hashKey)
        .update(JSON.stringify([account, secret, comparedWith]))
        .digest('base64')
    return [hash(passwordHash ?? null), hash(null), passwordHash === undefined ? 0 : 1]
  }

  // Others of this process wait in line behind this attempt, so that a flood of them does not flood Redis.
  async #waitFor<Answer>(scope: Scope, claim: Claim, look: () => Promise<Answer>, startedAt: number): Promise<Answer | LoginRefusal> {
    for (let pause = 10; ; pause = Math.min(pause * 2, longestPauseMilliseconds)) {
      const answer = await look()
      if (answer !== scope) return answer
      if (performance.now() - startedAt >= longestWaitForOthersMilliseconds) {
        return { allowed: false, limit: limitOfScope[scope], retryAfterSeconds: 1 }
      }
      await once(this.#settlements, scopeName(claim, scope), { signal: AbortSignal.timeout(pause) }).catch(() => undefined)
    }
  }

  async #tryToReserve(claim: Claim, secret: Values, now: number): Promise<LoginReservation | LoginRefusal | Scope> {
    const [verdict, second, third, limit] = listOf(await this.#run(reserveScript, claim, now, ...secret))
    const word = oneOf(verdict, ['wait', 'refused', 'allowed'] as const)
    if (word === 'wait') return oneOf(second, scopes)
    if (word === 'refused') return { allowed: false, limit: oneOf(second, limits), retryAfterSeconds: Number(third) }
    let settlement: Promise<LoginSettlement> | null = null
    return {
      allowed: true,
      known: second === 1,
      check: oneOf(third, checks),
      ...(textOf(limit) !== '' && { limit: oneOf(limit, limits) }),
      settle: (outcome, now) => {
        if (settlement !== null) return settlement.then(() => nothingHappened)
        settlement = this.#settle(claim, outcome, now)
        return settlement
      }
    }
  }

  async #settle(claim: Claim, outcome: LoginOutcome, now: number): Promise<LoginSettlement> {
    const [limited, locked] = listOf(await this.#run(settleScript, claim, now, outcome))
    for (const scope of scopes) this.#settlements.emit(scopeName(claim, scope))
    return { limited: limited === 1, locked: locked === 1 }
  }

  #run(script: RedisScript, { name = '', owner = '', address = '', token = '' }: Partial<Claim>, now: number, ...more: Values) {
    return this.#runner.run(script, [name, owner, address, token, now, this.#limits, ...more])
  }

  #readHashKey(): Promise<string> {
    this.#hashKey ??= this.#runner.run(hashKeyScript, [randomBytes(32).toString('base64')]).then(String, (error: unknown) => {
      this.#hashKey = null
      throw error
    })
    return this.#hashKey
  }
}

function claimOf({ account, userID, address }: ProvenLogin, token: string): Claim {
  return { name: throttleKey(account), owner: userID === undefined ? '' : throttleKey(userID), address: throttleKey(address), token }
}

function readHashKey(reader: MemberReader): string {
  const hashKey = reader.value('hashKey')
  if (typeof hashKey === 'string' && hashKey.length >= 32) return hashKey
  // Its length only: the value is a secret.
  throw new TypeError(`hashKey must be a string of at least 32 characters, received ${describeValue(hashKey, true)}`)
}

function scopeName({ name, owner, address }: Claim, scope: Scope): string {
  const account = scope.startsWith('owner-') ? owner : name
  if (scope.endsWith('pair')) return JSON.stringify([account, address])
  return scope === 'address' ? `address ${address}` : `account ${account}`
}
