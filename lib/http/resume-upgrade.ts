import type { IncomingMessage } from 'node:http'

import { RequestSession, type Session } from '../sessions/session.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import type { RequestServices } from './request-directory.js'
import { resumeSession } from './resume-session.js'

/** The session of a request that no Express app has seen: a WebSocket upgrade. */
export async function resumeUpgrade(
  request: IncomingMessage,
  services: RequestServices
): Promise<{ user: DirectoryUser | null; session: Session } | null> {
  const describeOrigin = () => ({ ip: request.socket.remoteAddress ?? '', userAgent: (request.headers['user-agent'] ?? '').slice(0, 200) })
  const resumed = await resumeSession(request.headers.cookie, describeOrigin, services)
  return resumed && { user: resumed.user, session: new RequestSession(services.keeper, resumed.kept) }
}
