import type { DirectoryRouterOptions } from '../../index.js'
import { authentify } from './authentify.js'
import type { ListenAt } from './listen.js'

/** What was asked for. */
export interface ServeSettings extends ListenAt {
  readonly directory: string
  readonly licences?: number
  readonly sessionsPerUser?: number
  readonly guests: boolean
  readonly forceLogin?: boolean
  readonly cookieName?: string
  readonly cookieAlias?: string
  readonly cors?: readonly string[]
  readonly redis?: string
  readonly watch?: boolean
  readonly json?: boolean
  readonly allowEmptyPasswords?: boolean
  readonly restGroup: boolean
}

/** What was asked for, as options of the directory. They are checked there. */
export function directoryOptions(settings: ServeSettings): Omit<DirectoryRouterOptions, 'provider' | 'store'> {
  const { licences, sessionsPerUser, cookieName, cookieAlias, cors, guests, forceLogin, allowEmptyPasswords } = settings
  return {
    session: { guests: guests ? 'always' : 'never' },
    // In force login, the default since 4D 20 R6, a licence is taken by a login and not by a visit.
    quotas: { [forceLogin ? 'signedInSessions' : 'sessions']: licences, sessionsPerUser },
    cookie: { name: cookieName },
    rest: { allowEmptyPasswords, cookieAlias, datastoreFunctions: forceLogin ? { authentify } : {} },
    allowedOrigins: cors
  }
}

/** What the command line calls them, for the messages of the checks. */
export const namesOnCommandLine = {
  'cookie.name': '--cookie-name',
  'rest.cookieAlias': '--cookie-alias',
  allowedOrigins: '--cors',
  'quotas.sessions': '--licences',
  'quotas.signedInSessions': '--licences',
  'quotas.sessionsPerUser': '--sessions-per-user'
}
