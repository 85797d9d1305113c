import { Router } from 'express'

import { describeValue } from '../checks/describe-value.js'
import { readerOf } from '../checks/member-reader.js'
import { knowsGroupsKey } from '../http/contract.js'
import { requireGroup, type RestDirectory } from '../index.js'
import { addActionRoutes } from './action-routes.js'
import { ConsoleFeed, type FeedTiming } from './console-feed.js'
import { addStreamRoute } from './console-stream.js'
import { addPageRoutes } from './page-routes.js'
import { setConsoleHeaders } from './send-page.js'
import { refusalsFor } from './send-refusal.js'

/** Who may use the console. */
export interface SessionConsoleOptions {
  /** Name or ID of the group whose members may use the console. */
  readonly group: string
}

const groupForm = { form: /^.{1,255}$/s, wanted: 'the name or ID of the group whose members may use the console' }

/** How often the console looks and asks while somebody watches. Specs shorten it. */
const consoleTiming: FeedTiming = {
  soonestRefreshMilliseconds: 1000,
  latestRefreshMilliseconds: 5000,
  heartbeatMilliseconds: 15_000,
  mostStreams: 50
}

/**
 * A page that shows the members of one group who holds the sessions, live, and lets them end sessions and unlock accounts. Mount it where you
 * like, behind any proxy prefix: `app.use('/console', sessionConsole(directory, { group: 'Administrators' }))`. It needs no session middleware in front of
 * it, opens no guest's session, and stays reachable when every licence is taken.
 *
 * @throws TypeError where the arguments are not a directory and a group, and where the directory's provider has no `belongsTo`.
 */
export function sessionConsole(directory: RestDirectory, options: SessionConsoleOptions): Router {
  return consoleRouter(directory, options, consoleTiming)
}

export function consoleRouter(directory: RestDirectory, options: SessionConsoleOptions, timing: FeedTiming): Router {
  checkDirectory(directory)
  const group = readerOf(options, ['group'], "sessionConsole(directory, { group: 'Administrators' })").text('group', groupForm)
  const feed = new ConsoleFeed(directory, timing)
  const router = Router()
  router.use(setConsoleHeaders)
  router.use(directory.resumeMiddleware)
  addPageRoutes(router, directory, group)
  router.use(requireGroup(group))
  addStreamRoute(router, directory, feed, group)
  addActionRoutes(router, directory, feed)
  router.use(refusalsFor(group))
  return router
}

function checkDirectory(directory: unknown): void {
  if (typeof directory !== 'function' || !('resumeMiddleware' in directory && 'sessions' in directory))
    throw new TypeError(`sessionConsole must be given what directoryRouter returned, received ${describeValue(directory)}`)
  // Nobody would be a member, and the console would turn everybody away for ever.
  if (knowsGroupsKey in directory && directory[knowsGroupsKey] === false)
    throw new TypeError(
      'sessionConsole needs a provider with groups: give the provider of directoryRouter a function belongsTo(user, group)'
    )
}
