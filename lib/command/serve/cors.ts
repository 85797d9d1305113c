import type { RequestHandler } from 'express'

/**
 * Lets pages of these origins ask with cookies and with any header, 4D's included (Fetch, "CORS protocol"). By hand and not by the package `cors`, which every
 * host would install for this command alone.
 */
export function cors(origins: readonly string[]): RequestHandler {
  const allowed = new Set(origins.map((origin) => origin.toLowerCase()))
  return function answerCors(req, res, next) {
    res.vary('Origin')
    const origin = req.get('origin')
    if (origin === undefined || !allowed.has(origin.toLowerCase())) {
      next()
      return
    }
    res.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': '4D-CREDENTIALS, 4DREST-INFO, Retry-After'
    })
    const isPreflight = req.method === 'OPTIONS' && req.get('access-control-request-method') !== undefined
    if (!isPreflight) {
      next()
      return
    }
    // With credentials `*` would be the name of a header (Fetch, "Access-Control-Allow-Headers"), so what is asked for is repeated.
    const asked = req.get('access-control-request-headers')
    if (asked !== undefined) res.set('Access-Control-Allow-Headers', asked)
    res.vary('Access-Control-Request-Headers')
    res.set({ 'Access-Control-Allow-Methods': 'GET, HEAD, POST', 'Access-Control-Max-Age': '600' })
    res.status(204).end()
  }
}
