import express, { type NextFunction, type Request, type Response, type Router } from 'express'

import { forwardRejection } from '../http/forward-rejection.js'
import { readUntilClosing } from '../http/read-until-closing.js'
import { DirectoryError, requireGroup, type RestDirectory } from '../index.js'
import { consolePage, loginPage, sendPage } from './console-page.js'
import { problemOfError, readProblem, redirectToForm } from './login-problem.js'

const readForm = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 8 })

/** The page, and the login form that stands in its place for whoever is not logged in. Both under one URL, so that a proxy may call it anything. */
export function addPageRoutes(router: Router, { closing }: RestDirectory, group: string): void {
  router.get('/', askToLogIn, requireGroup(group), function answerPage(req, res) {
    sendPage(res, 200, consolePage({ userName: req.directory.user?.userName ?? '' }))
  })
  router.post('/', readUntilClosing(readForm, closing), forwardRejection(answerLoginForm))
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

async function answerLoginForm(req: Request, res: Response): Promise<void> {
  const userName = readField(req.body, 'user')
  const password = readField(req.body, 'password')
  if (userName === '' || password === '') {
    redirectToForm(res, 'incomplete')
    return
  }
  try {
    if ((await req.directory.login({ userName, password })) === null) {
      redirectToForm(res, 'wrong')
      return
    }
  } catch (error) {
    const problem = problemOfError(error)
    if (problem === null) throw error
    redirectToForm(res, problem, error instanceof DirectoryError ? error.retryAfterSeconds : undefined)
    return
  }
  // Back to this very URL, whatever the browser calls it.
  res.status(303).setHeader('Location', '?')
  res.end()
}

function readField(body: unknown, name: string): string {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  return typeof value === 'string' ? value : ''
}
