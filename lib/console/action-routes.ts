import express, { type Request, type Router } from 'express'

import { DirectoryError, type RestDirectory } from '../index.js'
import type { ConsoleFeed } from './console-feed.js'
import { forwardRejection } from '../http/forward-rejection.js'
import { readUntilClosing } from '../http/read-until-closing.js'

const readJson = express.json({ limit: '8kb' })

type Action = (argument: string, ownHandle: string) => Promise<object>

/** What an operator may do. Never to the session that it is done with: that one logs out. */
export function addActionRoutes(router: Router, directory: RestDirectory, feed: ConsoleFeed): void {
  const { sessions } = directory
  const readBody = readUntilClosing(readJson, directory.closing)
  const add = (path: string, argument: string | null, act: Action) => {
    router.post(
      path,
      readBody,
      forwardRejection(async function answerAction(req, res) {
        res.json(await act(argument === null ? '' : readArgument(req, argument), req.directory.session?.handle ?? ''))
      })
    )
  }
  add('/end', 'handle', async (handle, ownHandle) => ({ ended: handle !== ownHandle && (await sessions.end(handle)) ? 1 : 0 }))
  add('/end-user', 'userID', async (userID, except) => ({ ended: await sessions.endUser(userID, { except }) }))
  add('/end-others', null, async (_, ownHandle) => ({ ended: await sessions.endAll({ except: ownHandle }) }))
  add('/unlock', 'account', async (account) => {
    await directory.unlock(account)
    feed.noteUnlocked(account)
    return { unlocked: account }
  })
  router.use(function refuseUnknownAction(_req, _res, next) {
    next(new DirectoryError('ERR_UNKNOWN_REQUEST', 'The session console has no such page'))
  })
}

function readArgument(req: Request, name: string): string {
  const body: unknown = req.body
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  if (typeof value === 'string' && value !== '' && value.length <= 1000) return value
  throw new DirectoryError('ERR_BODY', `The body must be a JSON object with the member ${name}, a text`)
}
