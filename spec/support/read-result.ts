import type { Answer } from './visitor.js'

/** The `result` of an answer in the protocol's format; `undefined` where there is none. */
export function readResult({ body }: Answer): unknown {
  return (body as { result?: unknown } | undefined)?.result
}

/** The one error of an answer in the protocol's format. */
export function readError({ body }: Answer): { message: string; componentSignature: string; errCode: number } | undefined {
  return (body as { __ERROR?: { message: string; componentSignature: string; errCode: number }[] } | undefined)?.__ERROR?.[0]
}
