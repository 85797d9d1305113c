import { setImmediate } from 'node:timers/promises'

import fc from 'fast-check'
import { expect, it } from 'vitest'

import type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginThrottle,
  ThrottleLimits
} from '../../lib/auth/throttle/login-throttle.js'
import { readThrottleLimits } from '../../lib/auth/throttle/rules.js'
import { dayMilliseconds, noon, secondMilliseconds } from '../support/login-attempts.js'
import { LoginThrottleModel, type ModelAttempt } from '../support/login-throttle-model.js'

// Small, so that random walks reach every limit. 96 a day is one in 15 minutes, without a remainder.
const limits = {
  failuresPerAccountAndAddress: 3,
  failuresPerAccount: 4,
  failuresUntilLocked: 7,
  failuresPerAddress: 6,
  addressRefillPerDay: 96,
  firstWaitSeconds: 30,
  longestWaitSeconds: 240,
  knownAddressDays: 2
} satisfies ThrottleLimits

// Two names of one user, and one that nobody has.
const account = fc.constantFrom('jsmith', 'j.smith', 'adoe')
const owner = { userID: 'ID 1', passwordHash: 'hash' }
const address = fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', '')
const outcome = fc.oneof(
  { arbitrary: fc.constant<LoginOutcome>('failure'), weight: 6 },
  { arbitrary: fc.constantFrom<LoginOutcome>('success', 'abandoned', 'refused'), weight: 1 }
)

const step = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant('attempt' as const),
      account,
      address,
      // A secret of its own, or one of a few.
      secret: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { freq: 2 }),
      // At once, or left under way.
      outcome: fc.option(outcome, { freq: 4 })
    }),
    weight: 12
  },
  { arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(), outcome }), weight: 2 },
  {
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      milliseconds: fc.oneof(
        fc.constantFrom(30, 60, 120, 240, 900).map((seconds) => seconds * secondMilliseconds),
        fc.constantFrom(1, 2, 30).map((days) => days * dayMilliseconds),
        fc.nat(300_000)
      )
    }),
    weight: 5
  },
  // One wrong secret again and again.
  { arbitrary: fc.record({ kind: fc.constant('repeat' as const), account, address, secret: fc.constantFrom('a', 'b') }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('unlock' as const), account: fc.constantFrom('jsmith', 'adoe', 'ID 1') }), weight: 1 }
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

interface UnderWay {
  readonly reservation: LoginReservation
  readonly attempt: ModelAttempt
}

/**
 * Random attempts, outcomes, waits and unlocks: every answer is the model's. `looksByItself`: an attempt that waits sees every change; else it sees
 * what happens to those that it waits for.
 */
export function agreesWithTheThrottleModel(
  createThrottle: (limits: ThrottleLimits) => LoginThrottle,
  { runs, looksByItself }: { readonly runs: number; readonly looksByItself: boolean }
): void {
  it('A6.3.1, N 3.2.2: answers as the rules say, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const walk = new Walk(createThrottle(limits), looksByItself)

        for (const step of steps) await walk.take(step)
      }),
      { numRuns: runs }
    )
  })
}

class Walk {
  readonly #throttle: LoginThrottle
  readonly #model = new LoginThrottleModel(readThrottleLimits(limits))
  readonly #underWay: UnderWay[] = []
  readonly #looksByItself: boolean
  #now = noon
  #attempts = 0

  constructor(throttle: LoginThrottle, looksByItself: boolean) {
    this.#throttle = throttle
    this.#looksByItself = looksByItself
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'pass') await this.#pass(step.milliseconds)
    if (step.kind === 'unlock') await this.#unlock(step.account)
    if (step.kind === 'settle') await this.#settleOne(step.which, step.outcome)
    if (step.kind === 'attempt') await this.#attempt(step)
    for (let time = 0; step.kind === 'repeat' && time < 12; time++) await this.#attempt({ ...step, kind: 'attempt', outcome: 'failure' })
  }

  // Redis takes the place of an attempt that is under way for a minute for one whose process has died.
  async #pass(milliseconds: number): Promise<void> {
    while (this.#looksByItself && this.#underWay.length > 0) await this.#settleOne(0, 'failure')
    this.#now += milliseconds
  }

  async #attempt({ account, address, secret, outcome }: Extract<Step, { kind: 'attempt' }>): Promise<void> {
    this.#attempts += 1
    const user = account === 'adoe' ? { passwordHash: null } : owner
    const unique: LoginAttempt = { account, ...user, address, secret: `secret ${this.#attempts}`, now: this.#now }
    const asked = secret === null ? unique : { ...unique, secret }
    const waits = this.#model.judge(asked) === 'waits'
    // With a secret of its own: when the same one fails elsewhere meanwhile, the wait is over before the throttle looks.
    const attempt = waits ? unique : asked
    const answer = waits ? await this.#waitForOthers(attempt) : await this.#throttle.reserve(attempt)

    const verdict = this.#model.judge(attempt)
    if (!answer.allowed) {
      this.#expectRefusal(answer, verdict, waits)
      return
    }
    expect({ ...answer, settle: null }).toEqual({ ...(verdict as object), settle: null })
    this.#underWay.push({ reservation: answer, attempt: this.#model.begin(attempt) })
    if (outcome) await this.#settleOne(this.#underWay.length - 1, outcome)
  }

  // Everything that is under way fails, one after the other, until there is an answer.
  async #waitForOthers(attempt: LoginAttempt): Promise<LoginReservation | LoginRefusal> {
    const answers: unknown[] = []
    const answering = this.#throttle.reserve(attempt).finally(() => answers.push(attempt))
    await this.#throttle.unlock('nobody', this.#now)
    expect(answers).toEqual([])

    while (answers.length === 0 && this.#underWay.length > 0) {
      await this.#settleOne(0, 'failure')
      if (this.#model.judge(attempt) === 'waits') continue
      await (this.#looksByItself ? answering : setImmediate())
    }
    return answering
  }

  // Who waited on a real clock may be told a second less.
  #expectRefusal(refusal: LoginRefusal, verdict: unknown, waited: boolean): void {
    const inASecond = { ...refusal, retryAfterSeconds: refusal.retryAfterSeconds + 1 }
    expect(waited ? [refusal, inASecond] : [refusal]).toContainEqual(verdict)
  }

  async #settleOne(which: number, outcome: LoginOutcome): Promise<void> {
    const [settled] = this.#underWay.splice(which % Math.max(1, this.#underWay.length), 1)
    if (settled === undefined) return

    const settlement = await settled.reservation.settle(outcome, this.#now)

    expect(settlement).toEqual(this.#model.settle(settled.attempt, outcome, this.#now))
  }

  async #unlock(account: string): Promise<void> {
    expect(await this.#throttle.unlock(account, this.#now)).toBe(this.#model.unlock(account, this.#now))
  }
}
