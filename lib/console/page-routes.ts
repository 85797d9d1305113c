import express, { type NextFunction, type Request, type Response, type Router } from 'express'

import { forwardRejection } from '../http/forward-rejection.js'
import { readUntilClosing } from '../http/read-until-closing.js'
import { DirectoryError, type DirectoryErrorCode, requireGroup, type RestDirectory } from '../index.js'
import { consolePage, loginPage } from './console-page.js'
import { sendPage } from './send-page.js'

const readForm = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 8 })

/** What the form says of the last attempt, under the names that the redirect carries. */
const sentences = {
  incomplete: 'Enter a user name and a password.',
  wrong: 'The user name or the password is wrong.',
  throttled: 'Too many failed logins.',
  full: 'All licences are in use.',
  unavailable: 'Logins cannot be checked at the moment.'
} as const

type LoginProblem = keyof typeof sentences

/** What an error means to whoever logs in. Any other is no matter of the form. */
const problemsOfErrors: Partial<Record<DirectoryErrorCode, LoginProblem>> = {
  ERR_LOGIN_FAILED: 'wrong',
  ERR_THROTTLED: 'throttled',
  ERR_SESSIONS_FULL: 'full',
  ERR_LOGIN_QUEUE_FULL: 'unavailable',
  ERR_STORE_UNAVAILABLE: 'unavailable',
  ERR_STORE_NOT_REPLICATED: 'unavailable',
  ERR_PROVIDER_UNAVAILABLE: 'unavailable'
}

/** The page, and the login form that stands in its place for whoever is not logged in. Both under one URL, so that a proxy may call it anything. */
export function addPageRoutes(router: Router, { closing }: RestDirectory, group: string): void {
  router.get('/', askToLogIn, requireGroup(group), function answerPage(req, res) {
    sendPage(res, 200, consolePage({ userName: req.directory.user?.userName ?? '' }))
  })
  router.post(
    '/',
    readUntilClosing(readForm, closing),
    forwardRejection(async function answerLoginForm(req, res) {
      // To the page by GET, or the browser's Back and Reload would send the password again.
      res.status(303).setHeader('Location', `?${await tryToLogIn(req)}`)
      res.end()
    })
  )
  router.post(
    '/logout',
    forwardRejection(async function answerLogout(req, res) {
      await req.directory.logout()
      res.json({ result: true })
    })
  )
}

/** Whoever is not logged in is not refused, but shown the form. */
function askToLogIn(req: Request, res: Response, next: NextFunction): void {
  if (req.directory.user === null) sendPage(res, 401, loginPage(readProblem(req.query)))
  else next()
}

/** What went wrong, for the query of the form's URL; `''`: nothing. No name goes along: it may be a mistyped password. */
async function tryToLogIn(req: Request): Promise<'' | `problem=${LoginProblem}${string}`> {
  const { user: userName, password } = (req.body ?? {}) as Readonly<Record<string, unknown>>
  if (typeof userName !== 'string' || typeof password !== 'string' || userName === '' || password === '') return 'problem=incomplete'
  try {
    return (await req.directory.login({ userName, password })) === null ? 'problem=wrong' : ''
  } catch (error) {
    const problem = error instanceof DirectoryError ? problemsOfErrors[error.code] : undefined
    if (problem === undefined) throw error
    const { retryAfterSeconds } = error as DirectoryError
    return `problem=${problem}${retryAfterSeconds === undefined ? '' : `&wait=${retryAfterSeconds}`}`
  }
}

/** What the form has to say, of the URL that the redirect led to; `null`: nothing. Only our own sentences, whoever made the URL. */
export function readProblem({ problem, wait }: Readonly<Record<string, unknown>>): string | null {
  if (typeof problem !== 'string' || !Object.hasOwn(sentences, problem)) return null
  const sentence = sentences[problem as LoginProblem]
  return typeof wait === 'string' && /^\d{1,5}$/.test(wait) ? `${sentence} Try again in ${Number(wait)} s.` : sentence
}
