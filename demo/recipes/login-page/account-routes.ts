import { Router } from 'express'
import { requireRecentLogin, requireUser, type SessionInfo } from 'express-4d-directory'

import type { Site } from './site.js'

const shortestPassword = 8

/** What users do with their own account. Forms need no tokens: a request of another site that carries a live session is refused before it comes here. */
export function accountRoutes({ directory, accounts, now }: Site): Router {
  const router = Router()

  router.get('/account', requireUser(), async (req, res) => {
    const devices: SessionInfo[] = []
    for await (const device of directory.sessions.list({ userID: userOf(req).ID })) devices.push(device)
    res.render('account', { user: req.directory.user, devices, own: req.directory.session?.handle })
  })

  router.post('/account/name', requireUser(), async (req, res) => {
    const { fullName } = (req.body ?? {}) as { fullName?: unknown }
    if (typeof fullName === 'string' && fullName.length <= 255) await accounts.rename(userOf(req).ID, fullName)
    // Else the old name would be shown for up to `revalidateSeconds`.
    await req.directory.refreshUser()
    res.redirect(303, '/account')
  })

  router.get('/account/password', requireRecentLogin({ minutes: 10 }), (_req, res) => res.render('password', { problem: null }))

  router.post('/account/password', requireRecentLogin({ minutes: 10 }), async (req, res) => {
    const { password } = (req.body ?? {}) as { password?: unknown }
    if (typeof password !== 'string' || password.length < shortestPassword) {
      res.status(400).render('password', { problem: `A password has at least ${shortestPassword} characters.` })
      return
    }
    const user = userOf(req)
    await accounts.changePassword(user.ID, await directory.passwords.hash(password), now())
    // A session that is older than the change would end with the others.
    await req.directory.signIn(user, { by: 'change of password' })
    await directory.sessions.endUser(user.ID, { except: req.directory.session?.handle, by: user.userName })
    res.redirect(303, '/account')
  })

  router.post('/account/devices/:handle/end', requireUser(), async (req, res) => {
    const { ID, userName } = userOf(req)
    for await (const { handle } of directory.sessions.list({ userID: ID })) {
      // Nobody ends what is not their own.
      if (handle === req.params.handle) await directory.sessions.end(handle, { by: userName })
    }
    res.redirect(303, '/account')
  })

  router.post('/account/log-out-everywhere', requireUser(), async (req, res) => {
    const { ID, userName } = userOf(req)
    await directory.sessions.endUser(ID, { by: userName })
    await req.directory.logout()
    res.redirect(303, '/')
  })

  return router
}

/** Behind a guard there is one. */
function userOf({ directory: { user } }: Express.Request): NonNullable<Express.Request['directory']['user']> {
  if (user === null) throw new Error('this route needs requireUser() in front of it')
  return user
}
