import type { Credentials, DirectoryProvider, DirectoryUser } from 'express-4d-directory'

import { Asking4D, giveBackLicence, memberOf } from './ask-4d.js'
import { Guesses } from './guesses.js'

/** Milliseconds for a login and its questions, and for the logout after them: together less than providerTimeoutMilliseconds. */
const loginDeadline = 3500
const logoutDeadline = 1000

/**
 * Asks 4D's own `$directory/login` whether credentials are right, who that is, and which of the groups that this app knows the user is in; then logs out, so that
 * the licence is free again. Where the answer is neither yes nor no, it throws: a 4D server that is down or full has said nothing about a password.
 *
 * For 4D up to 18, which documents the four requests of `$directory`, and for later versions as far as they still serve them: their documentation has `login` alone. Not for
 * force-login mode, the default of new projects since 4D 20 R6, in which a guest may not call `$directory/login`: `Authentify4DServer` is for that.
 */
export class Old4DServer implements DirectoryProvider {
  readonly #server: Asking4D
  readonly #groups: readonly string[]
  readonly #guesses = new Guesses()
  // Of the last login, and gone with the process, as the sessions in memory are. With sessions in Redis or PostgreSQL keep it there, too.
  readonly #memberships = new Map<string, ReadonlySet<string>>()

  /** `url` is 4D's REST address, `https://4d.example.com/rest`. */
  constructor(url: string, groups: readonly string[]) {
    this.#server = new Asking4D(url)
    this.#groups = groups
  }

  authenticate(credentials: Credentials, { ip }: { readonly ip: string } = { ip: '' }): Promise<DirectoryUser | null> {
    return this.#guesses.count(credentials, ip, () => this.#authenticate(credentials))
  }

  /** As it was at the last login. For a group that the app has not been told of, nobody knows, and `false` would be a lie. */
  async belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    const known = this.#groups.find((name) => isSameName(name, group))
    if (known === undefined) return Promise.reject(new Error('GROUPS does not list the group that was asked for'))
    return this.#memberships.get(user.ID)?.has(known) ?? false
  }

  async #authenticate(credentials: Credentials): Promise<DirectoryUser | null> {
    const secret =
      'password' in credentials ? { 'password-4D': credentials.password } : { 'hashed-password-4D': credentials.hashedPassword }
    const headers = toHeaders({ 'username-4D': credentials.userName, ...secret })
    if (headers === null) return null
    const signal = AbortSignal.timeout(loginDeadline)
    const login = await this.#server.ask('$directory/login', { method: 'POST', headers, signal })
    const { cookie } = login
    try {
      // 401 alone is a refusal. 402 says that all licences are taken, 404 and 5xx that something is wrong.
      if (login.status === 401 || memberOf(login, 'result') !== true) return null
      const user = readUser(memberOf(await this.#server.ask('$directory/currentUser', { headers: { cookie }, signal }), 'result'))
      if (!isSameName(user.userName, credentials.userName)) return null
      this.#memberships.set(user.ID, await this.#groupsOf(cookie, signal))
      return user
    } finally {
      // Also after a refusal: where a cookie came with it, a guest's session holds a licence.
      if (cookie !== '') {
        await giveBackLicence(() =>
          this.#server.ask('$directory/logout', { headers: { cookie }, signal: AbortSignal.timeout(logoutDeadline) })
        )
      }
    }
  }

  async #groupsOf(cookie: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    for (const group of this.#groups) {
      const answer = await this.#server.ask('$directory/currentUserBelongsTo', {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: JSON.stringify([group]),
        signal
      })
      if (memberOf(answer, 'result') === true) found.add(group)
    }
    return found
  }
}

/**
 * The headers as 4D takes them; `null`: no header can carry this. Blanks at the ends get lost on the way, so that another password than the one that was typed
 * would be checked.
 */
function toHeaders(values: Readonly<Record<string, string>>): Record<string, string> | null {
  // eslint-disable-next-line no-control-regex -- these are the characters meant
  if (Object.values(values).some((value) => value !== value.trim() || /[\u0000-\u001f\u007f]/.test(value))) return null
  // As UTF-8, byte by byte.
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]))
}

function readUser(result: unknown): DirectoryUser {
  const { userName, fullName, ID } = (result ?? {}) as Partial<Record<keyof DirectoryUser, unknown>>
  if (typeof userName !== 'string' || typeof fullName !== 'string' || typeof ID !== 'string')
    throw new Error('4D answered something else than a user')
  return { userName, fullName, ID }
}

function isSameName(name: string, other: string): boolean {
  return name.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase()
}
