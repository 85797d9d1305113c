import express, { type RequestHandler } from 'express'
import { describe, expect, expectTypeOf, it } from 'vitest'

import { requireGroup, requireUser, type RestDirectory } from '../../lib/index.js'

// `npm run typecheck` is what fails where a type is another; the consumers of the packed package say the same under the types of Express 4.
describe('A guard and the session middleware', () => {
  it('leave the parameters of the route to its path', () => {
    const app = express()
    const sessionMiddleware: RestDirectory['sessionMiddleware'] = requireUser()

    app.get('/:number', (req) => expectTypeOf(req.params).toEqualTypeOf<{ number: string }>())
    app.get('/:number', requireUser(), (req) => expectTypeOf(req.params).toEqualTypeOf<{ number: string }>())
    app.get('/:number', sessionMiddleware, requireGroup('Sales'), (req) => expectTypeOf(req.params).toEqualTypeOf<{ number: string }>())
  })

  it('fit wherever a RequestHandler does', () => {
    const handlers: readonly RequestHandler[] = [requireUser(), requireGroup('Sales')]

    expect(handlers.map((handler) => handler.length)).toEqual([3, 3])
  })
})
