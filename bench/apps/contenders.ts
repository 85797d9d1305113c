import { bareApp, cookieOnlyApp } from './bare-app.js'
import type { BenchApp, BenchAppOptions } from './bench-app.js'
import { cookieSessionApp } from './cookie-session-app.js'
import { directoryApp } from './directory-app.js'
import { expressSessionApp } from './express-session-app.js'
import { leastSessionApp, leastSessionOnRedisApp } from './least-session-app.js'
import { passportApp } from './passport-app.js'
import { connectPgSimpleApp, connectRedisApp, directoryOnPostgresApp, directoryOnRedisApp } from './shared-store-apps.js'

interface Contender {
  readonly label: string
  readonly server: 'redis' | 'postgres' | null
  readonly loginPath: string
  readonly logoutPath: string
  readonly currentUserPath: string
  readonly build: (options: BenchAppOptions) => BenchApp | Promise<BenchApp>
}

const usualPaths = { loginPath: '/rest/login', logoutPath: '/rest/logout', currentUserPath: '/rest/me' } as const
const ourPaths = {
  loginPath: '/rest/$directory/login',
  logoutPath: '/rest/$directory/logout',
  currentUserPath: '/rest/$directory/currentUser'
} as const

/** Everybody who is measured, by the name under which results speak of them. */
export const contenders = {
  bare: { label: 'bare Express', server: null, ...usualPaths, build: bareApp },
  control: { label: 'bare Express once more (control)', server: null, ...usualPaths, build: bareApp },
  'cookie-only': { label: 'a cookie and nothing else (floor)', server: null, ...usualPaths, build: cookieOnlyApp },
  least: { label: 'a Map, a guard and a cookie (the least of a session)', server: null, ...usualPaths, build: () => leastSessionApp() },
  directory: { label: 'express-4d-directory', server: null, ...ourPaths, build: (options) => directoryApp(options) },
  'directory-traced': {
    label: 'express-4d-directory, all its channels traced',
    server: null,
    ...ourPaths,
    build: (options) => directoryApp(options)
  },
  'express-session': { label: 'express-session, MemoryStore', server: null, ...usualPaths, build: (options) => expressSessionApp(options) },
  'cookie-session': { label: 'cookie-session', server: null, ...usualPaths, build: cookieSessionApp },
  passport: { label: 'passport-local, MemoryStore', server: null, ...usualPaths, build: passportApp },
  'least-redis': {
    label: 'one GET, a guard and a cookie (the least over Redis)',
    server: 'redis',
    ...usualPaths,
    build: leastSessionOnRedisApp
  },
  'directory-redis': { label: 'express-4d-directory, Redis', server: 'redis', ...ourPaths, build: directoryOnRedisApp },
  'connect-redis': { label: 'express-session, connect-redis', server: 'redis', ...usualPaths, build: connectRedisApp },
  'directory-postgres': { label: 'express-4d-directory, PostgreSQL', server: 'postgres', ...ourPaths, build: directoryOnPostgresApp },
  'connect-pg-simple': { label: 'express-session, connect-pg-simple', server: 'postgres', ...usualPaths, build: connectPgSimpleApp }
} as const satisfies Record<string, Contender>

export type ContenderName = keyof typeof contenders
