'use strict'

// JavaScript, because a thread is started from this very file: from lib in specs and under tsx, from dist in a host.

const { timingSafeEqual } = require('node:crypto')
const { performance } = require('node:perf_hooks')
const bcrypt = require('bcryptjs')

/**
 * Make a hash of the text.
 * @typedef {{ readonly kind: 'hash', readonly text: string, readonly cost: number }} HashTask
 */
/**
 * Compare the text with the hash, or nothing where `hash` is null, and do the work of exactly one hash at `targetCost` in all.
 * @typedef {{ readonly kind: 'compare', readonly text: string, readonly hash: string | null, readonly cost: number, readonly targetCost: number }} CompareTask
 */
/** @typedef {HashTask | CompareTask} BcryptTask */
/**
 * `hash` is '' after a comparison; `work` is the sum of 2^cost of all the hashes that were made.
 * @typedef {{ readonly hash: string, readonly matches: boolean, readonly work: number, readonly milliseconds: number }} BcryptOutcome
 */

/**
 * What a thread does.
 * @param {BcryptTask} task
 * @returns {BcryptOutcome}
 */
function runBcryptTask(task) {
  const startedAt = performance.now()
  const outcome = task.kind === 'hash' ? makeHash(task) : compare(task)
  return { ...outcome, milliseconds: performance.now() - startedAt }
}

/** @param {HashTask} task */
function makeHash({ text, cost }) {
  return { hash: bcrypt.hashSync(text, cost), matches: false, work: 2 ** cost }
}

/** @param {CompareTask} task */
function compare({ text, hash, cost, targetCost }) {
  if (hash === null) return { hash: '', matches: false, work: spend(targetCost) }

  const matches = fits(text, hash)
  let work = 2 ** cost
  // 2^c and one hash each at c, c + 1, ... target - 1 make 2^target: the same work for every hash, in the same task.
  for (let next = cost; next < targetCost; next++) work += spend(next)
  return { hash: '', matches, work }
}

/**
 * Compares the checksums alone: there are hashes whose salt has a second spelling (its last character holds two bits).
 * @param {string} text
 * @param {string} hash
 */
function fits(text, hash) {
  const made = bcrypt.hashSync(text, hash.slice(0, 29))
  return timingSafeEqual(Buffer.from(made.slice(29)), Buffer.from(hash.slice(29)))
}

/** @param {number} cost */
function spend(cost) {
  bcrypt.hashSync('nobody', cost)
  return 2 ** cost
}

module.exports = { runBcryptTask }
