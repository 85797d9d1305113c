import { CookieJar } from 'tough-cookie'

import { type Answer, ask } from './visitor.js'

const blank = 'about:blank'

/** A browser as far as logins at another site go: it keeps cookies by site, follows redirections, says where a request comes from, and fills in forms. */
export class SiteBrowser {
  readonly #jar = new CookieJar()
  #stop: string | null = null
  /** Where it is. */
  url = blank

  /** Goes there, and wherever it is sent on from there. `from`: the page that leads there; by default the one that it shows. */
  async visits(address: string, method = 'GET', body?: string, from = this.url): Promise<Answer> {
    const answer = await this.#asks(from, new URL(address), method, body)
    const { location } = answer.headers
    if (location === undefined || answer.status < 300 || answer.status > 399) return answer
    if (this.#stop !== null && location.startsWith(this.#stop)) this.url = location
    if (this.url === location) return answer
    // However often it is sent on, the page that all began on stays the same.
    return this.visits(new URL(location, this.url).href, 'GET', undefined, from)
  }

  /** The address, beginning like that, that it would be led to next; it does not go there. */
  async isLedTo(start: string, work: () => Promise<unknown>): Promise<string> {
    this.#stop = start
    await work()
    this.#stop = null
    return this.url
  }

  /** The `Cookie` header that it would send there. */
  cookie(address: string): Promise<string> {
    return this.#jar.getCookieString(address)
  }

  /** Fills in the only form of the page and sends it. */
  submits(page: Answer, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const [, action = ''] = /<form[^>]*action="([^"]*)"/.exec(page.text) ?? []
    const form = new URLSearchParams(fields)
    for (const [, name = '', value = ''] of page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
      form.set(name, value)
    return this.visits(new URL(action, this.url).href, 'POST', form.toString())
  }

  async #asks(from: string, to: URL, method: string, body?: string): Promise<Answer> {
    const isFromAnotherSite = from !== blank && new URL(from).hostname !== to.hostname
    const site = from === blank ? 'none' : isFromAnotherSite ? 'cross-site' : 'same-origin'
    const isPost = method === 'POST'
    const sameSiteContext = isFromAnotherSite ? (isPost ? 'none' : 'lax') : 'strict'
    const cookie = await this.#jar.getCookieString(to.href, { sameSiteContext })
    const answer = await ask(to.href, {
      method,
      headers: {
        host: to.host,
        'sec-fetch-site': site,
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        accept: 'text/html',
        ...(cookie !== '' && { cookie }),
        ...(isPost && { origin: new URL(from).origin, 'content-type': 'application/x-www-form-urlencoded' })
      },
      ...(body !== undefined && { body })
    })
    // Whatever page led there, it is the one that is shown now, so its cookies are taken.
    for (const setCookie of answer.setCookies) await this.#jar.setCookie(setCookie, to.href, { sameSiteContext: 'lax' })
    this.url = to.href
    return answer
  }
}
