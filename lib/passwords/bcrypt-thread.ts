// What a thread of a BcryptPool runs. scripts/embed-files.mjs makes one text of it and of bcryptjs; nothing imports it.

import { timingSafeEqual } from 'node:crypto'
import { setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'

import { hashSync } from 'bcryptjs'

import type { BcryptOutcome, BcryptTask } from './bcrypt-threads.js'

type Done = Omit<BcryptOutcome, 'milliseconds'>

lowerPriority()
parentPort?.on('message', (task: BcryptTask) => {
  const startedAt = performance.now()
  const done = task.kind === 'hash' ? makeHash(task) : compare(task)
  parentPort?.postMessage({ ...done, milliseconds: performance.now() - startedAt } satisfies BcryptOutcome)
})

// So that all cores may hash, and requests still come first. Linux counts niceness by thread; elsewhere this would slow down the whole process.
function lowerPriority(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(10)
  } catch {
    // A sandbox may forbid it. Passwords are checked all the same.
  }
}

function makeHash({ text, cost }: BcryptTask & { readonly kind: 'hash' }): Done {
  return { hash: hashSync(text, cost), matches: false, work: 2 ** cost }
}

function compare({ text, hash, cost, targetCost }: BcryptTask & { readonly kind: 'compare' }): Done {
  if (hash === null) return { hash: '', matches: false, work: spend(targetCost) }

  const matches = fits(text, hash)
  let work = 2 ** cost
  // 2^c and one hash each at c, c + 1, ... target - 1 make 2^target: the same work for every hash, in the same task.
  for (let next = cost; next < targetCost; next++) work += spend(next)
  return { hash: '', matches, work }
}

/** Compares the checksums alone: there are hashes whose salt has a second spelling (its last character holds two bits). */
function fits(text: string, hash: string): boolean {
  const made = hashSync(text, hash.slice(0, 29))
  return timingSafeEqual(Buffer.from(made.slice(29)), Buffer.from(hash.slice(29)))
}

function spend(cost: number): number {
  hashSync('nobody', cost)
  return 2 ** cost
}
