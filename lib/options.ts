import type { DatastoreFunction, MayLogIn } from './http/host-callbacks.js'
import type { OnLogin } from './http/request-directory.js'
import type { PasswordHasher } from './passwords/password-hasher.js'
import type { SessionStore } from './sessions/session-store.js'
import type { DirectoryProvider } from './providers/directory-provider.js'
import type { LoginThrottle } from './auth/throttle/login-throttle.js'

/** The options of `directoryRouter`. They are checked when it is called, with an error that names the option, and are not looked at again. */
export interface DirectoryRouterOptions {
  /** Where users and groups come from. The only required option. */
  readonly provider: DirectoryProvider
  /** Where sessions are kept. Default `new LruSessionStore()`. */
  readonly store?: SessionStore | undefined
  /** How long sessions live, when guests get one, and how much one stores. */
  readonly session?:
    | {
        /** Minutes that a session lives without a request. Default 60. */
        readonly idleMinutes?: number | undefined
        /** Minutes after which a session ends, however active it is. Default 43200: 30 days. */
        readonly absoluteMinutes?: number | undefined
        /**
         * When visitors of the router get a session before they log in. `'always'`: at their first request, as in 4D; `'on-write'`: with the first `update` of the
         * storage; `'never'`. Default `'always'`.
         */
        readonly guests?: 'always' | 'on-write' | 'never' | undefined
        /** The most bytes that one session may store, as JSON. Default 65536. */
        readonly maxStorageBytes?: number | undefined
      }
    | undefined
  /** Licences. Unlimited unless set. */
  readonly quotas?:
    | {
        /** All sessions, guests included. */
        readonly sessions?: number | undefined
        /** Sessions of guests. */
        readonly guestSessions?: number | undefined
        /** Sessions of users: licences that guests do not take. */
        readonly signedInSessions?: number | undefined
        /** Sessions of one user. */
        readonly sessionsPerUser?: number | undefined
        /** What a further login of a user does who has `sessionsPerUser`: it ends the one with the oldest login, or is refused with 402. Default `'end-oldest'`. */
        readonly whenUserIsFull?: 'end-oldest' | 'refuse' | undefined
      }
    | undefined
  /** The cookie that carries the session's id. It is always `HttpOnly`. */
  readonly cookie?:
    | {
        /** What the cookie is called. Default `WASID4D`. */
        readonly name?: string | undefined
        /** The path as the browser sees it, in front of any proxy. Default `/`. */
        readonly path?: string | undefined
        /** Subdomains of this domain get the cookie, too. Default none: the host alone. */
        readonly domain?: string | undefined
        /** Which requests from pages of other sites carry the cookie. Default `'lax'`: a navigation by GET alone. */
        readonly sameSite?: 'lax' | 'strict' | 'none' | undefined
        /** Whether browsers send the cookie over HTTPS alone. Default `'auto'`: where `req.secure` says HTTPS. */
        readonly secure?: boolean | 'auto' | undefined
        /** One cookie for each site that embeds this one (CHIPS). Default `false`. */
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
        /** Whether an empty password is checked like any other. Default `false`: it never reaches the provider. */
        readonly allowEmptyPasswords?: boolean | undefined
        /** A `session-4D-length` below this is raised to it. Binds nothing else. Default the smaller of 60 and `session.idleMinutes`. */
        readonly minIdleMinutes?: number | undefined
        /** The most minutes that a client may ask for. Default `session.absoluteMinutes`, or `session.idleMinutes` where that is set and under 60. */
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
  /** What hashes and verifies passwords. Default `new BcryptPool()`. */
  readonly passwords?: PasswordHasher | undefined
  /** Who has to wait after failed logins. Default `new MemoryLoginThrottle()`; `false`: nobody. */
  readonly throttle?: LoginThrottle | false | undefined
  /** How often a live session's user is looked up again, where the provider has `findUserByID`. Default 60. */
  readonly revalidateSeconds?: number | undefined
  /** How long a provider, `mayLogIn` and `onLogin` may take; then the answer is 503. Default 5000. */
  readonly providerTimeoutMilliseconds?: number | undefined
  /** What the storage of a new session starts with, beside what it carries on from the one before. */
  readonly onLogin?: OnLogin | undefined
  /** The clock, in milliseconds since 1970: for tests. Default `Date.now`. */
  readonly now?: (() => number) | undefined
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
