import { ask, type Answer } from './visitor.js'

/** 4D's arrays count from 1. Element 0 exists and is none of the elements. */
export type TextArray = readonly string[]

/** `Find in array`: the position of the first element, or -1. A `@` in what is looked for stands for any characters, and case does not count. */
export function findInArray(array: TextArray, value: string): number {
  const pattern = value
    .split('@')
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*')
  const index = array.findIndex((element) => new RegExp(`^${pattern}$`, 'is').test(element))
  return index === -1 ? -1 : index + 1
}

/** `Position`: where the text begins, counted from 1; 0: nowhere. Case does not count. */
export function position(find: string, text: string): number {
  return text.toLowerCase().indexOf(find.toLowerCase()) + 1
}

/** `Substring`, counted from 1. */
export function substring(text: string, first: number, characters: number): string {
  return text.slice(first - 1, first - 1 + characters)
}

/** `array{index}`. A negative or too large index stops a 4D program. */
export function element(array: TextArray, index: number): string {
  const found = array[index - 1]
  if (found === undefined) throw new RangeError(`there is no element ${index} in an array of ${array.length}`)
  return found
}

export interface HttpRequestResult {
  readonly status: number
  readonly response: unknown
  /** What the command puts in place of the headers that it was given: those of the answer. */
  readonly headerNames: TextArray
  readonly headerValues: TextArray
}

/** `HTTP Request`, which replaces the arrays of headers that it was given by those of the answer. */
export async function httpRequest(
  method: 'GET' | 'POST',
  url: string,
  contents: string,
  headerNames: TextArray,
  headerValues: TextArray
): Promise<HttpRequestResult> {
  const headers = Object.fromEntries(headerNames.map((name, index) => [name, headerValues[index] ?? '']))
  const answer = await ask(url, { method, headers, body: contents })
  const received = listHeaders(answer)
  return {
    status: answer.status,
    response: answer.body,
    headerNames: received.map(([name]) => name),
    headerValues: received.map(([, value]) => value)
  }
}

function listHeaders({ rawHeaders }: Answer): readonly (readonly [string, string])[] {
  return Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => [rawHeaders[index * 2] ?? '', rawHeaders[index * 2 + 1] ?? ''] as const
  )
}
