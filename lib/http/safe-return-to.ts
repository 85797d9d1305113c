import type { IncomingMessage } from 'node:http'

import { describeValue } from '../checks/describe-value.js'
import { guardedRequestOf } from './contract.js'
import { localPath, readingsOf } from './local-path.js'
import { isLoginPage } from './login-page.js'

/** `/logout`, `/rest/$directory/logout`, `/account/sign-out.html`. */
const logoutSegment = /^(?:log|sign)[-_ ]?(?:out|off)(?![a-z])/i

/**
 * Where to send a browser after its login: the path in the form's field `returnTo`, else in the query's, with its query and fragment. `fallback`, by default `/`,
 * where there is none, and where it is not a path of this site, or leads to the login page or to a logout.
 *
 * ```ts
 * app.post('/login', express.urlencoded(), async (req, res) => {
 *   if (await req.directory.login(req.body)) res.redirect(303, safeReturnTo(req))
 *   else res.status(401).render('login', { returnTo: safeReturnTo(req) })
 * })
 * ```
 *
 * @throws TypeError where `fallback` is no path of this site.
 */
export function safeReturnTo(req: IncomingMessage, fallback = '/'): string {
  if (typeof fallback !== 'string' || localPath(fallback) === null)
    throw new TypeError(`safeReturnTo takes a path of this site such as '/' to fall back on, received ${describeValue(fallback)}`)
  const path = localPath(wantedBy(req))
  return path === null || isForNobody(path, req) ? fallback : path
}

function wantedBy(req: IncomingMessage): string {
  const { body, query } = req as IncomingMessage & { readonly body?: unknown; readonly query?: unknown }
  // Repeated, it is an array, and of no use.
  return [body, query].map(returnToIn).find((returnTo) => returnTo !== '') ?? ''
}

function returnToIn(fields: unknown): string {
  const returnTo: unknown = typeof fields === 'object' && fields !== null && 'returnTo' in fields ? fields.returnTo : ''
  return typeof returnTo === 'string' ? returnTo : ''
}

/** After a login nobody wants to log in, or out. */
function isForNobody(target: string, req: IncomingMessage): boolean {
  const [path = ''] = target.split(/[?#]/, 1)
  const loginPage = guardedRequestOf('directory' in req ? req.directory : null)?.loginPage ?? null
  if (loginPage !== null && isLoginPage(path, loginPage)) return true
  return readingsOf(path).some((reading) => reading.split('/').some((segment) => logoutSegment.test(segment)))
}
