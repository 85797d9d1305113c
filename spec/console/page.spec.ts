import { describe, expect, it } from 'vitest'

import { digest4D, StaticProvider } from '../../lib/index.js'
import { Operator, serveConsole } from '../support/serve-console.js'
import { ask } from '../support/visitor.js'

const hostileName = `"><script>alert('x')</script>`

describe('the page of the session console', () => {
  it.each(['/console', '/', '/ops/tools/console'])('is served under %s, with a slash at its end or without', async (path) => {
    const { operator } = await serveConsole({}, { path })

    const bare = await operator.asks(path)
    const slashed = await operator.asks(path.replace(/\/?$/, '/'))

    expect([bare.status, slashed.status]).toEqual([200, 200])
  })

  it('names no other address, so that a proxy may put it anywhere', async () => {
    const { operator, url } = await serveConsole()

    const pages = [await operator.opensConsole(), await new Operator(url).opensConsole()]

    for (const { text } of pages) {
      const markup = text.replace(/<(script|style)[^>]*>[^]*?<\/\1>/g, '')
      const addresses = [...markup.matchAll(/\s(?:src|href|action)="([^"]*)"/g)].map(([, address]) => address)
      expect(addresses.filter((address) => !/^(?:data:,|#\w+|\?)$/.test(address ?? ''))).toEqual([])
    }
  })

  it('lets nothing run or load but what carries the nonce of this one answer', async () => {
    const { operator } = await serveConsole()

    const [first, second] = [await operator.opensConsole(), await operator.opensConsole()]

    const nonceOf = (policy = '') => /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
    const policy = first.headers['content-security-policy']
    const nonce = nonceOf(policy)
    expect(nonce).toMatch(/^[A-Za-z0-9+/]{22}==$/)
    expect(nonceOf(second.headers['content-security-policy'])).not.toBe(nonce)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    const blocks = [...first.text.matchAll(/<(?:script|style)\b[^>]*>/g)].map(([tag]) => tag)
    expect(blocks).toHaveLength(2)
    expect(blocks.every((tag) => tag.includes(`nonce="${nonce}"`))).toBe(true)
    expect(first.text.match(/<\/script/g)).toHaveLength(1)
    expect(first.text.match(/<\/style/g)).toHaveLength(1)
    expect(first.text.replace(/<script[^]*<\/script>/, '')).not.toMatch(/\son\w+=|\sstyle=/)
  })

  it.each([
    ['the page', ''],
    ['a refusal', '/nothing']
  ])('is never kept nor framed: %s', async (_, path) => {
    const { operator } = await serveConsole()

    const { headers } = await operator.asks(`/console${path}`)

    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY'
    })
  })

  it('shows names as text, whatever is in them', async () => {
    const user = { ID: 'X', userName: hostileName, fullName: 'x', passwordHash: digest4D('x') }
    const group = { ID: 'G', name: 'Administrators', users: [hostileName] }
    const { url } = await serveConsole({ provider: new StaticProvider({ users: [user], groups: [group] }) })
    const operator = new Operator(url)

    await operator.sendsLoginForm({ user: hostileName, password: 'x' })
    const page = await operator.opensConsole()

    expect(page.status).toBe(200)
    expect(page.text).toContain('&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;')
    expect(page.text).not.toContain(hostileName)
  })

  it('answers HEAD as it would GET, so that the page can ask why its stream was refused', async () => {
    const { operator, url } = await serveConsole()

    const known = await operator.asks('/console', { method: 'HEAD' })
    const nobody = await ask(`${url}/console`, { method: 'HEAD' })

    expect([known.status, nobody.status]).toEqual([200, 401])
  })
})
