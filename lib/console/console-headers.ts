import { randomBytes } from 'node:crypto'

import type { NextFunction, Request, Response } from 'express'

/**
 * Headers of every answer of the console, in place of whatever the host sets for its own pages. Scripts and styles run by a nonce of this answer
 * alone; nothing is loaded from elsewhere, framed, or kept. `same-origin` and not `no-referrer`: under the latter browsers send `Origin: null` with the page's
 * own posts, and on plain HTTP nothing else tells these from another site's (Fetch, "append a request Origin header").
 */
export function setConsoleHeaders(_req: Request, res: Response, next: NextFunction): void {
  const nonce = randomBytes(16).toString('base64')
  res.locals['consoleNonce'] = nonce
  res.setHeader('Content-Security-Policy', contentSecurityPolicy(nonce))
  res.setHeader('Cache-Control', 'no-store')
  res.setHeader('Referrer-Policy', 'same-origin')
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('X-Frame-Options', 'DENY')
  res.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  res.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  next()
}

export function nonceOf(res: Response): string {
  return String(res.locals['consoleNonce'])
}

function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'"
  ].join('; ')
}
