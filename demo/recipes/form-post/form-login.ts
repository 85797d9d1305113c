import cookieParser from 'cookie-parser'
import { type CookieOptions, type Request, Router, urlencoded } from 'express'
import { type DirectoryUser, safeReturnTo } from 'express-4d-directory'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type Configuration,
  discovery,
  randomNonce,
  randomPKCECodeVerifier,
  randomState
} from 'openid-client'

export interface FormLoginSettings {
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecret: string
  /** Where the provider makes browsers post to; registered with it. */
  readonly redirectUri: URL
  /** Signs the cookie of a login under way. */
  readonly secret: string
}

interface LoginUnderWay {
  readonly state: string
  readonly verifier: string
  readonly nonce: string
  readonly returnTo: string
}

const cookieName = 'login_under_way'

/**
 * `GET login`, and a `POST` to the path of `redirectUri` that comes from a page of the provider, as with "Sign in with Apple" and SAML. Browsers send the session's
 * cookie along with no such POST (`SameSite=Lax`), so that what the login needs lies in a cookie of its own: `SameSite=None`, for ten minutes, for that path alone.
 */
export async function formLogin({ issuer, clientId, clientSecret, redirectUri, secret }: FormLoginSettings): Promise<Router> {
  // Plain HTTP is for a provider on this machine alone.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody takes it for anything else
  const options = issuer.hostname === 'localhost' ? { execute: [allowInsecureRequests] } : {}
  const provider = await discovery(issuer, clientId, clientSecret, undefined, options)
  const cookie: CookieOptions = { path: redirectUri.pathname, httpOnly: true, secure: true, sameSite: 'none', signed: true }
  const router = Router()
  router.use(cookieParser(secret))

  router.get('/login', async (req, res) => {
    const login = { state: randomState(), verifier: randomPKCECodeVerifier(), nonce: randomNonce(), returnTo: safeReturnTo(req) }
    res.cookie(cookieName, JSON.stringify(login), { ...cookie, maxAge: 10 * 60_000 })
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: redirectUri.href,
      response_mode: 'form_post',
      scope: 'openid profile email',
      state: login.state,
      nonce: login.nonce,
      code_challenge: await calculatePKCECodeChallenge(login.verifier),
      code_challenge_method: 'S256'
    })
    res.redirect(303, url.href)
  })

  router.post(redirectUri.pathname, urlencoded(), async (req, res) => {
    const login = loginUnderWay(req)
    res.clearCookie(cookieName, cookie)
    const user = login && (await userOf(provider, redirectUri, req, login))
    if (login === null || user === null) {
      res.status(401).type('text').send('Nobody was logged in. Please begin again\n')
      return
    }
    // From another site, because such logins do: `state` has just shown that it was begun in this browser.
    await req.directory.signIn(user, { fromElsewhere: true, by: 'form-post' })
    res.redirect(303, login.returnTo)
  })

  return router
}

/** `null`: this browser has begun none, or not in the last ten minutes. */
function loginUnderWay(req: Request): LoginUnderWay | null {
  const signed: unknown = req.signedCookies[cookieName]
  return typeof signed === 'string' ? (JSON.parse(signed) as LoginUnderWay) : null
}

/** `null`: the provider has let nobody in, or has not been asked by this browser. */
async function userOf(provider: Configuration, redirectUri: URL, req: Request, login: LoginUnderWay): Promise<DirectoryUser | null> {
  try {
    const posted = new globalThis.Request(redirectUri, { method: 'POST', body: new URLSearchParams(req.body as Record<string, string>) })
    const tokens = await authorizationCodeGrant(provider, posted, {
      pkceCodeVerifier: login.verifier,
      expectedNonce: login.nonce,
      expectedState: login.state,
      idTokenExpected: true
    })
    const claims = tokens.claims()
    if (claims === undefined) return null
    // A `sub` is unique with its issuer alone (OpenID Connect Core section 5.7).
    return { ID: `${claims.iss}#${claims.sub}`, userName: claims.sub, fullName: typeof claims['name'] === 'string' ? claims['name'] : '' }
  } catch (error) {
    console.warn('A login by the identity provider failed', error)
    return null
  }
}
