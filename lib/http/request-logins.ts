import type { Request } from 'express'

import { DirectoryError } from '../errors.js'
import type { Credentials, DirectoryUser } from '../providers/directory-provider.js'
import { checkUser } from '../providers/directory-user.js'
import type { OpenSession } from '../sessions/open-session.js'
import { addToStorage, emptyStorage } from '../sessions/session-storage.js'
import { whenKnown } from '../when-known.js'
import { readHeaderCredentials, readHeaderLength } from './credentials.js'
import { isSpeculative, safeMethods } from './cross-site.js'
import type { LoginWay } from './host-callbacks.js'
import { enterUnlessAnswered, isAnsweredMeanwhile, refuseLateAnswer } from './late-answers.js'
import { admitBy, logIn, untilHangUp } from './log-in.js'
import { type LoginOptions, readLoginOptions, type ReadLoginOptions, type SignInOptions } from './login-options.js'
import type { RequestState } from './request-state.js'
import type { SessionOpening } from './session-opening.js'

/** All ways in and out in one request. Each finds out who it is, and then opens a session of theirs in the place of the one that there is. */
export class RequestLogins {
  readonly #request: RequestState
  readonly #opening: SessionOpening

  constructor(request: RequestState, opening: SessionOpening) {
    this.#request = request
    this.#opening = opening
  }

  /** `req.directory.login`. */
  async login(credentials: Credentials, options: LoginOptions = {}): Promise<DirectoryUser | null> {
    return this.#logIn('login', credentials, readLoginOptions(options, 'login', this.#request.services.length))
  }

  /** The same for clients of 4D, which ask for a length of their own. With `NoSession-4D`, for this one request: no session, no cookie. */
  async logInFor(by: LoginWay['by'], idleMinutes: number, credentials: Credentials): Promise<boolean> {
    const options = this.#request.isWithoutSession ? null : { ...noOptions, idleMinutes }
    return (await this.#logIn(by, credentials, options)) !== null
  }

  /** `req.directory.signIn`. */
  async signIn(user: DirectoryUser, options: SignInOptions = {}): Promise<void> {
    const { facts, services } = this.#request
    const read = readLoginOptions(options, 'signIn', services.length)
    refuseLateAnswer(this.#request, 'signIn')
    await services.logins.run('signIn', async () => {
      if (!read.fromElsewhere && !safeMethods.has(facts.method)) this.#request.refuseCrossSite()
      const known = checkUser(user, 'signIn')
      const admit = admitBy(this.#request, 'signIn')
      await untilHangUp(this.#request, read.by ?? 'signIn', (origin) => services.authenticator.signIn(known, origin, admit))
      return this.#openFor(known, read)
    })
  }

  /** `req.directory.logout`. */
  async logout(): Promise<boolean> {
    const { facts, services } = this.#request
    if (isSpeculative(facts.message)) return false
    this.#request.refuseCrossSite('refuseLogout')
    await this.#opening.settled()
    const { candidates, open } = this.#request
    const ended = await services.keeper.end([...new Set([...candidates, ...(open ? [open] : [])])], 'logout')
    this.#request.leave(open !== null && ended === 0)
    return true
  }

  /** Logs in whom the headers name where nobody is logged in; throws where they name nobody rightly. */
  logInByHeaders(): void | Promise<void> {
    const { facts, services, user } = this.#request
    if (user !== null || services.headerLogin !== 'any-request') return undefined
    const sent = readHeaderCredentials(facts.headers)
    if (sent.kind === 'incomplete') {
      this.refuseIncomplete(sent.reason, 'header')
      throw loginFailed()
    }
    return sent.kind === 'complete' ? this.#logInByHeaders(sent.credentials) : undefined
  }

  /** As 4D does on any of its URLs: logs in whose credentials the headers hold, or else opens a guest's session, or refuses where guests are not admitted. */
  establish(): void | Promise<void> {
    // A CORS preflight carries no cookie and must never open a session.
    if (this.#request.facts.method === 'OPTIONS') return undefined
    return whenKnown(this.logInByHeaders(), () => (this.#request.user === null ? this.#serveNobody() : undefined))
  }

  /** A login that nobody can be meant by: refused without being hashed or counted, and told of. */
  refuseIncomplete(reason: string, by: LoginWay['by'] = 'endpoint'): false {
    const { facts, services } = this.#request
    services.authenticator.refuseIncomplete({ ...facts.origin, by }, reason)
    services.logins.noteIncomplete()
    return false
  }

  #serveNobody(): Promise<void> {
    const { services } = this.#request
    if (!services.provider.admitsGuests) throw this.#request.refuse('ERR_LOGIN_FAILED', loginFailedMessage)
    return this.#opening.openGuest()
  }

  /** `options` `null`: for this one request alone, which needs no cookie. */
  async #logIn(by: LoginWay['by'], credentials: Credentials, options: ReadLoginOptions | null): Promise<DirectoryUser | null> {
    if (options !== null) refuseLateAnswer(this.#request, 'login')
    return this.#request.services.logins.run(by, async () => {
      this.#request.refuseCrossSite()
      const proof = await logIn(this.#request, credentials, by)
      if (proof === null) return null
      if (options === null) this.#request.enterWithoutSession(proof.user)
      else if (!(await this.#openFor(proof.user, { ...options, authenticatedAt: proof.authenticatedAt }))) return null
      return proof.user
    })
  }

  async #logInByHeaders(credentials: Credentials): Promise<void> {
    const { facts, services } = this.#request
    if (!(await this.logInFor('header', readHeaderLength(facts.headers, services.length), credentials))) throw loginFailed()
  }

  /** Opens the user's session. `false`: the answer has gone out meanwhile, so that its cookie never could. */
  async #openFor(user: DirectoryUser, options: ReadLoginOptions): Promise<boolean> {
    const { facts, services } = this.#request
    const { greet, keeper, length, maxStorageBytes, revalidation } = services
    const added = await greet(user, facts.message as Request)
    await this.#opening.settled()
    if (isAnsweredMeanwhile(this.#request)) return false
    const { candidates, mayBeCarriedOn, open } = this.#request
    // With the next request they would contradict the new session, which would end with them.
    const others = candidates.filter((candidate) => candidate !== open && isOfAnother(candidate, user))
    await keeper.end(others, 'contradiction')
    const own = open?.record.user?.ID === user.ID ? open.record : null
    const ownLength = own?.idleMilliseconds ?? length.idleMinutes * 60_000
    const login = {
      user,
      authenticatedAt: options.authenticatedAt,
      idleMilliseconds: options.idleMinutes === null ? ownLength : Math.round(options.idleMinutes * 60_000),
      rememberMe: options.rememberMe ?? own?.rememberMe ?? null,
      storage: (carried: string) => addToStorage(mayBeCarriedOn ? carried : emptyStorage, added, maxStorageBytes)
    }
    revalidation.forget(user.ID)
    return enterUnlessAnswered(this.#request, keeper.open(facts.origin, login, open), (opened) => this.#request.enter(opened, user))
  }
}

function isOfAnother({ record }: OpenSession, user: DirectoryUser): boolean {
  return record.user !== null && record.user.ID !== user.ID
}

const noOptions: ReadLoginOptions = { idleMinutes: null, rememberMe: null, authenticatedAt: null, fromElsewhere: false, by: null }

/** 4D's refusal of a header login on a URL other than login's. */
function loginFailed(): DirectoryError {
  return new DirectoryError('ERR_LOGIN_FAILED', loginFailedMessage)
}

/** 4D's own words. */
const loginFailedMessage = 'REST login failed'
