import type { ServedExchange } from './request-services.js'

/** Without `trust proxy` every client has the proxy's address, and every request looks like plain HTTP. */
export function warnOfProxy({ facts, services }: ServedExchange): void {
  const { app, headers } = facts
  if (app === null || (headers['x-forwarded-for'] === undefined && headers.forwarded === undefined) || app.get('trust proxy')) return
  services.warnings.once(
    'TRUST_PROXY',
    "A request came with X-Forwarded-For or Forwarded, and Express' setting 'trust proxy' is off: the login throttle then sees all clients as one " +
      "address, and cookie.secure: 'auto' takes HTTPS for HTTP. Set app.set('trust proxy', ...) if a proxy is yours, or have it drop these headers."
  )
}
