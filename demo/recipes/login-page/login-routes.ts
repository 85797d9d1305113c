import { type ErrorRequestHandler, type Request, type Response, Router } from 'express'
import { DirectoryError, type DirectoryErrorCode, safeReturnTo } from 'express-4d-directory'

import type { Account } from './accounts.js'
import { isFreshCode } from './second-factor.js'
import type { Site } from './site.js'

declare module 'express-4d-directory' {
  interface SessionStorage {
    /** Who has given the right password, and not yet the code. */
    secondStep: FirstStep & { readonly userID: string }
  }
}

/** What the password has proved, and what the visitor wants. */
interface FirstStep {
  /** The millisecond before the password was checked: what is changed after that has changed since. */
  readonly provedAt: number
  readonly rememberMe: boolean
  readonly returnTo: string
}

type Form = Partial<Record<'userName' | 'password' | 'code' | 'rememberMe', string>>

const minutesForCode = 5
const wrong = 'The user name or the password is wrong.'

const messages: Partial<Record<DirectoryErrorCode, string>> = {
  ERR_LOGIN_FAILED: wrong,
  ERR_THROTTLED: 'There were too many failed attempts. Wait a little, or have a link mailed to you that unlocks your account.',
  ERR_SESSIONS_FULL: 'All places are taken. Please come back later.'
}

/** The login page: a form, a code where the user has a second factor, and the password once more where a page wants a recent login. */
export function loginRoutes({ accounts, now }: Site): Router {
  const router = Router()

  router.get('/login', (req, res) => renderLogin(req, res, null))

  router.post('/login', async (req, res) => {
    const { userName = '', password = '', rememberMe } = (req.body ?? {}) as Form
    if (req.directory.user !== null) {
      if (await req.directory.confirmPassword(password)) res.redirect(303, safeReturnTo(req))
      else renderLogin(req, res.status(401), 'The password is wrong.')
      return
    }
    const first: FirstStep = { provedAt: now() - 1, rememberMe: rememberMe === 'on', returnTo: safeReturnTo(req) }
    const user = await req.directory.verify({ userName, password })
    const account = user && (await accounts.findUserByID(user.ID))
    if (account === null) renderLogin(req, res.status(401), wrong)
    else if (account.totpSecret === null) await enter(req, res, account, first)
    else {
      await req.directory.session?.update((storage) => {
        storage.secondStep = { ...first, userID: account.ID }
      })
      res.redirect(303, '/login/code')
    }
  })

  router.get('/login/code', (req, res) => {
    if (secondStepOf(req, now()) === null) res.redirect(303, '/login')
    else res.render('code', { problem: null })
  })

  router.post('/login/code', async (req, res) => {
    const step = secondStepOf(req, now())
    const account = step && (await accounts.findUserByID(step.userID))
    if (step === null || account === null) res.redirect(303, '/login')
    else if (await isFreshCode(accounts, account, ((req.body ?? {}) as Form).code, now())) await enter(req, res, account, step)
    else {
      await countWrongCode(req, account)
      res.status(401).render('code', { problem: 'The code is wrong, or has been used.' })
    }
  })

  router.post('/logout', async (req, res) => {
    await req.directory.logout()
    res.redirect(303, '/')
  })

  router.use('/login', renderProblem)
  return router
}

/** What the first step has proved, as long as that is worth something. */
function secondStepOf(req: Request, now: number): (FirstStep & { readonly userID: string }) | null {
  const step = req.directory.session?.storage.secondStep
  return step !== undefined && now - step.provedAt < minutesForCode * 60_000 ? step : null
}

/** It counts as a wrong password does. Who has to wait begins anew. */
async function countWrongCode(req: Request, account: Account): Promise<void> {
  try {
    await req.directory.countFailure(account)
  } catch (error) {
    await forgetSecondStep(req)
    throw error
  }
}

async function enter(req: Request, res: Response, account: Account, { provedAt, rememberMe, returnTo }: FirstStep): Promise<void> {
  await req.directory.signIn(account, { authenticatedAt: new Date(provedAt), rememberMe, by: 'login page' })
  await forgetSecondStep(req)
  res.redirect(303, returnTo)
}

async function forgetSecondStep(req: Request): Promise<void> {
  await req.directory.session?.update((storage) => {
    delete storage.secondStep
  })
}

function renderLogin(req: Request, res: Response, problem: string | null): void {
  const { userName = '' } = (req.body ?? {}) as Form
  res.render('login', { user: req.directory.user, returnTo: safeReturnTo(req), userName, problem })
}

const renderProblem: ErrorRequestHandler = (error: unknown, req, res, next) => {
  const message = error instanceof DirectoryError ? messages[error.code] : undefined
  if (!(error instanceof DirectoryError) || message === undefined || res.headersSent) {
    next(error)
    return
  }
  if (error.retryAfterSeconds !== undefined) res.set('Retry-After', String(error.retryAfterSeconds))
  renderLogin(req, res.status(error.status), message)
}
