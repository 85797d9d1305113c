import { DirectoryError } from '../../errors.js'
import { ServerClock } from '../server-clock.js'
import { listOf } from './answers.js'
import { redisVerbs, type RedisClient, type RedisVerbs } from './client.js'
import { redisFailure } from './failure.js'
import { redisScript, type RedisScript } from './script.js'

/** Redis gives its clock no name that a script could ask for: a server that has taken over tells itself by what its clock shows. */
const clockName = 'redis'

/** ARGV: names. Returns the texts. */
const readScript = redisScript(
  ['no-writes'],
  `
local keys = {}
for number = 1, #ARGV - 2 do keys[number] = KEYS[1] .. ARGV[number] end
return redis.call('MGET', unpack(keys))
`
)

/** Commands past their deadline that a client may still hold; see `#isStuck`. */
const mostOverdue = 100

/**
 * Asks Redis with a deadline of our own, whatever the client's settings: a client may queue commands while it is offline and send them
 * again after a reconnect, minutes later. So a script carries its deadline in the server's time (`ServerClock`) and does nothing after
 * it: not after a thaw, not from a queue. A plain read does no harm when it is late.
 *
 * What cannot be closed: a command that was carried out in time and whose answer is lost. It has happened before the
 * refusal, not after it. A script has to bear being sent twice, too: `ioredis` repeats what it had no answer to.
 */
export class RedisScriptRunner {
  readonly #verbs: RedisVerbs
  readonly #base: string
  readonly #timeoutMilliseconds: number
  readonly #clock = new ServerClock()
  #overdue = new Set<NodeJS.Timeout>()
  #lastSentAt = Number.NEGATIVE_INFINITY

  /** `base` is what all keys begin with: the one key that a script is given. */
  constructor(client: RedisClient, base: string, timeoutMilliseconds: number) {
    this.#verbs = redisVerbs(client)
    this.#base = base
    this.#timeoutMilliseconds = timeoutMilliseconds
  }

  /**
   * What the script's verb returns. Rejects with `ERR_STORE_UNAVAILABLE` when the server refuses, or has not answered at the deadline, which is on
   * `performance.now()`; then the verb has not been carried out and never will be, or its answer was lost.
   */
  run(script: RedisScript, values: readonly (string | number)[], deadline = this.newDeadline()): Promise<unknown> {
    return this.#within(deadline, () => this.#runInWindow(script, values.map(String), deadline))
  }

  /** The texts under these names, by one command that is no script where the client has one for it. Rejects as `run` does. */
  read(names: readonly string[]): Promise<unknown> {
    const { mGet } = this.#verbs
    if (mGet === null) return this.run(readScript, names)
    return this.#within(this.newDeadline(), () => mGet(names.map((name) => this.#base + name)))
  }

  /** When a call that begins now has to be answered. */
  newDeadline(): number {
    return performance.now() + this.#timeoutMilliseconds
  }

  #within(deadline: number, ask: () => Promise<unknown>): Promise<unknown> {
    const startedAt = performance.now()
    if (this.#isStuck(startedAt)) return Promise.reject(this.#lateError())
    this.#lastSentAt = startedAt
    const overdue = this.#overdue

    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        overdue.add(timer)
        reject(this.#lateError())
      }, deadline - startedAt)
      const settled = (): void => {
        clearTimeout(timer)
        overdue.delete(timer)
      }
      const answered = (answer: unknown): void => {
        settled()
        if (this.#overdue.size > 0 && performance.now() < deadline) this.#overdue = new Set()
        resolve(answer)
      }
      const failed = (error: unknown): void => {
        settled()
        reject(redisFailure(error))
      }
      try {
        ask().then(answered, failed)
      } catch (error) {
        failed(error)
      }
    })
  }

  async #runInWindow(script: RedisScript, values: readonly string[], deadline: number): Promise<unknown> {
    // A tenth is left for the answer's way back, so that what was done in time is seldom refused.
    const lastMoment = deadline - this.#timeoutMilliseconds / 10
    // A second time when the server's clock was unknown or wrong, a third time when another server took over in between.
    for (let attempt = 1; attempt <= 3; attempt++) {
      const sentAt = performance.now()
      const { notBefore, notAfter } = this.#clock.window(sentAt, lastMoment)
      const answer = await this.#send(script, [...values, String(Math.floor(notBefore)), String(Math.floor(notAfter))])
      const receivedAt = performance.now()
      const [serverNow, state, value] = listOf(answer)
      this.#clock.learn({ clockName, clock: Number(serverNow) }, sentAt, receivedAt)
      // Not `===`: a client may be set to give buffers.
      if (String(state) === 'done') return value
      if (receivedAt >= deadline) break
    }
    throw this.#lateError()
  }

  // A server forgets its scripts at SCRIPT FLUSH, at a restart and when a replica takes over.
  async #send(script: RedisScript, values: readonly string[]): Promise<unknown> {
    try {
      return await this.#verbs.evalSha(script.sha1, this.#base, values)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return await this.#verbs.eval(script.text, this.#base, values)
    }
  }

  /**
   * A client without a server may queue without a bound. Once it holds so many of our commands that have been given up, it gets only one in each
   * period of the timeout, to find out, until there is an answer.
   */
  #isStuck(now: number): boolean {
    return this.#overdue.size >= mostOverdue && now - this.#lastSentAt < this.#timeoutMilliseconds
  }

  #lateError(): DirectoryError {
    return new DirectoryError('ERR_STORE_UNAVAILABLE', `Redis did not answer within ${this.#timeoutMilliseconds} ms`)
  }
}
