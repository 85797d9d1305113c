import { describe, expect, it } from 'vitest'
import { CookieJar, PrefixSecurityEnum } from 'tough-cookie'

import { cookieConfigurations } from '../support/cookie-configurations.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { serve } from '../support/serve.js'
import { ask } from '../support/visitor.js'

// Some of these apps do not trust their proxy, which is what they show.
expectWarnings('EXPRESS_4D_DIRECTORY_TRUST_PROXY')
expectWarnings('EXPRESS_4D_DIRECTORY_PLAIN_HTTP')

async function logIn(url: string, headers: Record<string, string> = {}): Promise<string> {
  const { setCookies } = await ask(`${url}/rest/$directory/login`, {
    method: 'POST',
    headers: { 'username-4D': 'jsmith', 'password-4D': 'smith', ...headers }
  })
  return setCookies[0] ?? ''
}

describe.each(cookieConfigurations)('A3.3.1: the cookie of $what', ({ options, setCookie, deletion, page }) => {
  it('is exactly this one', async () => {
    const { url } = await serve(options)

    const sent = await logIn(url)

    expect(sent.replace(/\b[0-9A-F]{32}\b/, '<id>').replace(/\.[A-Za-z0-9+/]{43};/, '.<signature>;')).toBe(setCookie)
  })

  it('is kept by a strict browser, sent back, known, and taken back at logout', async () => {
    const { url } = await serve(options)
    const browser = new CookieJar(null, { prefixSecurity: PrefixSecurityEnum.STRICT })
    const directoryURL = new URL('$directory/', page).href

    await browser.setCookie(await logIn(url), directoryURL)
    const cookie = await browser.getCookieString(directoryURL)
    const user = await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie } })
    const logout = await ask(`${url}/rest/$directory/logout`, { headers: { cookie } })
    await browser.setCookie(logout.setCookies[0] ?? '', directoryURL)

    expect(user.text).toContain('"userName":"jsmith"')
    expect(logout.setCookies).toEqual([deletion])
    expect(await browser.getCookies(directoryURL)).toEqual([])
  })
})

describe("A3.3.1: secure: 'auto' behind a proxy that ends TLS", () => {
  const https = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' }

  it('is Secure where the proxy is trusted', async () => {
    const { url, app } = await serve()
    app.set('trust proxy', 'loopback')

    expect(await logIn(url, https)).toMatch(/; Secure$/)
  })

  it('is not where the proxy is not trusted, where there is none, or where the visitor came by HTTP', async () => {
    const untrusting = await serve()
    const trusting = await serve()
    trusting.app.set('trust proxy', 'loopback')

    const cookies = [
      await logIn(untrusting.url, https),
      await logIn(untrusting.url),
      await logIn(trusting.url),
      await logIn(trusting.url, { ...https, 'x-forwarded-proto': 'http' })
    ]

    expect(cookies.filter((cookie) => cookie.includes('Secure'))).toEqual([])
    expect(cookies.filter((cookie) => cookie.startsWith('WASID4D='))).toHaveLength(4)
  })

  it('is Secure again when it is taken back', async () => {
    const { url, app } = await serve()
    app.set('trust proxy', 'loopback')

    const { setCookies } = await ask(`${url}/rest/$directory/logout`, { headers: { ...https, cookie: 'WASID4D=x' } })

    expect(setCookies).toEqual(['WASID4D=; Max-Age=0; Path=/; Secure'])
  })
})
