/** What 4D answered. */
export interface OldAnswer {
  readonly status: number
  /** The session cookie, as `name=value`; `''`: none came. */
  readonly cookie: string
  readonly text: string
}

/** Asks a 4D server over its REST address, `https://4d.example.com/rest`. */
export class Asking4D {
  readonly #url: string

  constructor(url: string) {
    const { protocol, hostname, username } = new URL(url)
    if (protocol !== 'https:' && !['127.0.0.1', '[::1]', 'localhost'].includes(hostname))
      throw new TypeError('OLD_4D_URL must start with https:// for a server on another machine: passwords go over it')
    if (username !== '') throw new TypeError('OLD_4D_URL must hold no user name: it would stand in every error')
    this.#url = url.replace(/\/$/, '')
  }

  async ask(request: string, options: RequestInit): Promise<OldAnswer> {
    try {
      // A redirection would carry the password to wherever it leads.
      const answer = await fetch(`${this.#url}/${request}`, { ...options, redirect: 'error' })
      const [setCookie = ''] = answer.headers.getSetCookie()
      return { status: answer.status, cookie: setCookie.split(';')[0] ?? '', text: await answer.text() }
    } catch (cause) {
      throw new Error(`4D did not answer ${request.replace(/^.*\//, '')}`, { cause })
    }
  }
}

/** A member of the object that 4D answered. Throws where there is none. The messages say no more than the status: what 4D writes may quote what it was sent. */
export function memberOf({ status, text }: OldAnswer, name: string): unknown {
  if (status !== 200) throw new Error(`4D answered ${status}`)
  const body = parse(text)
  if (typeof body !== 'object' || body === null || !(name in body)) throw new Error(`4D answered something else than a ${name}`)
  return (body as Record<string, unknown>)[name]
}

/** The user is known by now: a logout that fails costs a licence until 4D ends the session, and no login. */
export async function giveBackLicence(logOut: () => Promise<OldAnswer>): Promise<void> {
  try {
    if (memberOf(await logOut(), 'result') === false) throw new Error('4D refused the logout')
  } catch (error) {
    console.warn(`4D kept a licence: ${error instanceof Error ? error.message : 'the logout failed'}`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
