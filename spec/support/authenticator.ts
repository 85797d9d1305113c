import { Authenticator } from '../../lib/auth/authenticate.js'
import type { Admit } from '../../lib/auth/prove-password.js'
import { EventRaiser } from '../../lib/event-raiser.js'
import type { DirectoryEvent, DirectoryProvider, LoginThrottle, PasswordHasher, UserRecord } from '../../lib/index.js'
import { CheckedProvider } from '../../lib/providers/checked-provider.js'
import { SettableClock } from './settable-clock.js'

export const jsmith: UserRecord = { ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: 'hash of smith' }
const disabled: UserRecord = { ...jsmith, ID: '2', userName: 'disabled', disabled: true }
const without: UserRecord = { ...jsmith, ID: '3', userName: 'without', passwordHash: null }
const records = [jsmith, disabled, without]

export interface Arrangement {
  readonly provider?: Partial<DirectoryProvider>
  readonly passwords?: Partial<PasswordHasher>
  readonly throttle?: LoginThrottle | null
  readonly digestLogin?: boolean
  readonly allowEmptyPasswords?: boolean
}

/** An authenticator of which is known what it asks of provider and hasher, in order. The hasher knows a password by its hash: `hash of smith`. */
export function authenticator({ provider, passwords, throttle = null, digestLogin = true, allowEmptyPasswords = false }: Arrangement = {}) {
  const clock = new SettableClock()
  const events = new EventRaiser(clock.now)
  const heard: DirectoryEvent[] = []
  events.events.on('event', (event) => heard.push(event))
  const asked: unknown[] = []
  const ownProvider: DirectoryProvider = {
    findUser: (userName) => {
      asked.push(['findUser', userName])
      return Promise.resolve(records.find((record) => record.userName === userName) ?? null)
    },
    belongsTo: () => Promise.resolve(false),
    ...provider
  }
  const ownPasswords: PasswordHasher = {
    hash: () => Promise.resolve('hash'),
    verify: (secret, hash, request) => {
      asked.push(['verify', hash, request?.account])
      return Promise.resolve(typeof secret === 'object' && 'password' in secret && hash === `hash of ${secret.password}`)
    },
    ...passwords
  }
  const authenticator = new Authenticator({
    provider: new CheckedProvider(ownProvider, 1000, events),
    passwords: ownPasswords,
    throttle,
    digestLogin,
    allowEmptyPasswords,
    events,
    now: clock.now
  })
  const origin = { ip: '192.0.2.1', userAgent: 'spec', signal: new AbortController().signal }
  const authenticate = (credentials: unknown, admit?: Admit) => authenticator.authenticate(credentials, origin, admit)
  return {
    authenticator,
    origin,
    asked,
    heard,
    clock,
    authenticate,
    logIn: async (credentials: unknown, admit?: Admit) => (await authenticate(credentials, admit))?.user ?? null,
    flow: () => heard.map(({ event }) => event)
  }
}
