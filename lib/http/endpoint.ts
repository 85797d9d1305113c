import type { Request, RequestHandler, Response } from 'express'

import { DirectoryError } from '../errors.js'
import { forwardRejection } from './forward-rejection.js'
import type { RequestServices } from './request-services.js'
import type { ServedRequest } from './served-request.js'
import { servedRequestOf } from './session-middleware.js'
import { sendAllow } from './wire-format.js'

/** One request of 4D's, under its name in the URL. */
export interface Endpoint {
  readonly name: string
  readonly methods: readonly string[]
  readonly answer: (served: ServedRequest, req: Request, res: Response) => Promise<void>
}

/** Answers an endpoint's methods, `OPTIONS` with what they are, and any other by a refusal. */
export function answerEndpoint({ name, methods, answer }: Endpoint, services: RequestServices): RequestHandler {
  const allow = [...methods, 'OPTIONS'].join(', ')
  return forwardRejection(async function answerMethod(req, res) {
    const served = servedRequestOf(req, services)
    if (served === null) throw new Error('the session middleware has to run before the endpoints of the directory')
    if (req.method === 'OPTIONS') {
      sendAllow(res, allow)
      return
    }
    if (!methods.includes(req.method)) {
      res.setHeader('Allow', allow)
      throw new DirectoryError('ERR_METHOD', `${name} does not support ${req.method}`)
    }
    await answer(served, req, res)
  })
}
