import { LRUCache } from 'lru-cache'

import { noFailures, type Failures } from '../../auth/throttle/rules.js'

/**
 * Failures by key, bounded, the least recently used evicted first. Who has reached a threshold moves to a cache of its own, so that a flood
 * of names with one failure each evicts others with few failures, never one that has to wait or is locked.
 */
export class FailureCache {
  readonly #thresholds: readonly number[]
  readonly #caches: readonly LRUCache<string, Failures>[]

  constructor(maxKeys: number, thresholds: readonly number[]) {
    this.#thresholds = thresholds
    this.#caches = [0, ...thresholds].map(() => boundedCache(maxKeys, () => 1))
  }

  get(key: string): Failures {
    for (const cache of this.#caches) {
      const found = cache.get(key)
      if (found !== undefined) return found
    }
    return noFailures
  }

  set(key: string, value: Failures): void {
    this.delete(key)
    this.#caches[this.#thresholds.filter((threshold) => value.failures >= threshold).length]?.set(key, value)
  }

  delete(key: string): void {
    for (const cache of this.#caches) cache.delete(key)
  }

  /** The keys that begin so. Visits every key: for what an administrator does, not for a login. */
  keysOf(prefix: string): string[] {
    return this.#caches.flatMap((cache) => [...cache.keys()].filter((key) => key.startsWith(prefix)))
  }

  get size(): number {
    return this.#caches.reduce((sum, cache) => sum + cache.size, 0)
  }
}

/** A cache that grows as it fills: `max` would take its memory at once, for a hundred thousand keys that never come. */
export function boundedCache<Value extends object | number>(
  maxSize: number,
  sizeCalculation: (value: Value) => number
): LRUCache<string, Value> {
  return new LRUCache<string, Value>({ maxSize, sizeCalculation })
}
