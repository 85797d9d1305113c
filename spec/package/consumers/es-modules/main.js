import { describe, it } from 'node:test'

import express from 'express'
import * as directory from 'express-4d-directory'
import { LruSessionStore } from 'express-4d-directory'
import { sessionConsole } from 'express-4d-directory/console'
import { postgresSchema, PostgresSessionStore } from 'express-4d-directory/postgres'
import { RedisLoginThrottle, RedisSessionStore } from 'express-4d-directory/redis'
import { behavesLikeASessionStore, openSession, stubDirectory } from 'express-4d-directory/testing'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createClient } from 'redis'
import supertest from 'supertest'

import visits from '../visits.cjs'

visits({ describe, it }, { express, directory, sessionConsole })
visits.shared(
  { describe, it },
  { express, directory, postgresSchema, PostgresSessionStore, RedisLoginThrottle, RedisSessionStore, Redis, pg, createClient }
)
visits.tested({ describe, it }, { express, directory, openSession, stubDirectory, supertest })
describe('LruSessionStore', () => behavesLikeASessionStore({ describe, it }, () => new LruSessionStore()))
