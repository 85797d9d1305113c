import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

import { DirectoryError } from '../errors.js'
import { hasMD5, looksLikeDigest4D, noMD5 } from './digest-4d.js'
import { digestOf, type LoginSecret } from './login-secret.js'

/** The costs that bcrypt is run at: it knows no lower one, and a stored 31 would keep a thread busy for days. */
export const lowestCost = 4
export const highestCost = 15

/** In front of a bcrypt hash: it was made of the password's 4D digest, not of the password. */
export const digestMark = 'bcrypt_4d$'

/** What a verification asks of bcrypt. */
interface Comparison {
  readonly text: string
  /** `null`: nobody's. */
  readonly hash: string | null
  readonly cost: number
  /** The outcome where bcrypt has no say in it, to be told after the same work; `null`: bcrypt says it. */
  readonly matches: boolean | null
}

const nobodyFits: Comparison = { text: '', hash: null, cost: 0, matches: false }

type StoredPassword =
  | { readonly format: 'bcrypt_4d' | 'bcrypt'; readonly hash: string; readonly cost: number }
  | { readonly format: 'digest'; readonly digest: string }
  | { readonly format: 'none' }

/**
 * Finds out how a secret is compared with a stored `passwordHash`.
 *
 * @throws DirectoryError when that takes the password's 4D digest, and this host has no MD5: "no" would be a wrong answer.
 */
export function planComparison(secret: LoginSecret, passwordHash: string | null): Comparison {
  // Taken before the formats part, so that each of them does this work.
  const digest = digestOf(secret)
  const stored = readFormat(passwordHash)

  if (stored.format === 'none') return nobodyFits
  if (stored.format === 'bcrypt')
    return 'password' in secret && fitsBcrypt(secret.password) ? askBcrypt(secret.password, stored) : nobodyFits
  if (digest === null)
    throw new DirectoryError('ERR_LOGIN_QUEUE_FULL', 'The password could not be checked: this host has no MD5', { cause: noMD5() })
  if (stored.format === 'digest') return { ...nobodyFits, matches: equalInConstantTime(digest, stored.digest) }
  // bcrypt reads its key in circles, with a NUL behind each turn: 'x NUL x' is 'x' to it. Nothing but a digest gets there.
  return looksLikeDigest4D(digest) ? askBcrypt(digest, stored) : nobodyFits
}

/** Whether a new hash at this cost would be better than the stored one, so that a login is the moment to make one. */
export function isOutdated(passwordHash: string, cost: number): boolean {
  const stored = readFormat(passwordHash)
  return stored.format === 'digest' || ('cost' in stored && stored.cost < cost)
}

/**
 * @throws TypeError where the hash of one of these users is made of a 4D digest, and this host has no MD5 to check it by. For providers that know their users
 * at start-up.
 */
export function refuseWithoutMD5(users: readonly { readonly userName: string; readonly passwordHash: string | null }[]): void {
  const user = users.find(({ passwordHash }) => /^(?:bcrypt_4d|digest)$/.test(readFormat(passwordHash).format))
  if (user === undefined || hasMD5()) return
  throw new TypeError(
    `passwordHash must be a plain bcrypt hash on this host, which has no MD5 (FIPS mode); that of ${inspect(user.userName)} is made of a 4D digest`
  )
}

/** What `isVerifiable` takes, for messages. */
export const passwordFormats = `bcrypt_4d, bcrypt (both up to cost ${highestCost}) and 4D digest`

/** Whether any secret at all could fit this hash. */
export function isVerifiable(passwordHash: string): boolean {
  const stored = readFormat(passwordHash)
  return stored.format === 'digest' || ('cost' in stored && stored.cost <= highestCost)
}

function readFormat(passwordHash: string | null): StoredPassword {
  if (passwordHash === null) return { format: 'none' }
  if (looksLikeDigest4D(passwordHash)) return { format: 'digest', digest: passwordHash }

  const ofDigest = passwordHash.startsWith(digestMark)
  const hash = ofDigest ? passwordHash.slice(digestMark.length) : passwordHash
  const cost = Number(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1])
  return cost >= lowestCost ? { format: ofDigest ? 'bcrypt_4d' : 'bcrypt', hash, cost } : { format: 'none' }
}

function askBcrypt(text: string, stored: { readonly hash: string; readonly cost: number }): Comparison {
  return stored.cost <= highestCost ? { text, hash: stored.hash, cost: stored.cost, matches: null } : nobodyFits
}

// bcrypt takes 72 bytes and leaves out the rest, so that everything with the same beginning would match; and a NUL ends the key.
function fitsBcrypt(password: string): boolean {
  return Buffer.byteLength(password) <= 72 && !password.includes('\u0000')
}

/** Compares two secrets in a time that does not tell where they differ. Unequal lengths are unequal; the length itself is no secret. */
export function equalInConstantTime(one: string, other: string): boolean {
  const bytes = Buffer.from(one, 'utf16le')
  const otherBytes = Buffer.from(other, 'utf16le')
  return bytes.length === otherBytes.length && timingSafeEqual(bytes, otherBytes)
}
