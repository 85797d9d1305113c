import type { CreateOptions, NewSessionRecord, RemovedSession, SessionRecord, SessionStore } from '../../lib/index.js'
import { LruSessionStore } from '../../lib/index.js'

export type StoreVerb = 'create' | 'resume' | 'update' | 'read' | 'end' | 'endByHandle' | 'list' | 'count'

/** What happens to a call: `proceed` makes it. */
export type Fault = <T>(proceed: () => Promise<T>) => Promise<T>

/** Rejects as a client does whose connection is gone. */
export const isDown: Fault = () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:6379'))

/** A real store, some verbs of which fail or wait as the spec says; it notes what it was asked. */
export class StoreWithFaults implements SessionStore {
  readonly #store: SessionStore
  readonly #faults = new Map<StoreVerb, Fault>()
  readonly asked: StoreVerb[] = []
  readonly askedIds: string[] = []
  timeoutMilliseconds = 1000

  constructor(store: SessionStore = new LruSessionStore()) {
    this.#store = store
  }

  /** From now on; without a fault, the verb is whole again. */
  fault(verb: StoreVerb, fault: Fault | null): void {
    if (fault === null) this.#faults.delete(verb)
    else this.#faults.set(verb, fault)
  }

  create(id: string, record: NewSessionRecord, options: CreateOptions) {
    return this.#pass('create', [id], () => this.#store.create(id, record, options))
  }

  resume(ids: readonly string[], now: number) {
    return this.#pass('resume', ids, async () => await this.#store.resume(ids, now))
  }

  update(id: string, version: number, storage: string, now: number) {
    return this.#pass('update', [id], () => this.#store.update(id, version, storage, now))
  }

  read(id: string, now: number) {
    return this.#pass('read', [id], () => this.#store.read(id, now))
  }

  end(ids: readonly string[], now: number) {
    return this.#pass('end', ids, () => this.#store.end(ids, now))
  }

  endByHandle(handle: string, now: number) {
    return this.#pass('endByHandle', [], () => this.#store.endByHandle(handle, now))
  }

  async *list(filter: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord> {
    await this.#pass('list', [], () => Promise.resolve())
    yield* this.#store.list(filter, now)
  }

  count(now: number) {
    return this.#pass('count', [], () => this.#store.count(now))
  }

  watchRemovals(listener: (removed: RemovedSession) => void): void {
    this.#store.watchRemovals?.(listener)
  }

  #pass<T>(verb: StoreVerb, ids: readonly string[], proceed: () => Promise<T>): Promise<T> {
    this.asked.push(verb)
    this.askedIds.push(...ids)
    const fault = this.#faults.get(verb)
    return fault ? fault(proceed) : proceed()
  }
}
