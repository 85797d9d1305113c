import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'

import type { Answer } from './visitor.js'

/** Headers that stand in an answer only where the document says so. */
const ownHeaders = ['4drest-info', 'cache-control', 'set-cookie', 'retry-after', 'allow', '4d-credentials']

type Node = Readonly<Record<string, unknown>>

/** The OpenAPI document that the package ships, and what is wrong with an answer by it. */
export class ApiDocument {
  readonly json: Node
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })

  constructor() {
    this.json = JSON.parse(readFileSync(resolve('lib/openapi.json'), 'utf8')) as Node
    this.#ajv.addSchema(this.json, 'document')
  }

  /** Every operation with its statuses: `post /$directory/login 401`. Extensions stand as `x-other-methods /$directory/login 405`. */
  get documented(): readonly string[] {
    const paths = Object.entries(this.json['paths'] as Record<string, Record<string, Node>>)
    return paths.flatMap(([path, operations]) => {
      if (path.startsWith('x-')) return Object.keys(operations).map((status) => `${path} ${status}`)
      return Object.entries(operations)
        .filter(([method]) => /^(?:get|post|options|x-other-methods)$/.test(method))
        .flatMap(([method, operation]) => Object.keys(operation['responses'] ?? operation).map((status) => `${method} ${path} ${status}`))
    })
  }

  /** What is wrong with the answer to an operation, in sentences; empty: nothing. */
  problemsOf(operation: string, answer: Answer): readonly string[] {
    const [first = '', path = ''] = operation.split(' ')
    const place = first === 'x-other-requests' ? ['paths', first] : ['paths', path, first, ...(first.startsWith('x-') ? [] : ['responses'])]
    const response = this.#find([...place, String(answer.status)])
    if (response === null) return [`${answer.status} is not documented`]
    return [...this.#bodyProblems(response, answer), ...this.#headerProblems(response, answer)]
  }

  /** What is wrong with a value by a named schema. */
  problemsWith(schema: string, value: unknown): readonly string[] {
    return this.#check(['components', 'schemas', schema], value)
  }

  #bodyProblems(response: readonly string[], answer: Answer): readonly string[] {
    const content = this.#find([...response, 'content', 'application/json', 'schema'])
    if (content === null) return answer.text === '' ? [] : ['there is a body']
    const type = answer.headers['content-type']
    return [...(type === 'application/json; charset=utf-8' ? [] : [`the content type is ${type}`]), ...this.#check(content, answer.body)]
  }

  #headerProblems(response: readonly string[], answer: Answer): readonly string[] {
    const headers = (this.#at([...response, 'headers']) ?? {}) as Node
    const undocumented = ownHeaders.filter(
      (name) => name in answer.headers && !Object.keys(headers).some((known) => known.toLowerCase() === name)
    )
    const wrong = Object.keys(headers).flatMap((name) => {
      const place = this.#find([...response, 'headers', name]) ?? []
      const { required, schema } = this.#at(place) as { required?: boolean; schema?: { type?: string } }
      const value: unknown = [answer.headers[name.toLowerCase()]].flat()[0]
      if (value === undefined) return required ? [`${name} is missing`] : []
      return this.#check([...place, 'schema'], schema?.type === 'integer' ? Number(value) : value).map((problem) => `${name} ${problem}`)
    })
    return [...undocumented.map((name) => `${name} is not documented`), ...wrong]
  }

  #check(place: readonly string[], value: unknown): readonly string[] {
    const pointer = place.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const validate = this.#ajv.compile({ $ref: `document#/${pointer}` })
    return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
  }

  /** The place with its references followed; `null`: there is nothing. */
  #find(place: readonly string[]): readonly string[] | null {
    const found: string[] = []
    for (const key of place) {
      found.push(key)
      const reference = (this.#at(found) as { $ref?: string } | null)?.$ref
      if (reference !== undefined) found.splice(0, found.length, ...reference.slice(2).split('/'))
    }
    return this.#at(found) === null ? null : found
  }

  #at(place: readonly string[]): unknown {
    return place.reduce<unknown>(
      (node, key) => (typeof node === 'object' && node !== null ? ((node as Node)[key] ?? null) : null),
      this.json
    )
  }
}
