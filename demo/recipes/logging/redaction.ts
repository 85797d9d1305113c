import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Morgan } from 'morgan'

/** Headers of requests that log somebody in, or are somebody's session. In lower case, as Node has them. */
const secretRequestHeaders = ['authorization', 'cookie', 'password-4d', 'hashed-password-4d', 'proxy-authorization'] as const

const secretResponseHeaders = ['set-cookie'] as const

/** For pino's `redact`: where pino-http has them. */
export const secretPaths = [
  ...secretRequestHeaders.map((name) => `req.headers["${name}"]`),
  ...secretResponseHeaders.map((name) => `res.headers["${name}"]`)
]

/** morgan writes no header unless a format asks for it by `:req[...]` and `:res[...]`; from here on, not these. `:url` is without its query. */
export function redactMorgan(morgan: Morgan<IncomingMessage, ServerResponse>): void {
  morgan.token('req', (req, _res, name) => show(req.headers[String(name).toLowerCase()], name, secretRequestHeaders))
  morgan.token('res', (_req, res, name) => show(res.getHeader(String(name)), name, secretResponseHeaders))
  morgan.token('url', (req) => withoutQuery((req as { readonly originalUrl?: string }).originalUrl ?? req.url))
}

export function withoutQuery(url = ''): string {
  return url.split('?', 1)[0] ?? ''
}

function show(value: number | string | readonly string[] | undefined, name: unknown, secret: readonly string[]): string | undefined {
  return value === undefined || !secret.includes(String(name).toLowerCase()) ? value?.toString() : '[Redacted]'
}
