import { Router } from 'express'

import type { Site } from './site.js'

/** Who is locked out, by guessers or by oneself, has a link mailed that lifts the throttle from the account. */
export function unlockRoutes({ directory, accounts, links, sendMail, now }: Site): Router {
  const router = Router()

  router.get('/unlock', (req, res) => {
    const { secret } = req.query
    res.render('unlock', { secret: typeof secret === 'string' ? secret : null })
  })

  router.post('/unlock', async (req, res) => {
    const { userName } = (req.body ?? {}) as { userName?: unknown }
    const account = typeof userName === 'string' ? await accounts.findUser(userName) : null
    const secret = account && links.create(account.ID, now())
    // Not awaited, and the same answer whoever is meant: neither the time nor the words tell which accounts there are.
    if (account !== null && secret !== null) void sendMail(account.email, `To unlock your account: /unlock?secret=${secret}`)
    res.render('message', { message: 'If there is such an account, a mail is on its way to it.' })
  })

  // By a button: programs that look through mails follow their links.
  router.post('/unlock/now', async (req, res) => {
    const ID = links.take(((req.body ?? {}) as { secret?: unknown }).secret, now())
    if (ID === null) res.status(400).render('message', { message: 'This link has been used, or is too old.' })
    else {
      await directory.unlock(ID)
      res.redirect(303, '/login')
    }
  })

  return router
}
