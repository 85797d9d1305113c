import type { ServerResponse } from 'node:http'

import type { Request } from 'express'

import { DirectoryError } from '../errors.js'
import type { Credentials, DirectoryUser } from '../providers/directory-provider.js'
import type { OpenSession } from '../sessions/session-keeper.js'
import { pickSession } from '../sessions/pick-session.js'
import { addToStorage, changeStorage, emptyStorage, readAdded, type SessionStorage } from '../sessions/session-storage.js'
import { RequestSession, type Session } from '../sessions/session.js'
import { forgiven } from '../forgiven.js'
import { whenKnown } from '../when-known.js'
import { type AnswerState, completeAnswer } from './complete-answer.js'
import { contractNumber, type HeaderWriter, packageVersion } from './contract.js'
import { readHeaderCredentials, readHeaderLength } from './credentials.js'
import { isSpeculative, safeMethods } from './cross-site.js'
import { introduce, logIn } from './log-in.js'
import type { LoginWay } from './host-callbacks.js'
import { type LoginOptions, readLoginOptions, type ReadLoginOptions, type SignInOptions } from './login-options.js'
import { HostDirectory, type RequestBehind, type RequestDirectory } from './request-directory.js'
import type { RequestFacts } from './request-facts.js'
import type { RequestServices } from './request-services.js'
import type { CandidateIds } from './session-cookie.js'

/**
 * One request as one directory serves it: whose it is, in which session, and what the answer's headers say of both. Everything that middleware, endpoints, guards
 * and `req.directory` do is a method of this. What hosts look at passes by `lookAt...`: it makes the answer theirs alone.
 */
export class ServedRequest implements HeaderWriter, RequestBehind, AnswerState {
  readonly contractNumber = contractNumber
  readonly packageVersion = packageVersion
  readonly services: RequestServices
  readonly facts: RequestFacts
  /** `null`: an upgrade, which has no answer of ours. */
  readonly res: ServerResponse | null
  readonly previous: HeaderWriter | null
  readonly host: RequestDirectory = new HostDirectory(this)
  readonly startedAt: number
  #user: DirectoryUser | null = null
  #open: OpenSession | null = null
  /** Every live session that came with the request. */
  #candidates: readonly OpenSession[] = []
  #mayBeCarriedOn = false
  #mayOpenOnWrite = false
  #isWithoutSession = false
  #hasLoggedOut = false
  #hasChanged = false
  #wasLookedAt = false
  #isGuarded = false
  #isRefused = false
  /** Whether the session was opened for this request, and nobody has asked for it yet. */
  #isIdleGuest = false
  #opening: Promise<void> | null = null
  /** The session that was not open yet when somebody looked at it. */
  #openedLater: OpenSession | null = null
  #session: RequestSession | null = null
  #memberships: Map<string, Promise<boolean>> | null = null

  constructor(services: RequestServices, facts: RequestFacts, res: ServerResponse | null, previous: HeaderWriter | null) {
    this.services = services
    this.facts = facts
    this.res = res
    this.previous = previous
    this.startedAt = services.now()
  }

  get user(): DirectoryUser | null {
    return this.#user
  }

  get open(): OpenSession | null {
    return this.#open
  }

  get isWithoutSession(): boolean {
    return this.#isWithoutSession
  }

  get hasLoggedOut(): boolean {
    return this.#hasLoggedOut
  }

  get isGuarded(): boolean {
    return this.#isGuarded
  }

  get isRefused(): boolean {
    return this.#isRefused
  }

  /** The session has changed, or somebody has looked at it and found one. */
  get isPersonal(): boolean {
    return this.#hasChanged || (this.#wasLookedAt && (this.#user !== null || this.#open !== null))
  }

  get hasChanged(): boolean {
    return this.#hasChanged
  }

  lookAtUser(): DirectoryUser | null {
    this.#wasLookedAt ||= this.#user !== null
    return this.#user
  }

  lookAtSession(): Session | null {
    if (this.#open === null && !this.#mayOpenNow()) return null
    this.#wasLookedAt ||= this.#open !== null
    this.#session ??= this.#sessionOf(this.#open)
    return this.#session
  }

  guard(): DirectoryUser | null {
    this.#isGuarded = true
    return this.lookAtUser()
  }

  belongsTo(group: string): Promise<boolean> {
    this.lookAtUser()
    return forgiven(this.isMemberOf(group))
  }

  /** The same for this package's own endpoint. */
  async isMemberOf(group: string): Promise<boolean> {
    if (this.#user === null) return false
    this.#memberships ??= new Map()
    const membership = this.#memberships.get(group) ?? this.services.provider.belongsTo(this.#user, group)
    this.#memberships.set(group, membership)
    return membership
  }

  refuse(code: 'ERR_LOGIN_REQUIRED' | 'ERR_GROUP_REQUIRED' | 'ERR_LOGIN_FAILED', message: string): DirectoryError {
    this.#isRefused = true
    this.services.events.raise('authz_fail', {
      ...this.facts.origin,
      userName: this.#user?.userName ?? '',
      userID: this.#user?.ID ?? null,
      handle: this.#open?.record.handle ?? null,
      reason: `${code} ${this.facts.method} ${this.facts.path}`
    })
    return new DirectoryError(code, message)
  }

  /**
   * Takes up the session that the request's cookies stand for, if one lives and its user still may use it. At once where nothing has to be waited for.
   *
   * @throws DirectoryError 403 for an unsafe method or an upgrade that a page of another site has sent, 503.
   */
  resume(): void | Promise<void> {
    const { cookie, keeper } = this.services
    const { ids, names } = cookie.candidates(this.facts.headers.cookie)
    if (ids.length === 0) return undefined
    if (this.facts.isUpgrade) this.refuseCrossSite()
    return whenKnown(keeper.resume(ids), (live) => (live.length === 0 ? undefined : this.#takeUp(live, names)))
  }

  /** From here on, a session opens with the first update, where one may open at all. */
  allowUpdates(): void {
    const { guests, provider } = this.services
    this.#mayOpenOnWrite = guests !== 'never' && this.#open === null && provider.admitsGuests
  }

  /** As 4D does on any of its URLs: logs in whose credentials the headers hold, or else opens a guest's session, or refuses where guests are not admitted. */
  establish(): void | Promise<void> {
    // A CORS preflight carries no cookie and must never open a session.
    if (this.facts.method === 'OPTIONS' || this.#user !== null) return undefined
    return whenKnown(this.logInByHeaders(), () => (this.#user === null ? this.#serveNobody() : undefined))
  }

  #serveNobody(): Promise<void> {
    if (!this.services.provider.admitsGuests) throw this.refuse('ERR_LOGIN_FAILED', loginFailedMessage)
    return this.openGuest()
  }

  /** Logs in whom the headers name where nobody is logged in; throws where they name nobody rightly. */
  logInByHeaders(): void | Promise<void> {
    if (this.#user !== null || this.services.headerLogin !== 'any-request') return undefined
    const sent = readHeaderCredentials(this.facts.headers)
    if (sent.kind === 'incomplete') throw loginFailed()
    return sent.kind === 'complete' ? this.#logInByHeaders(sent.credentials) : undefined
  }

  /** `NoSession-4D`: this one request is served without a session, whatever cookie comes along. */
  leaveSessionAside(): void {
    this.#become(null, null)
    this.#isWithoutSession = true
  }

  get asksForNoSession(): boolean {
    const value = this.facts.headers['nosession-4d']
    return this.services.headerLogin === 'any-request' && typeof value === 'string' && value.toLowerCase() === 'true'
  }

  /** Logs in for this one request: no session, no cookie. */
  async authorizeWithoutSession(credentials: Credentials, by: LoginWay['by']): Promise<boolean> {
    this.refuseCrossSite()
    const proof = await logIn(this, credentials, by)
    this.#user = proof?.user ?? null
    this.#hasChanged ||= this.#user !== null
    return this.#user !== null
  }

  /** Opens a guest's session where there is none, as every visitor of 4D has one. */
  async openGuest(): Promise<void> {
    const { guests, keeper } = this.services
    this.allowUpdates()
    if (guests !== 'always' || this.#open !== null || this.#isAnswered || !this.#mayOpenNow()) return
    this.#becomeGuest(await keeper.open(this.facts.origin, null, null))
    this.#isIdleGuest = true
  }

  /** A login that nobody can be meant by: refused without being hashed or counted, and told of. */
  refuseIncomplete(reason: string): false {
    this.services.events.raise('authn_login_fail', { ...this.facts.origin, reason })
    return false
  }

  login(credentials: Credentials, options: LoginOptions = {}): Promise<DirectoryUser | null> {
    return forgiven(this.#logIn('login', credentials, () => readLoginOptions(options, 'login', this.services.length)))
  }

  /** The same for clients of 4D, which ask for a length of their own. */
  logInFor(by: LoginWay['by'], idleMinutes: number, credentials: Credentials): Promise<DirectoryUser | null> {
    return this.#logIn(by, credentials, () => ({ ...noOptions, idleMinutes }))
  }

  async #logIn(by: LoginWay['by'], credentials: Credentials, readOptions: () => ReadLoginOptions): Promise<DirectoryUser | null> {
    const options = readOptions()
    this.#refuseLateAnswer('login')
    this.refuseCrossSite()
    const proof = await logIn(this, credentials, by)
    return proof && (await this.#openFor(proof.user, { ...options, authenticatedAt: proof.authenticatedAt })) ? proof.user : null
  }

  signIn(user: DirectoryUser, options: SignInOptions = {}): Promise<void> {
    return forgiven(this.#signIn(user, options))
  }

  async #signIn(user: DirectoryUser, options: SignInOptions): Promise<void> {
    const read = readLoginOptions(options, 'signIn', this.services.length)
    this.#refuseLateAnswer('signIn')
    if (!read.fromElsewhere && !safeMethods.has(this.facts.method)) this.refuseCrossSite()
    await this.#openFor(await introduce(this, user, read.by), read)
  }

  logout(): Promise<boolean> {
    return forgiven(this.#logout())
  }

  async #logout(): Promise<boolean> {
    if (isSpeculative(this.facts.message)) return false
    this.services.judge.refuseLogout(this.facts)
    while (this.#opening !== null) await this.#opening
    const leaving = new Set([...this.#candidates, ...(this.#open ? [this.#open] : [])])
    const ended = await this.services.keeper.end([...leaving], 'logout')
    // What has ended the session meanwhile may have been a login: this late answer must not take its new cookie back.
    const comesLate = this.#open !== null && ended === 0
    this.#become(null, null)
    this.#candidates = []
    this.#hasLoggedOut = !comesLate
    this.#hasChanged = true
    return true
  }

  /** Throws where a page of another site has sent this request. */
  refuseCrossSite(): void {
    this.services.judge.refuse(this.facts)
  }

  completeHeaders(res: ServerResponse, given: unknown): unknown {
    return completeAnswer(this, res, given)
  }

  returnIdleGuest(): void {
    const idle = this.#isIdleGuest && !this.#wasLookedAt ? this.#open : null
    if (idle === null) return
    this.#become(null, null)
    // The answer does not wait for it, and a store that fails says so by its event.
    this.services.keeper.end([idle], 'unsent').catch(noop)
  }

  #takeUp(live: readonly OpenSession[], names: CandidateIds['names']): void | Promise<void> {
    this.#candidates = live
    const [only] = live
    return live.length === 1 && only ? this.#enter(only, true) : this.#choose(live, names)
  }

  async #choose(live: readonly OpenSession[], names: CandidateIds['names']): Promise<void> {
    const all = pickSession(live)
    const ofAlias = pickSession(names === null ? [] : live.filter(({ id }) => names.alias.has(id)))
    // Two apps that share a store, as those of 4D under one host do: each has its name, and neither is an attack on the other.
    const isOfTwoApps = all.contradicting.length > 0 && ofAlias.session !== null
    const { session, mayBeCarriedOn, contradicting } = isOfTwoApps ? ofAlias : all
    if (isOfTwoApps) this.#candidates = [ofAlias.session]
    await this.services.keeper.end(contradicting, 'contradiction')
    if (session !== null) await this.#enter(session, mayBeCarriedOn)
  }

  #enter(session: OpenSession, mayBeCarriedOn: boolean): void | Promise<void> {
    this.#mayBeCarriedOn = mayBeCarriedOn
    const { user, authenticatedAt } = session.record
    if (user === null) {
      // The provider may have admitted guests when this one came.
      if (!this.services.provider.admitsGuests) return this.services.keeper.end([session], 'revalidation').then(() => undefined)
      this.#become(session, null)
      return undefined
    }
    return whenKnown(this.services.revalidation.check(user, authenticatedAt ?? 0), (found) => {
      if (found === null) return this.services.keeper.end([session], 'revalidation').then(() => undefined)
      // A page of another site that makes a browser send our cookie could do everything that its user may.
      if (!safeMethods.has(this.facts.method)) this.refuseCrossSite()
      this.#become(session, found)
      return undefined
    })
  }

  async #logInByHeaders(credentials: Credentials): Promise<void> {
    const idleMinutes = readHeaderLength(this.facts.headers, this.services.length)
    const isLoggedIn = this.#isWithoutSession
      ? await this.authorizeWithoutSession(credentials, 'header')
      : (await this.logInFor('header', idleMinutes, credentials)) !== null
    if (!isLoggedIn) throw loginFailed()
  }

  /** Opens the user's session. `false`: the answer has gone out meanwhile, so that its cookie never could. */
  async #openFor(user: DirectoryUser, options: ReadLoginOptions): Promise<boolean> {
    const { keeper, length, maxStorageBytes, onLogin, revalidation } = this.services
    const added = readAdded(await onLogin?.(user, this.facts.message as Request), maxStorageBytes)
    while (this.#opening !== null) await this.#opening
    if (this.#answeredMeanwhile()) return false
    const before = this.#open?.record
    const ownLength = before?.user?.ID === user.ID ? before.idleMilliseconds : length.idleMinutes * 60_000
    const login = {
      user,
      authenticatedAt: options.authenticatedAt,
      idleMilliseconds: options.idleMinutes === null ? ownLength : Math.round(options.idleMinutes * 60_000),
      rememberMe: options.rememberMe,
      storage: (carried: string) => addToStorage(this.#mayBeCarriedOn ? carried : emptyStorage, added, maxStorageBytes)
    }
    revalidation.forget(user.ID)
    const opened = await keeper.open(this.facts.origin, login, this.#open)
    if (this.#answeredMeanwhile()) {
      await keeper.end([opened], 'unanswered')
      return false
    }
    this.#become(opened, user)
    this.#mayBeCarriedOn = true
    this.#hasLoggedOut = false
    this.#isWithoutSession = false
    this.#hasChanged = true
    return true
  }

  #answeredMeanwhile(): boolean {
    if (this.#isAnswered) this.#warnOfLateAnswer()
    return this.#isAnswered
  }

  get #isAnswered(): boolean {
    return this.res === null || this.res.headersSent
  }

  #refuseLateAnswer(verb: string): void {
    if (!this.#answeredMeanwhile()) return
    throw new Error(`${verb} came after the headers of the answer, which carry its cookie: await it before you answer`)
  }

  #warnOfLateAnswer(): void {
    const { route } = this.facts
    this.services.warnings.once(
      'LATE',
      `The answer to ${route} went out before a login or a first update of the session was done, whose cookie it should have carried: await it before you answer`,
      route
    )
  }

  #mayOpenNow(): boolean {
    if (!this.#mayOpenOnWrite || this.#isWithoutSession || this.#hasLoggedOut || this.facts.method === 'OPTIONS') return false
    const { cookie, judge, warnings } = this.services
    if (cookie.coversPath(this.facts.path)) return !judge.withholdsCookie(this.facts)
    if (!cookie.hasCovered) warnings.once('COOKIE_PATH', outsideOfPath(this.facts.path, cookie.options.path))
    return false
  }

  /** What hosts see of the session; of one that is not open yet, what its first update makes of it. */
  #sessionOf(bound: OpenSession | null): RequestSession {
    const { keeper, length, provider, revalidation } = this.services
    return new RequestSession(keeper, {
      startedAt: this.startedAt,
      idleMilliseconds: length.idleMinutes * 60_000,
      open: () => bound ?? this.#openedLater,
      isStillGood: async ({ record: { user, authenticatedAt } }) =>
        user === null ? provider.admitsGuests : (await revalidation.check(user, authenticatedAt ?? 0)) !== null,
      update: async (change) => {
        while (bound === null && this.#opening !== null) await this.#opening
        const open = bound ?? this.#openedLater
        return open === null ? this.#openByUpdate(change) : keeper.update(open, change)
      }
    })
  }

  async #openByUpdate(change: (storage: Partial<SessionStorage>) => void): Promise<boolean> {
    const { maxStorageBytes } = this.services
    if (this.#open !== null || !this.#mayOpenNow()) return false
    this.#refuseLateAnswer('session.update')
    const storage = changeStorage(emptyStorage, change, maxStorageBytes)
    // Nothing to keep, so nothing that has to be opened for it.
    if (storage === emptyStorage) return true
    const opening = this.#openWith(storage)
    // Whoever updates, logs in or logs out meanwhile waits for this session; where this fails, the next update tries anew.
    this.#opening = opening.then(noop, noop).finally(() => (this.#opening = null))
    return opening
  }

  async #openWith(storage: string): Promise<boolean> {
    const { keeper } = this.services
    const opened = await keeper.open(this.facts.origin, null, null, storage)
    if (this.#answeredMeanwhile()) {
      await keeper.end([opened], 'unanswered')
      return false
    }
    this.#hasChanged = true
    this.#becomeGuest(opened)
    return true
  }

  /** A session that has opened in this request, also for who has looked at it before. */
  #becomeGuest(opened: OpenSession): void {
    this.#become(opened, null)
    this.#openedLater = opened
    this.#mayBeCarriedOn = true
  }

  #become(open: OpenSession | null, user: DirectoryUser | null): void {
    this.#open = open
    this.#user = user
    this.#session = null
    this.#memberships = null
    this.#isIdleGuest = false
  }
}

const noOptions: ReadLoginOptions = { idleMinutes: null, rememberMe: null, authenticatedAt: null, fromElsewhere: false, by: null }

function noop(): void {
  // Whoever has asked for it hears of its failure.
}

function outsideOfPath(path: string, cookiePath: string): string {
  return (
    `No session was opened for ${path}, and none has been so far: cookie.path is ${cookiePath}, so no browser would send the cookie back there. ` +
    'Behind a proxy that strips a prefix, cookie.path is the path that the browser sees'
  )
}

/** 4D's own words. */
const loginFailedMessage = 'REST login failed'

/** The refusal of a header login on a URL other than login's. */
function loginFailed(): DirectoryError {
  return new DirectoryError('ERR_LOGIN_FAILED', loginFailedMessage)
}
