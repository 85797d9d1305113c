import type { SessionStore } from '../../lib/sessions/session-store.js'

export interface DefectiveStore {
  /** What it does wrong, after "a store that". */
  readonly defect: string
  /** The spec of the kit that has to fail. */
  readonly foundBy: string
  readonly create: () => SessionStore
}

/** What becomes of a visit to a store on a server: other calls come in between. */
export const aMoment = () => new Promise<void>((resolve) => setImmediate(resolve))
