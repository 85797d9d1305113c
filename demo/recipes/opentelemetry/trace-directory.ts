import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, tracingChannel } from 'node:diagnostics_channel'

import { type Context, context, type Span, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api'
import type { DirectoryTrace } from 'express-4d-directory'

const kinds = ['login', 'store', 'provider', 'hash'] as const

/** Makes a span of each login, and of each question to the store, the provider and the hasher: beneath the login that asked, else beneath the request. */
export function traceDirectory(tracer: Tracer): void {
  const parents = new AsyncLocalStorage<Context>()
  const spans = new WeakMap<DirectoryTrace, Span>()

  function begin(kind: string, call: DirectoryTrace): Context {
    const parent = parents.getStore() ?? context.active()
    const span = tracer.startSpan(`directory ${kind} ${call.verb}`, {}, parent)
    spans.set(call, span)
    return trace.setSpan(parent, span)
  }

  // At `end` an answer may still be under way; then it is there at `asyncEnd`.
  function finish(call: DirectoryTrace): void {
    if (call.outcome === undefined) return
    const span = spans.get(call)
    span?.setAttribute('directory.outcome', call.outcome)
    if (call.outcome === 'failed' || call.outcome === 'unavailable') span?.setStatus({ code: SpanStatusCode.ERROR })
    span?.end()
  }

  for (const kind of kinds) {
    const channel = `express-4d-directory:${kind}`
    tracingChannel<Context, DirectoryTrace>(channel).start.bindStore(parents, (call) => begin(kind, call))
    for (const moment of ['end', 'asyncEnd']) subscribe(`tracing:${channel}:${moment}`, (call) => finish(call as DirectoryTrace))
  }
}
