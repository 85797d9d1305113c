import { readerOf } from '../checks/member-reader.js'
import type { SessionStorage } from '../sessions/session-storage.js'
import type { SessionLengthPolicy } from './credentials.js'

/** What a login through `req.directory` may set. */
export interface LoginOptions {
  /**
   * Minutes that the session lives without a request, up to `session.absoluteMinutes`. Default: as long as the user's own session that the login replaces, else
   * `session.idleMinutes`.
   */
  readonly idleMinutes?: number | undefined
  /** Whether the cookie outlives the browser. Default: as the user's own session that the login replaces was told, else `cookie.persistent`. */
  readonly rememberMe?: boolean | undefined
}

/** What `signIn` may set besides. */
export interface SignInOptions extends LoginOptions {
  /** When it was proved who this is. Default: now. */
  readonly authenticatedAt?: Date | undefined
  /** The request comes from another site because such logins do: an identity provider's POST, whose `state` the host has checked. Default `false`. */
  readonly fromElsewhere?: boolean | undefined
  /** Who or what signed the user in, for the event. */
  readonly by?: string | undefined
}

/** What `openSession` of `express-4d-directory/testing` may set besides. */
export interface OpenSessionOptions extends LoginOptions {
  /** When the user has proved who this is. Default: now. */
  readonly authenticatedAt?: Date | undefined
  /** What the session has stored. Default: nothing. */
  readonly storage?: Partial<SessionStorage> | undefined
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

/** Which options each of them takes, and how a call looks. */
const verbs = {
  login: { members: loginMembers, example: 'login(credentials, { idleMinutes: 60 })' },
  signIn: { members: [...loginMembers, 'authenticatedAt', 'fromElsewhere', 'by'], example: 'signIn(user, { idleMinutes: 60 })' },
  openSession: {
    members: [...loginMembers, 'authenticatedAt', 'storage'],
    example: 'openSession(directory, user, { idleMinutes: 60 })'
  }
}

/** @throws TypeError */
export function readLoginOptions(
  options: SignInOptions,
  verb: keyof typeof verbs,
  { absoluteMinutes }: Pick<SessionLengthPolicy, 'absoluteMinutes'>
): ReadLoginOptions {
  const { members, example } = verbs[verb]
  const reader = readerOf(options, members, example)
  const bounds = { upTo: absoluteMinutes, limit: 'session.absoluteMinutes', unit: 'minutes' }
  return {
    idleMinutes: options.idleMinutes === undefined ? null : reader.positiveNumber('idleMinutes', bounds),
    rememberMe: reader.boolean('rememberMe', null),
    authenticatedAt: reader.date('authenticatedAt', null)?.getTime() ?? null,
    fromElsewhere: reader.boolean('fromElsewhere', false),
    by: reader.text('by', { form: /^.{1,200}$/su, wanted: 'a name of up to 200 characters' }, null)
  }
}
