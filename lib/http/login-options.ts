import { readerOf } from '../checks/member-reader.js'
import type { SessionLengthPolicy } from './credentials.js'

/** What a login through `req.directory` may set. */
export interface LoginOptions {
  /**
   * Minutes that the session lives without a request, up to `session.absoluteMinutes`. Default: as long as the user's own session that the login replaces, else
   * `session.idleMinutes`.
   */
  readonly idleMinutes?: number | undefined
  /** Whether the cookie outlives the browser. Default `cookie.persistent`. */
  readonly rememberMe?: boolean | undefined
}

/** What `signIn` may set beside. */
export interface SignInOptions extends LoginOptions {
  /** When it was proved who this is. Default: now. */
  readonly authenticatedAt?: Date | undefined
  /** The request comes from another site because such logins do: an identity provider's POST, whose `state` the host has checked. Default `false`. */
  readonly fromElsewhere?: boolean | undefined
  /** Who or what signed the user in, for the event. */
  readonly by?: string | undefined
}

/** The options as values; `null`: not said. */
export interface ReadLoginOptions {
  readonly idleMinutes: number | null
  readonly rememberMe: boolean | null
  readonly authenticatedAt: number | null
  readonly fromElsewhere: boolean
  readonly by: string | null
}

const loginMembers = ['idleMinutes', 'rememberMe']
const signInMembers = [...loginMembers, 'authenticatedAt', 'fromElsewhere', 'by']

/** @throws TypeError */
export function readLoginOptions(
  options: SignInOptions,
  verb: 'login' | 'signIn',
  { absoluteMinutes }: SessionLengthPolicy
): ReadLoginOptions {
  const [members, what] = verb === 'login' ? [loginMembers, 'credentials'] : [signInMembers, 'user']
  const reader = readerOf(options, members, `${verb}(${what}, { idleMinutes: 60 })`)
  const bounds = { upTo: absoluteMinutes, limit: 'session.absoluteMinutes', unit: 'minutes' }
  return {
    idleMinutes: options.idleMinutes === undefined ? null : reader.positiveNumber('idleMinutes', bounds),
    rememberMe: reader.boolean('rememberMe', null),
    authenticatedAt: reader.date('authenticatedAt', null)?.getTime() ?? null,
    fromElsewhere: reader.boolean('fromElsewhere', false),
    by: reader.text('by', { form: /^.{1,200}$/su, wanted: 'a name of up to 200 characters' }, null)
  }
}
