import { type Request, type Response, Router } from 'express'
import { type DirectoryUser, safeReturnTo } from 'express-4d-directory'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  discovery,
  type IDToken,
  randomNonce,
  randomPKCECodeVerifier,
  randomState
} from 'openid-client'

declare module 'express-4d-directory' {
  interface SessionStorage {
    /** The logins under way, by their `state`: one for each window that the visitor has open. */
    logins?: Record<string, LoginUnderWay>
  }
}

interface LoginUnderWay {
  readonly verifier: string
  readonly nonce: string
  readonly returnTo: string
}

/** Older ones are forgotten, so that nobody fills a session by asking for `/login`. */
const mostLoginsUnderWay = 5

export interface OpenIDSettings {
  /** The identity provider, as its ID tokens name it. */
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecret: string
  /** Where the provider sends browsers back to; registered with it. */
  readonly redirectUri: URL
}

/** `GET login`, and the path of `redirectUri`: the authorization code flow with PKCE, `state` and `nonce`, kept in the visitor's session. */
export async function openidLogin({ issuer, clientId, clientSecret, redirectUri }: OpenIDSettings): Promise<Router> {
  // Plain HTTP is for a provider on this machine alone.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody takes it for anything else
  const options = issuer.hostname === 'localhost' ? { execute: [allowInsecureRequests] } : {}
  const provider = await discovery(issuer, clientId, clientSecret, undefined, options)
  const router = Router()

  router.get('/login', async (req, res) => {
    const [state, verifier, nonce] = [randomState(), randomPKCECodeVerifier(), randomNonce()]
    const login = { verifier, nonce, returnTo: safeReturnTo(req) }
    // A first write: whoever only looks at pages has no session and no cookie.
    await req.directory.session?.update((storage) => {
      const others = Object.entries(storage.logins ?? {}).slice(1 - mostLoginsUnderWay)
      storage.logins = Object.fromEntries([...others, [state, login]])
    })
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: redirectUri.href,
      scope: 'openid profile email',
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256'
    })
    res.redirect(303, url.href)
  })

  router.get(redirectUri.pathname, async (req, res) => {
    const login = await takeLogin(req)
    if (login === null) {
      refuse(res, 400, 'This login has expired or was begun in another browser. Please begin again')
      return
    }
    const user = await userOf(provider, new URL(req.originalUrl, redirectUri), login).catch((error: unknown) => {
      console.warn('A login by OpenID Connect failed', error)
      return null
    })
    if (user === null) {
      refuse(res, 401, 'The identity provider let nobody in')
      return
    }
    await req.directory.signIn(user, { by: 'openid-connect' })
    res.redirect(303, login.returnTo)
  })

  return router
}

/** The login that the provider's `state` belongs to, which counts once, whatever comes twice. `null`: this session has begun none. */
async function takeLogin(req: Request): Promise<(LoginUnderWay & { readonly state: string }) | null> {
  const { session } = req.directory
  const { state } = req.query
  if (session === null || typeof state !== 'string' || session.storage.logins?.[state] === undefined) return null
  const taken: { login?: LoginUnderWay | undefined } = {}
  await session.update((storage) => {
    const { [state]: login, ...others } = storage.logins ?? {}
    taken.login = login
    storage.logins = others
  })
  return taken.login ? { ...taken.login, state } : null
}

async function userOf(provider: Configuration, url: URL, login: LoginUnderWay & { readonly state: string }): Promise<DirectoryUser> {
  const tokens = await authorizationCodeGrant(provider, url, {
    pkceCodeVerifier: login.verifier,
    expectedNonce: login.nonce,
    expectedState: login.state,
    idTokenExpected: true
  })
  const claims = tokens.claims()
  if (claims === undefined) throw new Error('The provider has sent no ID token')
  return { ID: idOf(claims), userName: text(claims['email']) ?? claims.sub, fullName: text(claims['name']) ?? '' }
}

/** A `sub` is unique with its issuer alone (OpenID Connect Core section 5.7), and an e-mail address changes hands. */
function idOf({ iss, sub }: IDToken): string {
  return `${iss}#${sub}`
}

function text(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined
}

function refuse(res: Response, status: number, message: string): void {
  res.status(status).type('text').send(`${message}\n`)
}
