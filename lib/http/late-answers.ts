import type { OpenSession } from '../sessions/open-session.js'
import type { ServedExchange } from './request-services.js'

/**
 * Whether the headers of the answer are out, or there is no answer at all: then no cookie can go out any more. Of an upgrade, apps are handed an answer that is
 * bound to no socket (express-ws): the handshake is answered past it.
 */
export function isAnswered({ facts, res }: ServedExchange): boolean {
  return res === null || res.headersSent || (facts.isUpgrade && res.socket === null)
}

/** The same for what has been waited for, with a warning: the host answered before it was done. */
export function isAnsweredMeanwhile(exchange: ServedExchange): boolean {
  if (!isAnswered(exchange)) return false
  const { route } = exchange.facts
  exchange.services.warnings.once(
    'LATE',
    `The answer to ${route} went out before a login or a first update of the session was done, whose cookie it should have carried: await it before you answer`,
    route
  )
  return true
}

/** @throws Error for what would need a cookie that can go out no more, before anything has changed. */
export function refuseLateAnswer(exchange: ServedExchange, verb: string): void {
  if (!isAnsweredMeanwhile(exchange)) return
  throw new Error(`${verb} came after the headers of the answer, which carry its cookie: await it before you answer`)
}

/** The session that has been opened; `null`: none has, or the answer went out meanwhile, so its cookie never could, and it is ended again. */
export async function unlessAnswered(exchange: ServedExchange, opening: Promise<OpenSession | null>): Promise<OpenSession | null> {
  const opened = await opening
  if (opened === null || !isAnsweredMeanwhile(exchange)) return opened
  await exchange.services.keeper.end([opened], 'unanswered')
  return null
}
