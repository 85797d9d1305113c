/**
 * NestJS with guards and decorators over the directory; README.md beside this file says how to run it.
 *
 * Try it: curl -c jar -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' 'http://127.0.0.1:8051/rest/$directory/login'
 * and then: curl -b jar http://127.0.0.1:8051/me
 */
import 'reflect-metadata'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'

import { Body, Controller, Get, HttpCode, Logger, Module, Post, UnauthorizedException } from '@nestjs/common'
import { APP_GUARD, NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { directoryRouter, type DirectoryUser, hashPassword, type Session, StaticProvider } from 'express-4d-directory'

import { CurrentSession, CurrentUser, DirectoryErrorFilter, DirectoryGuard, Groups, Public } from './directory-guards.js'

declare module 'express-4d-directory' {
  interface SessionStorage {
    wishes?: readonly string[]
  }
}

@Controller()
class ShopController {
  @Public()
  @Get()
  index(@CurrentUser() user: DirectoryUser | null): object {
    return { user }
  }

  @Get('me')
  me(@CurrentUser() user: DirectoryUser): DirectoryUser {
    return user
  }

  @Groups('Managers')
  @Get('figures')
  figures(): object {
    return { sold: 3 }
  }

  @Public()
  @Post('wishes')
  @HttpCode(200)
  async wish(@CurrentSession() session: Session | null, @Body('item') item: string): Promise<object | null> {
    if (session === null) throw new UnauthorizedException()
    return session.update((storage) => {
      storage.wishes = [...(storage.wishes ?? []), item]
    })
  }
}

@Module({ controllers: [ShopController], providers: [{ provide: APP_GUARD, useClass: DirectoryGuard }] })
class ShopModule {}

async function start(): Promise<void> {
  const users = [
    { ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: await hashPassword('smith') },
    { ID: '2', userName: 'anna', fullName: 'Anna Kuhn', passwordHash: await hashPassword('kuhn') }
  ]
  const groups = [{ ID: '1', name: 'Managers', users: ['anna'] }]
  Logger.overrideLogger(['error', 'warn'])
  const directory = directoryRouter({ provider: new StaticProvider({ users, groups }) })

  const app = await NestFactory.create<NestExpressApplication>(ShopModule)
  app.use('/rest', directory)
  app.use(directory.sessionMiddleware)
  app.useGlobalFilters(new DirectoryErrorFilter(directory))

  await app.listen(Number(process.env['PORT'] ?? 8051), '127.0.0.1')
  const server: Server = app.getHttpServer()
  console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  process.once('SIGTERM', () => void app.close().then(() => directory.close()))
}

void start()
