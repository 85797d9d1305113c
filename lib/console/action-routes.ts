import express, { type Request, type Router } from 'express'

import { DirectoryError, type RestDirectory } from '../index.js'
import type { ConsoleFeed } from './console-feed.js'
import { forwardRejection } from '../http/forward-rejection.js'
import { readUntilClosing } from '../http/read-until-closing.js'

const readJson = express.json({ limit: '8kb' })

/** Who does it, and in which session. */
interface Operator {
  readonly by: string
  readonly handle: string
}

type Action = (argument: string, operator: Operator) => Promise<object>

/** What an operator may do. Never to the session that it is done with: that one logs out. */
export function addActionRoutes(router: Router, directory: RestDirectory, feed: ConsoleFeed): void {
  const { sessions } = directory
  const readBody = readUntilClosing(readJson, directory.closing)
  const add = (path: string, argument: string | null, act: Action) => {
    router.post(
      path,
      readBody,
      forwardRejection(async function answerAction(req, res) {
        const { session, user } = req.directory
        const operator = { by: user?.userName ?? '', handle: session?.handle ?? '' }
        res.json(await act(argument === null ? '' : readArgument(req, argument), operator))
      })
    )
  }
  add('/end', 'handle', async (handle, { by, handle: own }) => ({ ended: handle !== own && (await sessions.end(handle, { by })) ? 1 : 0 }))
  add('/end-user', 'userID', async (userID, { by, handle }) => ({ ended: await sessions.endUser(userID, { by, except: handle }) }))
  add('/end-others', null, async (_, { by, handle }) => ({ ended: await sessions.endAll({ by, except: handle }) }))
  add('/unlock', 'account', async (account) => {
    const unlocked = await directory.unlock(account)
    feed.noteUnlocked(account)
    return { account, unlocked }
  })
  router.use(function refuseUnknownAction(_req, _res, next) {
    next(new DirectoryError('ERR_UNKNOWN_REQUEST', 'The session console has no such page'))
  })
}

function readArgument(req: Request, name: string): string {
  const { [name]: value } = (req.body ?? {}) as Readonly<Record<string, unknown>>
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value
  throw new DirectoryError('ERR_BODY', `The body must be a JSON object with the member ${name}, a text`)
}
