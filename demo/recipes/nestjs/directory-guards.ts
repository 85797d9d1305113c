import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata
} from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { DirectoryError, requireGroup, requireUser, type RestDirectory } from 'express-4d-directory'

const isPublic = Symbol('a route that needs no user')
const groupsOfRoute = Symbol('the groups that a route is for')

/** Lets everybody in, where the guard would ask for a user. */
export const Public = () => SetMetadata(isPublic, true)

/** Lets members of any of the groups in: `@Groups('Sales')`, on a route or a controller. */
export const Groups = (...groups: readonly string[]) => SetMetadata(groupsOfRoute, groups)

/** The user, as a parameter of a route: `me(@CurrentUser() user: DirectoryUser)`. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext) => requestOf(context).directory.user)

/** The session, as a parameter of a route. */
export const CurrentSession = createParamDecorator((_data: unknown, context: ExecutionContext) => requestOf(context).directory.session)

/** Asks for a user on every route that is not public, and for the groups of the route. Made of the package's own guards, so that answers behind it are private. */
@Injectable()
export class DirectoryGuard implements CanActivate {
  readonly #reflector: Reflector

  constructor(@Inject(Reflector) reflector: Reflector) {
    this.#reflector = reflector
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()]
    if (this.#reflector.getAllAndOverride<boolean | undefined>(isPublic, places)) return true
    const groups = this.#reflector.getAllAndOverride<readonly string[] | undefined>(groupsOfRoute, places)
    const guard: RequestHandler = groups === undefined ? requireUser() : requireGroup(...groups)
    await new Promise<void>((resolve, reject) => {
      guard(requestOf(context), context.switchToHttp().getResponse<Response>(), (error?: unknown) => {
        if (error === undefined) resolve()
        else reject(error instanceof Error ? error : new Error('The guard refuses', { cause: error }))
      })
    })
    return true
  }
}

/** Answers what the directory refuses, in routes and in guards, as its own `errorHandler` does. */
@Catch(DirectoryError)
export class DirectoryErrorFilter implements ExceptionFilter<DirectoryError> {
  readonly #directory: RestDirectory

  constructor(directory: RestDirectory) {
    this.#directory = directory
  }

  catch(error: DirectoryError, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    this.#directory.errorHandler(error, http.getRequest<Request>(), http.getResponse<Response>(), http.getNext<NextFunction>())
  }
}

function requestOf(context: ExecutionContext): Request {
  return context.switchToHttp().getRequest<Request>()
}
