import { isNothing, listOf, textOf } from './answers.js'
import type { RedisClient } from './client.js'
import { RedisReplicationBarrier } from './replication-barrier.js'
import { RedisScriptRunner } from './script-runner.js'
import type { RedisScript } from './script.js'
import { evictionPolicyScript } from './session-scripts.js'

/** Runs the scripts over sessions and reads their texts, each within the deadline. */
export class RedisSessionCaller {
  readonly #runner: RedisScriptRunner
  readonly #barrier: RedisReplicationBarrier | null
  #hasCheckedEviction = false

  constructor(client: RedisClient, base: string, timeoutMilliseconds: number, minReplicas: number) {
    this.#runner = new RedisScriptRunner(client, base, timeoutMilliseconds)
    this.#barrier = minReplicas === 0 ? null : new RedisReplicationBarrier(client, `${base}barrier`, minReplicas)
  }

  /** `mustLast`: no fail-over may undo it, so it is answered when the replicas have it, where they are waited for. */
  async run(script: RedisScript, values: readonly (string | number)[], mustLast = false): Promise<readonly unknown[]> {
    const deadline = this.#runner.newDeadline()
    const ask = (): Promise<unknown> => this.#runner.run(script, values, deadline)
    return this.#checked(await (mustLast && this.#barrier ? this.#barrier.hold(deadline, ask) : ask()))
  }

  /** The texts of these sessions as the master has them, in their order; `null` where there is none. */
  read(hashes: readonly string[]): Promise<readonly (string | null)[]> {
    return this.#runner
      .read(hashes.map((hash) => `session:${hash}`))
      .then((answer) => this.#checked(answer).map((text) => (isNothing(text) ? null : textOf(text))))
  }

  close(): void {
    this.#barrier?.close()
  }

  #checked(answer: unknown): readonly unknown[] {
    const list = listOf(answer)
    if (!this.#hasCheckedEviction) {
      this.#hasCheckedEviction = true
      void this.#warnOfEviction()
    }
    return list
  }

  // Redis would drop sessions of people who are at work, and parts of the indexes, when its memory is full.
  async #warnOfEviction(): Promise<void> {
    try {
      const [policy] = listOf(await this.#runner.run(evictionPolicyScript, []))
      if (isNothing(policy) || ['noeviction', 'volatile-ttl'].includes(textOf(policy))) return
      process.emitWarning(`Redis has maxmemory-policy ${textOf(policy)} and may drop live sessions: noeviction or volatile-ttl is wanted`, {
        code: 'EXPRESS_4D_DIRECTORY_REDIS_EVICTION'
      })
    } catch {
      // Nobody asked; the next real command will say what is wrong.
    }
  }
}
