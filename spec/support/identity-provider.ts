import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { vi } from 'vitest'
import type { SiteBrowser } from './site-browser.js'
import type { Answer } from './visitor.js'

export interface IdentityProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  close(): void
}

/** A real OpenID Connect provider on this machine, with one client. Whoever logs in gets in under the name that they type, with any password. */
/** Its own pages for logging in and for consenting, filled in. */
export async function logInAtProvider(browser: SiteBrowser, form: Answer, login: string): Promise<Answer> {
  return browser.submits(await browser.submits(form, { login, password: 'any' }), {})
}

export async function serveIdentityProvider(redirectUri: string): Promise<IdentityProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Another site than that of the apps, which are at 127.0.0.1.
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const client = { clientId: 'the-app', clientSecret: 'a secret that the provider and the app share' }
  // It warns of all that makes it a toy.
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const { default: Provider } = await import('oidc-provider')
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: [redirectUri], response_types: ['code'] }],
    claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
    conformIdTokenClaims: false,
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    cookies: { keys: ['a key of the spec'] },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => Promise.resolve({ sub, name: `${sub} of the provider`, email: `${sub}@example.com` })
    })
  })
  warn.mockRestore()
  server.on('request', (req, res) => void provider.callback()(req, res))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { issuer, ...client, close }
}
