import type { IncomingMessage, ServerResponse } from 'node:http'

import { readingsOf } from './local-path.js'
import { pathOf } from './wire-format.js'

/** Node takes 16 KiB of headers, in which the path comes back threefold at the most. */
const mostReturnCharacters = 4096

/** Whether a browser has gone to an address, rather than a script or a program that asks for data. */
export function isNavigation({ headers }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode']
  return mode === undefined ? /\btext\/html\b/i.test(headers.accept ?? '') : mode === 'navigate'
}

/** Whether the request is for the login page itself, which would send it on to itself for ever. */
export function isForLoginPage(message: IncomingMessage, loginPage: string): boolean {
  return isLoginPage(pathOf(targetOf(message)), loginPage)
}

/** Whether a path leads to the login page, however it is spelled: Express takes any case, and a slash at the end. */
export function isLoginPage(path: string, loginPage: string): boolean {
  const own = readingsOf(pathOf(loginPage)).map(fold)
  return readingsOf(path).some((reading) => own.includes(fold(reading)))
}

/** 303, so that a form that was posted is not posted to the login page; `no-store`, or the browser would go there after the login too. */
export function sendToLoginPage(message: IncomingMessage, res: ServerResponse, loginPage: string): void {
  const returnTo = encodeURIComponent(targetOf(message))
  const query = returnTo.length > mostReturnCharacters ? '' : `${loginPage.includes('?') ? '&' : '?'}returnTo=${returnTo}`
  res.statusCode = 303
  res.setHeader('Location', loginPage + query)
  res.setHeader('Cache-Control', 'no-store')
  res.end()
}

/** As the browser sent it, wherever the app is mounted. */
function targetOf(message: IncomingMessage): string {
  return 'originalUrl' in message ? String(message.originalUrl) : (message.url ?? '/')
}

function fold(path: string): string {
  return path.toLowerCase().replace(/\/+$/, '')
}
