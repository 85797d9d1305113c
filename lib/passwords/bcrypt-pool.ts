import { availableParallelism } from 'node:os'

import { readerOf } from '../checks/member-reader.js'
import { DirectoryError } from '../errors.js'
import { longestTexts } from '../text-bounds.js'
import { abandonedBecause, BcryptJob } from './bcrypt-job.js'
import { type BcryptOutcome, type BcryptTask, BcryptThreads } from './bcrypt-threads.js'
import { digest4D, looksLikeDigest4D } from './digest-4d.js'
import { type Displaced, FairQueue } from './fair-queue.js'
import { digestOf, loginSecret, type LoginSecret } from './login-secret.js'
import { digestMark, highestCost, isOutdated, lowestCost, planComparison } from './password-formats.js'
import type { BcryptPoolStatistics, HashingRequest, PasswordHasher } from './password-hasher.js'

/** How much work a hash is, and how many are made at once. */
export interface BcryptPoolOptions {
  /** The cost of new hashes, and the least of a verification: from 4 to 15, each twice the work of the one before. Default 10. */
  readonly cost?: number | undefined
  /** Threads at most. Default: as many as there are cores. */
  readonly threads?: number | undefined
  /** Places in the queue; further logins are answered with 503. Default: 32 for each thread, at least 64. */
  readonly maxWaiting?: number | undefined
}

/**
 * Hashes and verifies in threads of lower priority, behind a bounded queue, so that no burst of logins stalls the server. Threads start with
 * the first login, and never keep the process alive.
 *
 * Every verification does the same bcrypt work, whatever the hash and whether there is one. A stored cost above the pool's (up to
 * 15; beyond, it is refused) raises that work for everybody from then on: such a hash in the table makes all logins as slow as its own.
 */
export class BcryptPool implements PasswordHasher {
  readonly #cost: number
  readonly #threadCount: number
  readonly #threads = new BcryptThreads()
  readonly #queue: FairQueue<BcryptJob>
  readonly #running = new Set<BcryptJob>()
  readonly #verifications = new Map<string, BcryptJob>()
  #closing: Promise<void> | null = null
  #targetCost: number
  #counts = { completed: 0, shared: 0, refused: 0, abandoned: 0, work: 0, meanMilliseconds: 0 }

  constructor(options: BcryptPoolOptions = {}) {
    const reader = readerOf(options, ['cost', 'threads', 'maxWaiting'], 'new BcryptPool({ cost: 10 })')
    this.#cost = reader.wholeNumber('cost', { from: lowestCost, to: highestCost }, 10)
    this.#threadCount = reader.wholeNumber('threads', { from: 1, to: 1024 }, availableParallelism())
    const limit = reader.wholeNumber('maxWaiting', { from: 1, to: 1_000_000 }, Math.max(64, 32 * this.#threadCount))
    this.#targetCost = this.#cost
    this.#queue = new FairQueue(limit)
  }

  get statistics(): BcryptPoolStatistics {
    return {
      ...this.#counts,
      threads: this.#threads.size,
      running: this.#running.size,
      waiting: this.#queue.size,
      retried: this.#threads.retried,
      targetCost: this.#targetCost
    }
  }

  /** A `bcrypt_4d$` hash: it fits the password and its 4D digest. */
  async hash(password: string): Promise<string> {
    const digest = digest4D(password)
    if (password.length > longestTexts.password)
      throw new TypeError(
        `password must be at most ${longestTexts.password} characters long, or no login takes it; received ${password.length}`
      )
    return await this.#hashDigest(digest)
  }

  /** The same from a stored 4D digest, without the password. */
  async hashDigest4D(digest: string): Promise<string> {
    // The value stays out of the message: a digest is as good as the password.
    if (typeof digest !== 'string' || !looksLikeDigest4D(digest)) {
      throw new TypeError('digest must be a 4D digest: 24 characters of base64 that end in ==')
    }
    return await this.#hashDigest(digest)
  }

  async verify(secret: string | LoginSecret, passwordHash: string | null, request: HashingRequest = {}): Promise<boolean> {
    const checked = checkSecret(secret)
    if (passwordHash !== null && typeof passwordHash !== 'string') {
      throw new TypeError(`passwordHash must be a string or null, received ${typeof passwordHash}`)
    }
    if (request.signal?.aborted) throw abandonedBecause(request.signal)

    const { text, hash, cost, matches } = planComparison(checked, passwordHash)
    this.#targetCost = Math.max(this.#targetCost, cost)
    const task = () => ({ kind: 'compare', text, hash, cost, targetCost: this.#targetCost }) as const

    // The account is part of it: two accounts that don't exist would share a hash where two that do would not, which can be timed.
    const identity = JSON.stringify([request.account ?? null, checked, passwordHash])
    const outcome = await this.#wait(this.#share(identity, task, request), request.signal)
    return matches ?? outcome.matches
  }

  async upgrade(secret: LoginSecret, passwordHash: string): Promise<string | null> {
    const digest = digestOf(checkSecret(secret))
    // Without MD5 no better hash can be made than the one that was just verified.
    if (digest === null || !looksLikeDigest4D(digest) || !isOutdated(passwordHash, this.#cost)) return null
    return await this.#hashDigest(digest)
  }

  /** Answers those who wait with 503, lets the hashes that are being made come to their end, and ends the threads. For good; twice does no harm. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // A verification that runs is not to be joined any more.
    this.#verifications.clear()
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) job.reject(closed())
    await Promise.allSettled([...this.#running].map((job) => job.outcome))
    await this.#threads.close()
  }

  async #hashDigest(text: string): Promise<string> {
    const job = new BcryptJob(() => ({ kind: 'hash', text, cost: this.#cost }))
    this.#enqueue(job)
    const { hash } = await this.#wait(job)
    return digestMark + hash
  }

  #share(identity: string, task: () => BcryptTask, request: HashingRequest): BcryptJob {
    const identical = this.#verifications.get(identity)
    if (identical !== undefined) {
      this.#counts.shared++
      return identical
    }
    const job = new BcryptJob(task, request, () => this.#verifications.delete(identity))
    this.#verifications.set(identity, job)
    this.#enqueue(job)
    return job
  }

  #enqueue(job: BcryptJob): void {
    if (this.#closing !== null) {
      job.reject(closed())
    } else if (this.#running.size < this.#threadCount) {
      void this.#run(job)
    } else {
      const displaced = this.#queue.add(job)
      displaced?.entry.reject(this.#refusal(displaced.full))
    }
  }

  #refusal(full: Displaced<BcryptJob>['full']): DirectoryError {
    this.#counts.refused++
    const whose = full === 'queue' ? 'Too many logins are waiting' : 'Too many logins from this address are waiting'
    const retryAfterSeconds = (this.#counts.meanMilliseconds * this.#queue.size) / this.#threadCount / 1000
    return new DirectoryError('ERR_LOGIN_QUEUE_FULL', whose, { retryAfterSeconds })
  }

  async #run(job: BcryptJob): Promise<void> {
    this.#running.add(job)
    try {
      const outcome = await this.#threads.run(job.task())
      this.#record(outcome)
      job.resolve(outcome)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'its thread died'
      job.reject(new DirectoryError('ERR_LOGIN_QUEUE_FULL', `The password could not be checked: ${reason}`, { cause }))
    } finally {
      this.#running.delete(job)
      const next = this.#queue.shift()
      if (next !== undefined) void this.#run(next)
    }
  }

  #record(outcome: BcryptOutcome): void {
    this.#counts.completed++
    this.#counts.work += outcome.work
    const share = 1 / Math.min(this.#counts.completed, 32)
    this.#counts.meanMilliseconds += (outcome.milliseconds - this.#counts.meanMilliseconds) * share
  }

  // Only what still waits is given up: a hash that is being made could be ended by its thread's death alone.
  #wait(job: BcryptJob, signal?: AbortSignal): Promise<BcryptOutcome> {
    return job.join(signal, (reason) => {
      if (!this.#queue.delete(job)) return
      this.#counts.abandoned++
      job.reject(reason)
    })
  }
}

function closed(): DirectoryError {
  return new DirectoryError('ERR_LOGIN_QUEUE_FULL', 'The server is closing: passwords are no longer checked')
}

// Callers in JavaScript send anything.
function checkSecret(secret: unknown): LoginSecret {
  if (typeof secret === 'string') return loginSecret({ password: secret })
  if (typeof secret === 'object' && secret !== null && isSecret(secret)) return loginSecret(secret)
  throw new TypeError('secret must be a string, { password: string } or { hashedPassword: string }')
}

function isSecret(secret: object): secret is LoginSecret {
  if ('password' in secret) return typeof secret.password === 'string'
  return 'hashedPassword' in secret && typeof secret.hashedPassword === 'string'
}
