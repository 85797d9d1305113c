/**
 * What went wrong, in a word that programs can compare: an error of this package, or one of the three that 4D itself numbers
 * (`ERR_LOGIN_FAILED` 1822, `ERR_SESSIONS_FULL` 1823, `ERR_MALFORMED_URL` 1806).
 */
export type DirectoryErrorCode =
  | 'ERR_LOGIN_FAILED'
  | 'ERR_SESSIONS_FULL'
  | 'ERR_MALFORMED_URL'
  | 'ERR_LOGIN_REQUIRED'
  | 'ERR_GROUP_REQUIRED'
  | 'ERR_CROSS_SITE'
  | 'ERR_BODY'
  | 'ERR_BODY_TOO_LARGE'
  | 'ERR_UNKNOWN_REQUEST'
  | 'ERR_METHOD'
  | 'ERR_THROTTLED'
  | 'ERR_LOGIN_QUEUE_FULL'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_PROVIDER_UNAVAILABLE'
  | 'ERR_STORE_NOT_REPLICATED'
  | 'ERR_LOGIN_TOO_OLD'

/** The number, the status and who numbers it. 4D's own numbers are signed `dbmg`, as its server does; ours `exdr`. */
const errorTable = {
  ERR_LOGIN_FAILED: { errCode: 1822, status: 401, componentSignature: 'dbmg' },
  ERR_SESSIONS_FULL: { errCode: 1823, status: 402, componentSignature: 'dbmg' },
  ERR_MALFORMED_URL: { errCode: 1806, status: 400, componentSignature: 'dbmg' },
  ERR_LOGIN_REQUIRED: { errCode: 1, status: 401, componentSignature: 'exdr' },
  ERR_GROUP_REQUIRED: { errCode: 2, status: 403, componentSignature: 'exdr' },
  ERR_CROSS_SITE: { errCode: 3, status: 403, componentSignature: 'exdr' },
  ERR_BODY: { errCode: 4, status: 400, componentSignature: 'exdr' },
  ERR_BODY_TOO_LARGE: { errCode: 5, status: 413, componentSignature: 'exdr' },
  ERR_UNKNOWN_REQUEST: { errCode: 6, status: 404, componentSignature: 'exdr' },
  ERR_METHOD: { errCode: 7, status: 405, componentSignature: 'exdr' },
  ERR_THROTTLED: { errCode: 8, status: 429, componentSignature: 'exdr' },
  ERR_LOGIN_QUEUE_FULL: { errCode: 9, status: 503, componentSignature: 'exdr' },
  ERR_STORE_UNAVAILABLE: { errCode: 10, status: 503, componentSignature: 'exdr' },
  ERR_PROVIDER_UNAVAILABLE: { errCode: 11, status: 503, componentSignature: 'exdr' },
  ERR_STORE_NOT_REPLICATED: { errCode: 12, status: 503, componentSignature: 'exdr' },
  ERR_LOGIN_TOO_OLD: { errCode: 13, status: 401, componentSignature: 'exdr' }
} as const satisfies Record<DirectoryErrorCode, { errCode: number; status: number; componentSignature: 'dbmg' | 'exdr' }>

/** What a `DirectoryError` may carry besides its code and message. */
export interface DirectoryErrorOptions {
  /** The error beneath. It may say more than a client or a log should see. */
  readonly cause?: unknown
  /** Whole seconds, sent as `Retry-After`. 429 and 503 always carry them; default 1. */
  readonly retryAfterSeconds?: number
}

/** What `instanceof` looks for. */
const errorMark = Symbol.for('express-4d-directory.error')

/**
 * Every refusal of this package: `code` for programs, `status` for HTTP, `errCode` for clients of 4D, a sentence for people.
 * The message never holds a secret, so a host may show it.
 */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError'
  /** What went wrong, for programs. */
  readonly code: DirectoryErrorCode
  /** The HTTP status that fits; Express' own error handler uses it. */
  readonly status: number
  /** The number that goes into `__ERROR`, 4D's own where it has one. */
  readonly errCode: number
  /** `dbmg` for the numbers that are 4D's, `exdr` for ours. */
  readonly componentSignature: 'dbmg' | 'exdr'
  /** Whole seconds after which to try again, on 429 and 503: for the header `Retry-After`. */
  readonly retryAfterSeconds?: number

  /** Also for the errors of another copy of this package in the process: a monorepo has several, and so has a test runner that resets its modules. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== DirectoryError) return Function.prototype[Symbol.hasInstance].call(this, value)
    try {
      return typeof value === 'object' && value !== null && errorMark in value
    } catch {
      // A proxy that cannot be read: whoever asks is in the middle of a failure, which must not be hidden by another.
      return false
    }
  }

  constructor(code: DirectoryErrorCode, message: string, options: DirectoryErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    const { errCode, status, componentSignature } = errorTable[code]
    this.code = code
    this.status = status
    this.errCode = errCode
    this.componentSignature = componentSignature
    if (status === 429 || status === 503) {
      this.retryAfterSeconds = Math.max(1, Math.ceil(options.retryAfterSeconds ?? 1))
    }
  }
}

Object.defineProperty(DirectoryError.prototype, errorMark, { value: true })
