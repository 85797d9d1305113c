import type { LRUCache } from 'lru-cache'

import { isKnownSince, knownAddressesPerAccount, type ThrottleRules } from '../../auth/throttle/rules.js'
import { boundedCache } from './failure-cache.js'

interface KnownAddress {
  readonly address: string
  readonly loginAt: number
}

/** From where each account has logged in lately. An address that could not be found out is never known. */
export class KnownAddresses {
  readonly #byAccount: LRUCache<string, readonly KnownAddress[]>
  readonly #rules: ThrottleRules
  readonly #mostPerAccount: number

  constructor(maxAddresses: number, rules: ThrottleRules) {
    this.#byAccount = boundedCache(maxAddresses, (addresses) => addresses.length)
    this.#rules = rules
    this.#mostPerAccount = Math.min(knownAddressesPerAccount, maxAddresses)
  }

  has(account: string, address: string, now: number): boolean {
    const known = this.#byAccount.get(account)?.find((each) => each.address === address)
    return known !== undefined && isKnownSince(known.loginAt, this.#rules, now)
  }

  add(account: string, address: string, now: number): void {
    if (address === '') return
    const others = (this.#byAccount.get(account) ?? []).filter((each) => each.address !== address)
    this.#byAccount.set(account, [{ address, loginAt: now }, ...others].slice(0, this.#mostPerAccount))
  }
}
