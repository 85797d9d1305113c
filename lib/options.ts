import type { AllowedOrigins } from './http/allowed-origins.js'
import type { DatastoreFunction, MayLogIn } from './http/host-callbacks.js'
import type { OnLogin } from './http/request-directory.js'
import type { SessionCookieOptions } from './http/session-cookie.js'
import type { PasswordHasher } from './passwords/password-hasher.js'
import type { SessionQuotas, SessionStore } from './sessions/session-store.js'
import type { DirectoryProvider } from './providers/directory-provider.js'
import type { LoginThrottle } from './auth/throttle/login-throttle.js'

/** The options of `directoryRouter`. They are checked when it is called, with an error that names the option, and are not looked at again. */
export interface DirectoryRouterOptions {
  /** Where users and groups come from: the only thing required. */
  readonly provider: DirectoryProvider
  /** Where sessions are kept. Default `new LruSessionStore()`. */
  readonly store?: SessionStore | undefined
  readonly session?:
    | {
        /** Minutes that a session lives without a request. Default 60. */
        readonly idleMinutes?: number | undefined
        /** However active, a session ends then. Default 43200: 30 days. */
        readonly absoluteMinutes?: number | undefined
        /**
         * Whether visitors of the router get a session before they log in: at their first request, as in 4D; with the first update of what they store; or not at
         * all. Default `'always'`.
         */
        readonly guests?: 'always' | 'on-write' | 'never' | undefined
        /** The most that one session may store, as JSON. Default 65536. */
        readonly maxStorageBytes?: number | undefined
      }
    | undefined
  /** Licences. Unlimited unless set. */
  readonly quotas?:
    | {
        /** All sessions, guests included. */
        readonly sessions?: number | undefined
        readonly guestSessions?: number | undefined
        /** Sessions of users: licences that guests do not take. */
        readonly signedInSessions?: number | undefined
        readonly sessionsPerUser?: number | undefined
        /** Default `'end-oldest'`: the one with the oldest login gives way. */
        readonly whenUserIsFull?: 'end-oldest' | 'refuse' | undefined
      }
    | undefined
  readonly cookie?:
    | {
        /** Default `WASID4D`. */
        readonly name?: string | undefined
        /** Default `/`. */
        readonly path?: string | undefined
        /** Default none: the host alone. */
        readonly domain?: string | undefined
        /** Default `'lax'`. */
        readonly sameSite?: 'lax' | 'strict' | 'none' | undefined
        /** Default `'auto'`: where `req.secure` says HTTPS. */
        readonly secure?: boolean | 'auto' | undefined
        /** Default `false`. */
        readonly partitioned?: boolean | undefined
        /** `false`: no Max-Age, so that the cookie ends with the browser. Default `true`. */
        readonly persistent?: boolean | undefined
        /** Signs the value as cookie-parser does; the first signs, all verify. Default none. */
        readonly secrets?: readonly string[] | undefined
      }
    | undefined
  /** What only clients of 4D need. */
  readonly rest?:
    | {
        /** Whether credential headers log in on any URL of the router, as in 4D, or on `$directory/login` alone. Default `'any-request'`. */
        readonly headerLogin?: 'any-request' | 'login-only' | undefined
        /** `false` refuses `hashed-password-4D`. Default `true`. */
        readonly digestLogin?: boolean | undefined
        /** Default `false`: an empty password never reaches the provider. */
        readonly allowEmptyPasswords?: boolean | undefined
        /** The least that `session-4D-length` is raised to; binds nothing else. Default the smaller of 60 and `session.idleMinutes`. */
        readonly minIdleMinutes?: number | undefined
        /** The most that a client may ask for. Default `session.absoluteMinutes`, or `session.idleMinutes` where that is set and under 60. */
        readonly maxIdleMinutes?: number | undefined
        /** A second name under which the same id is sent and read, as 4D 20 R9 to 21 do with `4DSID_<App>`. Default none. */
        readonly cookieAlias?: string | undefined
        /** Functions of the datastore by name, such as `authentify`, called by `POST $catalog/<name>`. Default none. */
        readonly datastoreFunctions?: Readonly<Record<string, DatastoreFunction>> | undefined
      }
    | undefined
  /** A path of this site, to which the guards send a browser whose user is not logged in. Default none: 401. */
  readonly loginPage?: string | undefined
  /**
   * Origins whose pages may log in and out, such as `https://shop.example.com` or `capacitor://localhost`, or a function that says so by `true`. Default none
   * but the own.
   */
  readonly allowedOrigins?: readonly string[] | ((origin: string) => boolean) | undefined
  /** Asked at every way in, after the password and before a session opens. Only `true` admits. Default: everybody. */
  readonly mayLogIn?: MayLogIn | undefined
  /** Default `new BcryptPool()`. */
  readonly passwords?: PasswordHasher | undefined
  /** Default `new MemoryLoginThrottle()`; `false`: none. */
  readonly throttle?: LoginThrottle | false | undefined
  /** How often a live session's user is looked up again, where the provider can. Default 60. */
  readonly revalidateSeconds?: number | undefined
  /** Default 5000. */
  readonly providerTimeoutMilliseconds?: number | undefined
  /** What the new session starts with, beside what it carries on. */
  readonly onLogin?: OnLogin | undefined
  /** Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The options as values: nothing is absent, nothing is in doubt. */
export interface CheckedOptions {
  readonly provider: DirectoryProvider
  readonly store: SessionStore | null
  readonly session: {
    readonly idleMinutes: number
    readonly absoluteMinutes: number
    readonly guests: 'always' | 'on-write' | 'never'
    readonly maxStorageBytes: number
  }
  readonly quotas: SessionQuotas
  readonly cookie: SessionCookieOptions
  readonly rest: {
    readonly headerLogin: 'any-request' | 'login-only'
    readonly digestLogin: boolean
    readonly allowEmptyPasswords: boolean
    readonly minIdleMinutes: number
    readonly maxIdleMinutes: number
    readonly datastoreFunctions: ReadonlyMap<string, DatastoreFunction>
  }
  readonly loginPage: string | null
  readonly allowedOrigins: AllowedOrigins
  readonly mayLogIn: MayLogIn | null
  readonly passwords: PasswordHasher | null
  readonly throttle: LoginThrottle | false | null
  readonly revalidateSeconds: number
  readonly providerTimeoutMilliseconds: number
  readonly onLogin: OnLogin | null
  readonly now: () => number
}

/** Every default that is a plain value. The tables of docs/options.md are compared with it. */
export const defaults = {
  session: { idleMinutes: 60, absoluteMinutes: 43_200, guests: 'always', maxStorageBytes: 65_536 },
  quotas: {
    sessions: Infinity,
    guestSessions: Infinity,
    signedInSessions: Infinity,
    sessionsPerUser: Infinity,
    whenUserIsFull: 'end-oldest'
  },
  cookie: { name: 'WASID4D', path: '/', sameSite: 'lax', secure: 'auto', partitioned: false, persistent: true },
  rest: { headerLogin: 'any-request', digestLogin: true, allowEmptyPasswords: false, minIdleMinutes: 60 },
  revalidateSeconds: 60,
  providerTimeoutMilliseconds: 5000
} as const
