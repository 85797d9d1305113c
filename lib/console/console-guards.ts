import type { NextFunction, Request, RequestHandler, Response } from 'express'

import { forwardRejection } from '../http/forward-rejection.js'
import { LiveRequestDirectory } from '../http/request-directory.js'

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses what a page of another site has sent, before anything is read or done for it. */
export function judgeUnsafeMethods(req: Request, _res: Response, next: NextFunction): void {
  if (!safeMethods.has(req.method)) liveDirectoryOf(req).refuseCrossSite()
  next()
}

/** Lets members of the group pass; 401 and 403 for anybody else. */
export function requireMember(group: string): RequestHandler {
  return forwardRejection(async function requireMemberGuard(req, _res, next) {
    const directory = liveDirectoryOf(req)
    if (directory.user === null || directory.session === null)
      throw directory.refuse('ERR_LOGIN_REQUIRED', 'Log in to use the session console')
    if (!(await directory.belongsTo(group))) throw directory.refuse('ERR_GROUP_REQUIRED', 'The session console is not for this user')
    next()
  })
}

/** The directory of the request, with what the package itself may ask of it. */
export function liveDirectoryOf(req: Request): LiveRequestDirectory {
  const directory: unknown = req.directory
  if (directory instanceof LiveRequestDirectory) return directory
  throw new Error('the console has lost the directory of its request: another middleware has replaced req.directory')
}
