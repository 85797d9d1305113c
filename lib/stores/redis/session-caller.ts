import { isNothing, listOf, textOf } from './answers.js'
import type { RedisClient } from './client.js'
import { RedisReplicationBarrier } from './replication-barrier.js'
import { RedisScriptRunner } from './script-runner.js'
import type { RedisScript } from './script.js'
import { evictionPolicyScript } from './session-scripts.js'

type Values = readonly (string | number)[]

/** Runs the scripts over sessions and reads their texts, each within the deadline. */
export class RedisSessionCaller {
  readonly #runner: RedisScriptRunner
  readonly #barrier: RedisReplicationBarrier | null
  readonly #base: string
  #hasCheckedEviction = false

  constructor(
    client: RedisClient,
    base: string,
    { timeoutMilliseconds, minReplicas }: { timeoutMilliseconds: number; minReplicas: number }
  ) {
    this.#base = base
    this.#runner = new RedisScriptRunner(client, timeoutMilliseconds)
    this.#barrier = minReplicas === 0 ? null : new RedisReplicationBarrier(client, `${base}barrier`, minReplicas)
  }

  async run(script: RedisScript, values: Values): Promise<readonly unknown[]> {
    return this.#checked(await this.#runner.run(script, this.#base, values))
  }

  /** The same for what no fail-over may undo: answered when the replicas have it, where they are waited for. */
  async runReplicated(script: RedisScript, values: Values): Promise<readonly unknown[]> {
    if (this.#barrier === null) return this.run(script, values)
    const deadline = this.#runner.newDeadline()
    return this.#checked(await this.#barrier.hold(deadline, () => this.#runner.run(script, this.#base, values, deadline)))
  }

  /** The texts of these sessions as the master has them, in their order; `null` where there is none. */
  read(hashes: readonly string[]): Promise<readonly (string | null)[]> {
    const names = hashes.map((hash) => `session:${hash}`)
    return this.#runner
      .read(this.#base, names)
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
      const [policy] = listOf(await this.#runner.run(evictionPolicyScript, this.#base, []))
      if (isNothing(policy) || ['noeviction', 'volatile-ttl'].includes(textOf(policy))) return
      process.emitWarning(`Redis has maxmemory-policy ${textOf(policy)} and may drop live sessions: noeviction or volatile-ttl is wanted`, {
        code: 'EXPRESS_4D_DIRECTORY_REDIS_EVICTION'
      })
    } catch {
      // Nobody asked; the next real command will say what is wrong.
    }
  }
}
