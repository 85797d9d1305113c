import type { IncomingMessage } from 'node:http'

import { DirectoryError } from '../errors.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import type { TrustingApp } from '../sessions/administration.js'
import type { Session } from '../sessions/session.js'
import { debugUpgrade } from './debug-line.js'
import { outliveResets } from './outlive-resets.js'
import { RequestFacts } from './request-facts.js'
import type { RequestServices } from './request-services.js'
import { ServedRequest } from './served-request.js'

/**
 * The session of a request that no Express app has seen, a WebSocket upgrade; `null`: none, or a page of another origin asks. Browsers let any page open a
 * WebSocket, and send our cookie along.
 */
export async function resumeUpgrade(
  services: RequestServices,
  message: IncomingMessage,
  app: TrustingApp | null = services.latestApp
): Promise<{ user: DirectoryUser | null; session: Session } | null> {
  outliveResets(message)
  const served = new ServedRequest(services, new RequestFacts(message, app), null, null)
  try {
    if (services.cookie.isIn(message.headers.cookie)) served.refuseCrossSite()
    await served.resume()
  } catch (error) {
    if (!(error instanceof DirectoryError) || error.code !== 'ERR_CROSS_SITE') throw error
    services.warnings.once('UPGRADE', `A WebSocket was not opened. ${error.message}`)
    return null
  } finally {
    debugUpgrade(served)
  }
  const session = served.lookAtSession()
  return session && { user: served.user, session }
}
