import type { IncomingMessage, ServerResponse } from 'node:http'

import type { DirectoryUser } from '../providers/directory-provider.js'

/**
 * What two copies of this package in one process (a monorepo, `jest.resetModules`) know of each other, under names of the whole process. Whoever changes it
 * raises the number.
 */
export const contractNumber = 2

/** Of the package that this copy was made from. */
export const packageVersion = '0.2.0'

/** `req.directory` shows its `GuardedRequest` under this name, whatever the number. */
export const contractKey: unique symbol = Symbol.for('express-4d-directory.contract')
/** The request keeps the directories that serve it under this name, the latest first. */
export const requestsKey: unique symbol = Symbol.for(`express-4d-directory.requests.${contractNumber}`)
/** Express' prototype of answers says under this name that it is hooked. */
export const hookedKey: unique symbol = Symbol.for(`express-4d-directory.hooked.${contractNumber}`)

/** A directory opens sessions for its host's tests under this name. */
export const openSessionKey: unique symbol = Symbol.for(`express-4d-directory.open-session.${contractNumber}`)
/** A directory says under this name whether its provider knows of groups. */
export const knowsGroupsKey: unique symbol = Symbol.for(`express-4d-directory.knows-groups.${contractNumber}`)
/** Express' prototype of requests says under this name that it shows `directory`. */
export const shownKey: unique symbol = Symbol.for(`express-4d-directory.shown.${contractNumber}`)

/** What a guard asks of the request that it stands before. */
export interface GuardedRequest {
  readonly contractNumber: number
  readonly packageVersion: string
  /** The user, who has been looked at; the answer stands behind a guard from then on. */
  guard(): DirectoryUser | null
  belongsTo(group: string): Promise<boolean>
  /** Whether it was proved within these minutes who the user is. */
  hasLoggedInWithin(minutes: number): boolean
  /** Where a browser is sent whose user is not logged in; `null`: nowhere. */
  readonly loginPage: string | null
  /** The guard sends the request there, which is no refusal to the audit trail. */
  sendAway(): void
  /** What the guard turns the request away with, told to the audit trail. */
  refuse(code: 'ERR_LOGIN_REQUIRED' | 'ERR_LOGIN_TOO_OLD' | 'ERR_GROUP_REQUIRED', message: string): Error
}

/** A directory that serves a request has a say when the headers of the answer are written. */
export interface HeaderWriter {
  /** The directory that had the request before. */
  readonly previous: HeaderWriter | null
  /** What hosts see of it, as `req.directory`. */
  readonly host: unknown
  /** Completes the headers of the answer. `given` are those that `writeHead` was called with; what it returns goes on to Node. */
  completeHeaders(res: ServerResponse, given: unknown): unknown
}

export type ServedMessage = IncomingMessage & { [requestsKey]?: HeaderWriter }

/**
 * The guarded request behind what stands in `req.directory`; `null`: that is none of ours, of whatever copy.
 *
 * @throws Error that names both versions where it is of a copy with another contract.
 */
export function guardedRequestOf(directory: unknown): GuardedRequest | null {
  if (typeof directory !== 'object' || directory === null || !(contractKey in directory)) return null
  const request = directory[contractKey] as GuardedRequest
  if (request.contractNumber === contractNumber) return request
  throw new Error(
    `Two versions of express-4d-directory meet in one request: ${packageVersion} (contract ${contractNumber}) and ` +
      `${request.packageVersion} (contract ${String(request.contractNumber)}). Install one of them for the whole app: see npm ls express-4d-directory`
  )
}
