import { createHmac, randomBytes } from 'node:crypto'

import type { LRUCache } from 'lru-cache'

import { pairMemoryMilliseconds, rememberedSecrets } from '../../auth/throttle/rules.js'
import { boundedCache } from './failure-cache.js'

interface WrongSecretsOfAccount {
  /** The last one first. */
  readonly secrets: readonly { readonly hash: string; readonly times: number }[]
  readonly lastFailureAt: number
}

/** The latest wrong secrets of each account, as keyed hashes, and how often each was sent; for a day. */
export class WrongSecrets {
  readonly #byAccount: LRUCache<string, WrongSecretsOfAccount>
  readonly #hashKey = randomBytes(32)

  constructor(maxAccounts: number) {
    this.#byAccount = boundedCache(maxAccounts, () => 1)
  }

  /** A secret that is compared with that hash. The same secret is another one when the hash has changed. */
  hash(secret: string, passwordHash: string | null | undefined): string {
    return createHmac('sha256', this.#hashKey)
      .update(JSON.stringify([secret, passwordHash ?? null]))
      .digest('base64')
  }

  /** How often it was wrong. */
  times(account: string, hash: string, now: number): number {
    return this.#secretsOf(account, now).find((secret) => secret.hash === hash)?.times ?? 0
  }

  add(account: string, hash: string, now: number): void {
    const others = this.#secretsOf(account, now).filter((secret) => secret.hash !== hash)
    const secrets = [{ hash, times: this.times(account, hash, now) + 1 }, ...others].slice(0, rememberedSecrets)
    this.#byAccount.set(account, { secrets, lastFailureAt: now })
  }

  forget(account: string): void {
    this.#byAccount.delete(account)
  }

  #secretsOf(account: string, now: number): WrongSecretsOfAccount['secrets'] {
    const wrong = this.#byAccount.get(account)
    return wrong !== undefined && now - wrong.lastFailureAt < pairMemoryMilliseconds ? wrong.secrets : []
  }
}
