import type { Conversation, FuzzedRequest } from './conversations.js'
import { type FuzzedApp, people } from './fuzzed-apps.js'
import { headersOf, type ParsedAnswer, parseAnswers } from './parse-answers.js'

/** What the directory, the host's routes and Node answer; 503 only with `Retry-After`. */
const documentedStatuses: ReadonlySet<number> = new Set([200, 204, 304, 400, 401, 402, 403, 404, 405, 408, 413, 415, 429, 431, 503])
const directoryPath = /^\/rest\/(?:\$|%24)directory(?:\/|$)/i
const currentUserPath = /^\/rest\/(?:\$|%24)directory\/currentUser\/?(?:\?|$)/

/** How often what was looked for has come up, so that a run in which it never does can be told from one in which all is well. */
export interface Tally {
  /** Conversations in which each request was answered. */
  whole: number
  /** Answers that named the person whose cookie it was. */
  named: number
  /** Answers to cookies that were nobody's, which named nobody. */
  nobody: number
}

/** Holds what came back to what may come back, whatever was sent. */
export function judgeBytes(received: string, person: number, app: FuzzedApp): void {
  for (const [index, { userName, fullName, ID }] of people.entries()) {
    if (index === person) continue
    for (const secret of [userName, fullName, ID]) {
      if (received.includes(secret)) throw new Error(`person ${person} was answered what is person ${index}'s`)
    }
  }
  for (const [, status = '', rest = ''] of received.matchAll(/^HTTP\/1\.1 (5\d\d)([\s\S]*?)\r\n\r\n/gm)) {
    if (status !== '503' || !/\r\nRetry-After: \d+/i.test(rest)) throw new Error(`an answer with ${status}`)
  }
  keepCookies(received, person, app)
  if (app.surprises.length > 0) throw new Error('an error that is no refusal reached the host', { cause: app.surprises[0] })
}

/** Holds the answers to requests that keep to HTTP, one by one. */
export function judgeAnswers(received: string, conversation: Conversation, app: FuzzedApp, tally: Tally): void {
  const { requests, person } = conversation
  const answers = parseAnswers(received, [...requests.map(({ method }) => method), 'GET'])
  const last = answers.at(-1)
  const closedEarly = last !== undefined && headersOf(last, 'connection').includes('close')
  if (answers.length < requests.length + 1 && !closedEarly) {
    throw new Error(`${answers.length} answers to ${requests.length + 1} requests`)
  }
  if (answers.length > requests.length + 1) throw new Error(`${answers.length} answers to ${requests.length + 1} requests`)
  if (answers.length === requests.length + 1) tally.whole += 1
  for (const [index, answer] of answers.entries()) {
    judgeAnswer(answer, app)
    const request = requests[index]
    if (request !== undefined && answers.length === requests.length + 1) judgeDirectoryAnswer(answer, request, person, tally)
  }
}

function judgeAnswer(answer: ParsedAnswer, app: FuzzedApp): void {
  if (!documentedStatuses.has(answer.status)) throw new Error(`an answer with ${answer.status}: ${answer.body.slice(0, 300)}`)
  const setCookies = headersOf(answer, 'set-cookie')
  const ours = setCookies.filter((cookie) => cookie.startsWith(`${app.cookieName}=`))
  if (ours.length > 1 || (ours.length === 1 && setCookies[0] !== ours[0])) throw new Error(`${setCookies.length} cookies in one answer`)
}

function judgeDirectoryAnswer(answer: ParsedAnswer, request: FuzzedRequest, person: number, tally: Tally): void {
  const { method, target } = request
  if (!directoryPath.test(target) || method === 'HEAD') return
  // A host's parser in front of the directory refuses bodies in its own format.
  if (answer.body === 'refused by the host') return
  if (answer.body !== '') JSON.parse(answer.body)
  if (headersOf(answer, 'cache-control')[0] !== 'no-store')
    throw new Error(`an answer of the directory that may be cached: ${answer.status}`)
  if (!currentUserPath.test(target) || answer.status !== 200) return
  const { result } = JSON.parse(answer.body) as { result: { userName: string; fullName: string; ID: string } | null }
  const { userName, fullName, ID } = people[person] ?? {}
  if (result === null) tally.nobody += isNobodys(request) ? 1 : 0
  else if (isNobodys(request)) throw new Error('a cookie that is stands for nobody was answered with a user')
  else if (JSON.stringify(result) !== JSON.stringify({ userName, fullName, ID })) throw new Error(`another user: ${answer.body}`)
  else tally.named += 1
}

/** Whether nothing in the request can stand for anybody: each cookie is made up, or altered in a way that leaves no id the same. */
function isNobodys({ cookies, credentials }: FuzzedRequest): boolean {
  if (credentials !== 'none' && credentials !== 'wrong') return false
  return cookies.every((piece) => piece.kind !== 'own' || ['digit', 'cut', 'percent', 'other-name'].includes(piece.mutation))
}

/** A session that this person has been given is nobody else's, and what is given to nobody is not one that somebody has. */
function keepCookies(received: string, person: number, app: FuzzedApp): void {
  for (const [, value = ''] of received.matchAll(new RegExp(`^Set-Cookie: ${app.cookieName}=([^;]+);`, 'gim'))) {
    const owner = app.ownerOf(value)
    if (owner !== null && owner !== person) throw new Error(`person ${person} was sent a cookie of person ${owner}`)
    if (owner === null) app.keep(person, value)
  }
}
