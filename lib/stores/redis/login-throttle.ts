import { createHmac, randomBytes, randomUUID } from 'node:crypto'

import { describeValue } from '../../checks/describe-value.js'
import { type MemberReader, readerOf } from '../../checks/member-reader.js'
import { redisKeyBase, type RedisClient } from './client.js'
import { RedisScriptRunner } from './script-runner.js'
import type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginSettlement,
  LoginThrottle,
  ThrottleLimits
} from '../../auth/throttle/login-throttle.js'
import { hashKeyScript, reserveScript, settleScript, unlockScript } from './throttle-scripts.js'
import { throttleKey } from '../../auth/throttle/key.js'
import {
  accountMemoryMilliseconds,
  dayMilliseconds,
  knownAddressesPerAccount,
  pairMemoryMilliseconds,
  readThrottleLimits,
  rememberedSecrets,
  throttleLimitNames,
  type ThrottleRules,
  type ThrottleScope
} from '../../auth/throttle/rules.js'
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
}

/** For how long an attempt holds its place when its process has died. Longer than any verification that ends. */
const leaseMilliseconds = 60_000

/** After how long an attempt no longer waits for those that are pending. */
const longestWaitForOthersMilliseconds = 10_000

const longestPauseMilliseconds = 200

const limitOfScope = { pair: 'account-and-address', account: 'account', address: 'address' } satisfies Record<
  ThrottleScope,
  LoginRefusal['limit']
>

interface Claim {
  readonly account: string
  readonly address: string
  readonly secret: string
  readonly token: string
  readonly now: number
  readonly startedAt: number
}

/**
 * The rules of `MemoryLoginThrottle`, counted in Redis for all processes that share it; every verb is one script. Keys, each followed by the
 * account or the address: `failures:` (hash), `attempts:` (hash, under way), `known:` (sorted set), `wrong:`, `bucket:`, `pending:` (sorted
 * set); and `hash-key`. All are in one slot of a Redis Cluster. `now` decides; Redis removes what has been forgotten an hour later, and
 * only locked accounts stay.
 */
export class RedisLoginThrottle implements LoginThrottle {
  readonly #rules: ThrottleRules
  readonly #limits: string
  readonly #base: string
  readonly #runner: RedisScriptRunner
  readonly #turns = new KeyedMutex()
  readonly #pauses = new Map<string, () => void>()
  #hashKey: Promise<string> | null

  constructor(options: RedisLoginThrottleOptions) {
    const known = [...throttleLimitNames, 'client', 'prefix', 'timeoutMilliseconds', 'hashKey']
    const reader = readerOf(options, known, 'new RedisLoginThrottle({ client })')
    const timeoutMilliseconds = reader.wholeNumber('timeoutMilliseconds', { from: 1, to: 3_600_000, unit: 'milliseconds' }, 1000)
    this.#rules = readThrottleLimits(options)
    this.#limits = JSON.stringify(limitsForScripts(this.#rules))
    this.#base = redisKeyBase(reader, 'login-throttle')
    this.#runner = new RedisScriptRunner(options.client, timeoutMilliseconds)
    this.#hashKey = reader.value('hashKey') === undefined ? null : Promise.resolve(readHashKey(reader))
  }

  async reserve(attempt: LoginAttempt): Promise<LoginReservation | LoginRefusal> {
    const startedAt = performance.now()
    const account = throttleKey(attempt.account)
    const secret = createHmac('sha256', await this.#readHashKey())
      .update(JSON.stringify([account, attempt.secret]))
      .digest('base64')
    const claim: Claim = { account, address: throttleKey(attempt.address), secret, token: randomUUID(), now: attempt.now, startedAt }

    let answer = await this.#tryToReserve(claim, claim.now)
    while (typeof answer === 'string') {
      const scope = answer
      answer = await this.#turns.take(scopeName(claim, scope), () => this.#waitFor(scope, claim))
    }
    return answer
  }

  async unlock(account: string): Promise<void> {
    await this.#runner.run(unlockScript, this.#base, [throttleKey(account)])
  }

  // Others of this process wait in line behind this attempt, so that a flood of them does not flood Redis.
  async #waitFor(scope: ThrottleScope, claim: Claim): Promise<LoginReservation | LoginRefusal | ThrottleScope> {
    for (let pause = 10; ; pause = Math.min(pause * 2, longestPauseMilliseconds)) {
      const waited = Math.floor(performance.now() - claim.startedAt)
      const answer = await this.#tryToReserve(claim, claim.now + waited)
      if (answer !== scope) return answer
      if (waited >= longestWaitForOthersMilliseconds) {
        return { allowed: false, limit: limitOfScope[scope], retryAfterSeconds: 1 }
      }
      await this.#pause(scopeName(claim, scope), pause)
    }
  }

  async #tryToReserve(claim: Claim, now: number): Promise<LoginReservation | LoginRefusal | ThrottleScope> {
    const [verdict, reason, seconds] = readList(await this.#runner.run(reserveScript, this.#base, this.#valuesOf(claim, now)))
    if (verdict === 'allowed') return this.#reservation(claim)
    if (verdict === 'wait' && isScope(reason)) return reason
    if (verdict === 'refused' && isLimit(reason)) return { allowed: false, limit: reason, retryAfterSeconds: Number(seconds) }
    throw new TypeError('the answer of a script was none of those it gives')
  }

  #reservation(claim: Claim): LoginReservation {
    let settlement: Promise<LoginSettlement> | null = null
    return {
      allowed: true,
      settle: (outcome, now) => {
        if (settlement !== null) return settlement.then(() => ({ limited: false, locked: false }))
        settlement = this.#settle(claim, outcome, now)
        return settlement
      }
    }
  }

  async #settle(claim: Claim, outcome: LoginOutcome, now: number): Promise<LoginSettlement> {
    const answer = await this.#runner.run(settleScript, this.#base, [...this.#valuesOf(claim, now), outcome])
    for (const scope of ['pair', 'account', 'address'] as const) this.#pauses.get(scopeName(claim, scope))?.()
    const [limited, locked] = readList(answer)
    return { limited: limited === 1, locked: locked === 1 }
  }

  #valuesOf(claim: Claim, now: number): (string | number)[] {
    return [claim.account, claim.address, claim.secret, claim.token, now, this.#limits]
  }

  #readHashKey(): Promise<string> {
    this.#hashKey ??= this.#runner.run(hashKeyScript, this.#base, [randomBytes(32).toString('base64')]).then(String, (error: unknown) => {
      this.#hashKey = null
      throw error
    })
    return this.#hashKey
  }

  // Ends early when this process settles an attempt of that scope.
  #pause(name: string, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#pauses.delete(name)
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      this.#pauses.set(name, end)
    })
  }
}

function limitsForScripts(rules: ThrottleRules): Record<string, number> {
  return {
    pair: rules.failuresPerAccountAndAddress,
    account: rules.failuresPerAccount,
    locked: rules.failuresUntilLocked,
    addressSize: rules.failuresPerAddress,
    addressInterval: dayMilliseconds / rules.addressRefillPerDay,
    firstWait: rules.firstWaitSeconds * 1000,
    longestWait: rules.longestWaitSeconds * 1000,
    known: rules.knownAddressDays * dayMilliseconds,
    knownAddresses: knownAddressesPerAccount,
    secrets: rememberedSecrets,
    pairMemory: pairMemoryMilliseconds,
    accountMemory: accountMemoryMilliseconds,
    lease: leaseMilliseconds
  }
}

function readHashKey(reader: MemberReader): string {
  const hashKey = reader.value('hashKey')
  if (typeof hashKey === 'string' && hashKey.length >= 32) return hashKey
  // Its length only: the value is a secret.
  throw new TypeError(`hashKey must be a string of at least 32 characters, received ${describeValue(hashKey, true)}`)
}

function scopeName(claim: Claim, scope: ThrottleScope): string {
  if (scope === 'pair') return JSON.stringify([claim.account, claim.address])
  return `${scope} ${claim[scope]}`
}

function readList(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer
  throw new TypeError('the answer of a script was not a list')
}

function isScope(text: unknown): text is ThrottleScope {
  return text === 'pair' || text === 'account' || text === 'address'
}

function isLimit(text: unknown): text is LoginRefusal['limit'] {
  return text === 'account-and-address' || text === 'account' || text === 'account-locked' || text === 'address'
}
