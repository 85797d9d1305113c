import type { Credentials, DirectoryProvider, DirectoryUser } from 'express-4d-directory'

/** Milliseconds for a login and its questions, and for the logout after them: together less than providerTimeoutMilliseconds. */
const loginDeadline = 3500
const logoutDeadline = 1000

/**
 * Asks 4D's own `$directory/login` whether credentials are right, who that is, and which of the groups that this app knows the user is in; then logs out, so that
 * the licence is free again. Where the answer is neither yes nor no, it throws: a 4D server that is down or full has said nothing about a password.
 */
export class Old4DServer implements DirectoryProvider {
  readonly #url: string
  readonly #groups: readonly string[]
  // Of the last login, and gone with the process, as the sessions in memory are. With sessions in Redis or PostgreSQL keep it there, too.
  readonly #memberships = new Map<string, ReadonlySet<string>>()

  /** `url` is 4D's REST address, `https://4d.example.com/rest`. */
  constructor(url: string, groups: readonly string[]) {
    const { protocol, hostname, username } = new URL(url)
    if (protocol !== 'https:' && !['127.0.0.1', '[::1]', 'localhost'].includes(hostname))
      throw new TypeError('OLD_4D_URL must start with https:// for a server on another machine: passwords go over it')
    if (username !== '') throw new TypeError('OLD_4D_URL must hold no user name: it would stand in every error')
    this.#url = url.replace(/\/$/, '')
    this.#groups = groups
  }

  async authenticate(credentials: Credentials): Promise<DirectoryUser | null> {
    const secret =
      'password' in credentials ? { 'password-4D': credentials.password } : { 'hashed-password-4D': credentials.hashedPassword }
    const headers = toHeaders({ 'username-4D': credentials.userName, ...secret })
    if (headers === null) return null
    const signal = AbortSignal.timeout(loginDeadline)
    const login = await this.#ask('login', { method: 'POST', headers, signal })
    const { cookie } = login
    try {
      // 401 alone is a refusal. 402 says that all licences are taken, 404 and 5xx that something is wrong.
      if (login.status === 401 || resultOf(login) !== true) return null
      const user = readUser(resultOf(await this.#ask('currentUser', { headers: { cookie }, signal })))
      // Some versions compare names with wildcards: whoever guesses passwords would have as many accounts with our login throttle as there are spellings.
      if (!isSameName(user.userName, credentials.userName)) return null
      this.#memberships.set(user.ID, await this.#groupsOf(cookie, signal))
      return user
    } finally {
      // Also after a refusal: where a cookie came with it, a guest's session holds a licence.
      if (cookie !== '') await this.#logOut(cookie)
    }
  }

  /** As it was at the last login. For a group that the app has not been told of, nobody knows, and `false` would be a lie. */
  async belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    const known = this.#groups.find((name) => isSameName(name, group))
    if (known === undefined) return Promise.reject(new Error('GROUPS does not list the group that was asked for'))
    return this.#memberships.get(user.ID)?.has(known) ?? false
  }

  async #groupsOf(cookie: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    for (const group of this.#groups) {
      const answer = await this.#ask('currentUserBelongsTo', {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: JSON.stringify([group]),
        signal
      })
      if (resultOf(answer) === true) found.add(group)
    }
    return found
  }

  /** The user is known by now: a logout that fails costs a licence until 4D ends the session, and no login. */
  async #logOut(cookie: string): Promise<void> {
    try {
      const answer = await this.#ask('logout', { headers: { cookie }, signal: AbortSignal.timeout(logoutDeadline) })
      if (resultOf(answer) !== true) throw new Error('4D refused the logout')
    } catch (error) {
      console.warn(`4D kept a licence: ${error instanceof Error ? error.message : 'the logout failed'}`)
    }
  }

  async #ask(request: string, options: RequestInit): Promise<OldAnswer> {
    try {
      // A redirection would carry the password to wherever it leads.
      const answer = await fetch(`${this.#url}/$directory/${request}`, { ...options, redirect: 'error' })
      const [setCookie = ''] = answer.headers.getSetCookie()
      return { status: answer.status, cookie: setCookie.split(';')[0] ?? '', text: await answer.text() }
    } catch (cause) {
      throw new Error(`4D did not answer ${request}`, { cause })
    }
  }
}

interface OldAnswer {
  readonly status: number
  readonly cookie: string
  readonly text: string
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

/** Throws where there is none. The messages say no more than the status: what 4D writes may quote what it was sent. */
function resultOf({ status, text }: OldAnswer): unknown {
  if (status !== 200) throw new Error(`4D answered ${status}`)
  const body = parse(text)
  if (typeof body !== 'object' || body === null || !('result' in body)) throw new Error('4D answered something else than a result')
  return body.result
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
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
