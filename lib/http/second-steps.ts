import type { Credentials, DirectoryUser } from '../providers/directory-provider.js'
import { checkUser, userUnder } from '../providers/directory-user.js'
import type { OpenSession } from '../sessions/open-session.js'
import { safeMethods } from './cross-site.js'
import { enterUnlessAnswered, isAnsweredMeanwhile, refuseLateAnswer } from './late-answers.js'
import { untilHangUp } from './log-in.js'
import type { RequestState } from './request-state.js'

/** What comes before a login is complete, and after it. */
export class SecondSteps {
  readonly #request: RequestState

  constructor(request: RequestState) {
    this.#request = request
  }

  /** `req.directory.verify`. */
  async verify(credentials: Credentials): Promise<DirectoryUser | null> {
    const { authenticator, logins } = this.#request.services
    return logins.run('verify', async () => {
      this.#request.refuseCrossSite()
      const proof = await untilHangUp(this.#request, 'verify', (origin) => authenticator.verify(credentials, origin))
      return proof?.user ?? null
    })
  }

  /** `req.directory.countFailure`. */
  async countFailure(user: DirectoryUser): Promise<void> {
    const known = checkUser(user, 'countFailure')
    const { authenticator, logins } = this.#request.services
    await logins.run('countFailure', async () => {
      if (!safeMethods.has(this.#request.facts.method)) this.#request.refuseCrossSite()
      await untilHangUp(this.#request, 'countFailure', (origin) => authenticator.countFailure(known, origin))
      return false
    })
  }

  /** `req.directory.confirmPassword`. */
  async confirmPassword(password: string): Promise<boolean> {
    refuseLateAnswer(this.#request, 'confirmPassword')
    const { open, user } = this.#request
    const { authenticator, logins } = this.#request.services
    if (user === null) {
      this.#request.refuseCrossSite()
      return false
    }
    return logins.run('confirmPassword', async () => {
      this.#request.refuseCrossSite()
      const proof = await untilHangUp(this.#request, 'confirmPassword', (origin) => authenticator.confirmPassword(user, password, origin))
      if (proof === null || this.#request.open !== open) return false
      return open === null || this.#renew(open, userUnder(user.ID, proof.user), proof.authenticatedAt)
    })
  }

  /** The same session under a new id (session fixation), and with a new moment of its proof. `false`: it has ended meanwhile, or no cookie can go out any more. */
  async #renew(open: OpenSession, user: DirectoryUser, authenticatedAt: number): Promise<boolean> {
    const { keeper, revalidation } = this.#request.services
    if (keeper.hasEnded(open) || isAnsweredMeanwhile(this.#request)) return false
    const { absoluteEndAt, idleMilliseconds, rememberMe } = open.record
    const login = { user, authenticatedAt, absoluteEndAt, idleMilliseconds, rememberMe, storage: (carried: string) => carried }
    revalidation.forget(user.ID)
    const renewed = keeper.renew(this.#request.facts.origin, login, open)
    return enterUnlessAnswered(this.#request, renewed, (opened) => this.#request.enter(opened, user))
  }

  /** `req.directory.refreshUser`. */
  async refreshUser(): Promise<DirectoryUser | null> {
    const { open, services, startedAt, user } = this.#request
    if (user === null) return null
    const found = await services.revalidation.refresh(user, open?.record.authenticatedAt ?? startedAt)
    // A login or a logout in the same request has come between.
    if (this.#request.open !== open) return this.#request.user
    if (found === null && open !== null) await services.keeper.end([open], 'revalidation')
    this.#request.know(found)
    return found
  }
}
