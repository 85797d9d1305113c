import { request as plainRequest } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { resolve } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { describeWithNginx, NginxServer } from '../support/nginx-server.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { ask, type Answer } from '../support/visitor.js'

const jsmith = { 'username-4D': 'jsmith', 'password-4D': 'smith' }

describeWithNginx('The recipe "tls-proxy"', () => {
  let recipe: RunningRecipe
  let nginx: NginxServer

  beforeAll(async () => {
    recipe = await runRecipe('tls-proxy/server.ts')
    nginx = await NginxServer.start(resolve('demo/recipes/tls-proxy/nginx.conf'), new URL(recipe.url).port)
  })
  afterAll(async () => {
    await nginx.stop()
    await recipe.program.kill()
  })

  /** Over TLS, with nginx's certificate checked. */
  function askProxy(path: string, options: RequestOptions = {}): Promise<Pick<Answer, 'status' | 'setCookies' | 'body'>> {
    return new Promise((resolveAnswer, reject) => {
      const asked = request(
        { host: 'localhost', port: nginx.httpsPort, family: 4, path, ca: nginx.certificate, agent: false, ...options },
        (incoming) => {
          let text = ''
          incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
          incoming.on('end', () => {
            const body: unknown = text.startsWith('{') ? JSON.parse(text) : text
            resolveAnswer({ status: incoming.statusCode ?? 0, setCookies: incoming.headers['set-cookie'] ?? [], body })
          })
        }
      )
      asked.on('error', reject).end()
    })
  }

  function logIn(headers: Record<string, string> = {}) {
    return askProxy('/rest/$directory/login', { method: 'POST', headers: { ...jsmith, ...headers } })
  }

  it('A3.3.1: makes the cookie Secure for who comes by TLS, and only for these', async () => {
    const [overTls, inside] = [await logIn(), await ask(`${recipe.url}/rest/$directory/login`, { method: 'POST', headers: jsmith })]

    expect([overTls.status, inside.status]).toEqual([200, 200])
    expect(overTls.setCookies).toEqual([
      expect.stringMatching(/^WASID4D=[0-9A-F]{32}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
    ])
    expect(inside.setCookies).toEqual([expect.not.stringContaining('Secure')])
  })

  it('serves the session that the cookie stands for', async () => {
    const { setCookies } = await logIn()

    const answer = await askProxy('/rest/%24directory/currentUser?a=b', { headers: { cookie: setCookies[0]?.split(';')[0] ?? '' } })

    expect(answer.body).toMatchObject({ result: { userName: 'jsmith' } })
  })

  it('A3.5.1: serves a login from a page of the site that the browser sees, by X-Forwarded-Host', async () => {
    const { status } = await logIn({ origin: `https://localhost:${nginx.httpsPort}` })

    expect(status).toBe(200)
  })

  it.each([
    ['another site', () => ({ origin: 'https://evil.example' })],
    ['another site that says it is this one', () => ({ origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' })],
    ['another port of this host', () => ({ origin: 'https://localhost:1' })],
    ['the address that only nginx knows', () => ({ origin: recipe.url })]
  ])('A3.5.1: refuses a login from a page of %s', async (_what, headers) => {
    const { status, setCookies } = await logIn(headers())

    expect([status, setCookies]).toEqual([403, []])
  })

  it('sees the client as nginx sees it, whatever the client says of itself', async () => {
    const forged = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=203.0.113.9'
    }

    const { body } = await askProxy('/rest/address', { headers: { ...jsmith, ...forged }, localAddress: '127.0.0.2' })

    expect(body).toEqual({ address: '127.0.0.2', protocol: 'https', host: `localhost:${nginx.httpsPort}` })
  })

  it('sends who comes without TLS to the other port, and asks the app nothing', async () => {
    const location = await new Promise<string | undefined>((resolveLocation, reject) => {
      plainRequest(
        { host: '127.0.0.1', port: nginx.httpPort, path: '/rest/$directory/login', method: 'POST', headers: jsmith },
        (incoming) => {
          incoming.resume()
          resolveLocation(incoming.headers.location)
        }
      )
        .on('error', reject)
        .end()
    })

    expect(location).toBe(`https://localhost:${nginx.httpsPort}/rest/$directory/login`)
  })
})
