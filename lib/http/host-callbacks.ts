import type { Request } from 'express'

import type { DirectoryUser } from '../providers/directory-provider.js'

/** How somebody logs in: by an endpoint, by credentials in the headers, by `req.directory.login` or by `req.directory.signIn`. */
export interface LoginWay {
  /** The request that logs in. */
  readonly req: Request
  /** The way in. */
  readonly by: 'endpoint' | 'header' | 'login' | 'signIn'
}

/** Whether somebody who has proved who they are may log in. Only `true` admits. */
export type MayLogIn = (user: DirectoryUser, attempt: LoginWay) => boolean | Promise<boolean>

/** A function of the datastore, called by `POST $catalog/<name>`. What it returns is the answer's `result`. */
export type DatastoreFunction = (args: readonly unknown[], req: Request) => unknown
