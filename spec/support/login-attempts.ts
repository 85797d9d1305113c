import { setImmediate } from 'node:timers/promises'

import type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginSettlement,
  LoginThrottle
} from '../../lib/auth/throttle/login-throttle.js'

export const secondMilliseconds = 1000
export const dayMilliseconds = 86_400_000

/** A round time to start from. */
export const noon = Date.UTC(2026, 0, 1, 12)

/** Drives a throttle on a clock that the spec sets. An attempt that does not say otherwise is jsmith's, with a secret that nobody sent before. */
export class LoginAttempts {
  readonly throttle: LoginThrottle
  now = noon
  #secrets = 0

  constructor(throttle: LoginThrottle) {
    this.throttle = throttle
  }

  reserve(attempt: Partial<LoginAttempt> = {}): Promise<LoginReservation | LoginRefusal> {
    this.#secrets += 1
    return this.throttle.reserve({ account: 'jsmith', address: '192.0.2.1', secret: `secret ${this.#secrets}`, now: this.now, ...attempt })
  }

  /** The refusal, or what the outcome led to. */
  async attempt(outcome: LoginOutcome, attempt: Partial<LoginAttempt> = {}): Promise<LoginRefusal | LoginSettlement> {
    const answer = await this.reserve(attempt)
    return answer.allowed ? answer.settle(outcome, this.now) : answer
  }

  /** Fails, and throws if it was not allowed to. */
  async fail(attempt: Partial<LoginAttempt> = {}): Promise<LoginSettlement> {
    return settlementOf(await this.attempt('failure', attempt))
  }

  /** Logs in, and throws if it was not allowed to. */
  async succeed(attempt: Partial<LoginAttempt> = {}): Promise<LoginSettlement> {
    return settlementOf(await this.attempt('success', attempt))
  }

  /** Fails so many times, one after the other, without waiting. */
  async failTimes(times: number, attempt: (turn: number) => Partial<LoginAttempt> = () => ({})): Promise<void> {
    for (let turn = 0; turn < times; turn++) await this.fail(attempt(turn))
  }

  /** Fails so many times, each from an address of its own, and lets the clock pass every wait. */
  async failFromStrangers(times: number): Promise<void> {
    for (let turn = 0; turn < times; turn++) {
      const address = strangersAddress(turn)
      const answer = await this.attempt('failure', { address })
      if (!('retryAfterSeconds' in answer)) continue
      this.now += answer.retryAfterSeconds * secondMilliseconds
      await this.fail({ address })
    }
  }

  /** What the next attempt would be told, without an effect. */
  async peek(attempt: Partial<LoginAttempt> = {}): Promise<LoginRefusal | 'allowed'> {
    const answer = await this.reserve(attempt)
    if (!answer.allowed) return answer
    await answer.settle('abandoned', this.now)
    return 'allowed'
  }

  /** How an attempt that is not refused is to be checked. */
  async checkOf(outcome: LoginOutcome, attempt: Partial<LoginAttempt> = {}): Promise<LoginReservation['check']> {
    const answer = await this.reserve(attempt)
    if (!answer.allowed) throw new Error(`refused by ${answer.limit} for ${answer.retryAfterSeconds} seconds`)
    await answer.settle(outcome, this.now)
    return answer.check
  }

  unlock(account = 'jsmith'): Promise<boolean> {
    return this.throttle.unlock(account, this.now)
  }

  /** All of them at once. How many were verified, while others were under way. */
  async verifyInParallel(outcome: LoginOutcome, attempts: readonly Partial<LoginAttempt>[]): Promise<number> {
    let verified = 0
    const verify = async (attempt: Partial<LoginAttempt>): Promise<void> => {
      const answer = await this.reserve(attempt)
      if (!answer.allowed) return
      verified += 1
      await setImmediate()
      await answer.settle(outcome, this.now)
    }
    await Promise.all(attempts.map(verify))
    return verified
  }
}

export function strangersAddress(turn: number): string {
  return `198.51.${Math.floor(turn / 250)}.${(turn % 250) + 1}`
}

export function times<Result>(count: number, make: (turn: number) => Result): Result[] {
  return Array.from({ length: count }, (_, turn) => make(turn))
}

function settlementOf(answer: LoginRefusal | LoginSettlement): LoginSettlement {
  if ('limit' in answer) throw new Error(`refused by ${answer.limit} for ${answer.retryAfterSeconds} seconds`)
  return answer
}
