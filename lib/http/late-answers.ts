import type { OpenSession } from '../sessions/open-session.js'
import type { RequestState } from './request-state.js'

/**
 * Whether the headers of the answer are out, or there is no answer at all: then no cookie can go out any more. Of an upgrade, apps are handed an answer that is
 * bound to no socket (express-ws): the handshake is answered past it.
 */
export function isAnswered({ facts, res }: RequestState): boolean {
  return res === null || res.headersSent || (facts.isUpgrade && res.socket === null)
}

/** The same for what has been waited for, with a warning: the host answered before it was done. */
export function isAnsweredMeanwhile(request: RequestState): boolean {
  if (!isAnswered(request)) return false
  const { route } = request.facts
  request.services.warnings.once(
    'LATE',
    `The answer to ${route} went out before a login or a first update of the session was done, whose cookie it should have carried: await it before you answer`,
    route
  )
  return true
}

/** @throws Error for what would need a cookie that can go out no more, before anything has changed. */
export function refuseLateAnswer(request: RequestState, verb: string): void {
  if (!isAnsweredMeanwhile(request)) return
  throw new Error(`${verb} came after the headers of the answer, which carry its cookie: await it before you answer`)
}

/** Takes up the session that is being opened. `false`: none was, or the answer went out meanwhile, so its cookie never could, and it is ended again. */
export async function enterUnlessAnswered(
  request: RequestState,
  opening: Promise<OpenSession | null>,
  enter: (opened: OpenSession) => void
): Promise<boolean> {
  const opened = await opening
  if (opened === null) return false
  if (isAnsweredMeanwhile(request)) {
    await request.services.keeper.end([opened], 'unanswered')
    return false
  }
  enter(opened)
  return true
}
