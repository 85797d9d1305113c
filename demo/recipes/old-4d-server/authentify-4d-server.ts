import type { Credentials, DirectoryProvider, DirectoryUser } from 'express-4d-directory'

import { Asking4D, giveBackLicence, memberOf } from './ask-4d.js'
import { accountAt4D, Guesses } from './guesses.js'

/** Milliseconds for a login and its questions, and for the logout after them: together less than providerTimeoutMilliseconds. */
const loginDeadline = 3500
const logoutDeadline = 1000

/** What the application in 4D has written itself. */
export interface Authentify4DOptions {
  /** The function of the datastore that logs in. Default `authentify`. */
  readonly login?: string
  /** The function that logs out. Default: `$directory/logout`. */
  readonly logout?: string
  /** What the function is called with. Default `[{ name, password }]`, as in the vendor's examples. */
  readonly toArguments?: (userName: string, password: string) => readonly unknown[]
  /** Whether what it returned is a login. Default: `true` alone. */
  readonly isLogin?: (result: unknown) => boolean
}

/**
 * Asks the `authentify` of an application in 4D whether credentials are right, and `$info/privileges` what the user may do there: these are the groups here. For force-login mode, the default of new projects since
 * 4D 20 R6 (to 21). The function is the application's own, and so the options say how it is called and what it answers.
 *
 * 4D does not say who logged in: the name that was sent, as 4D compares names, is the user's ID, so the application must know users by one name alone. Digests are refused: `authentify` takes passwords.
 */
export class Authentify4DServer implements DirectoryProvider {
  readonly #server: Asking4D
  readonly #application: Required<Omit<Authentify4DOptions, 'logout'>>
  readonly #logout: { readonly request: string; readonly method: 'GET' | 'POST' }
  readonly #guesses = new Guesses()
  // Of the last login, and gone with the process, as the sessions in memory are. With sessions in Redis or PostgreSQL keep it there, too.
  readonly #privileges = new Map<string, ReadonlySet<string>>()

  /** `url` is 4D's REST address, `https://4d.example.com/rest`. */
  constructor(url: string, { logout, ...given }: Authentify4DOptions = {}) {
    this.#server = new Asking4D(url)
    this.#application = {
      login: 'authentify',
      toArguments: (name, password) => [{ name, password }],
      isLogin: (result) => result === true,
      ...given
    }
    this.#logout =
      logout === undefined ? { request: '$directory/logout', method: 'GET' } : { request: `$catalog/${logout}`, method: 'POST' }
  }

  async authenticate(credentials: Credentials, { ip }: { readonly ip: string } = { ip: '' }): Promise<DirectoryUser | null> {
    if (!('password' in credentials)) return null
    return this.#guesses.count(credentials, ip, () => this.#authenticate(credentials.userName, credentials.password))
  }

  /** As it was at the last login. */
  belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    return Promise.resolve(this.#privileges.get(user.ID)?.has(group.toLowerCase()) ?? false)
  }

  async #authenticate(userName: string, password: string): Promise<DirectoryUser | null> {
    const { login, toArguments, isLogin } = this.#application
    const signal = AbortSignal.timeout(loginDeadline)
    const body = JSON.stringify(toArguments(userName, password))
    const answer = await this.#server.ask(`$catalog/${login}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal
    })
    const { cookie } = answer
    try {
      if (!isLogin(memberOf(answer, 'result'))) return null
      const ID = accountAt4D(userName)
      const privileges = memberOf(await this.#server.ask('$info/privileges', { headers: { cookie }, signal }), 'privileges')
      this.#privileges.set(ID, readPrivileges(privileges))
      return { ID, userName, fullName: userName }
    } finally {
      const { request, method } = this.#logout
      if (cookie !== '') {
        await giveBackLicence(() => this.#server.ask(request, { method, headers: { cookie }, signal: AbortSignal.timeout(logoutDeadline) }))
      }
    }
  }
}

/** `[{"privilege": "Sales"}]`. */
function readPrivileges(privileges: unknown): ReadonlySet<string> {
  if (!Array.isArray(privileges)) throw new Error('4D answered something else than privileges')
  const names = privileges.map((each: unknown) => (each as { readonly privilege?: unknown } | null)?.privilege)
  return new Set(names.filter((name) => typeof name === 'string').map((name) => name.toLowerCase()))
}
