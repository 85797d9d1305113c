'use strict'

const express = require('express')
const directory = require('express-4d-directory')
const { sessionConsole } = require('express-4d-directory/console')
const { postgresSchema, PostgresSessionStore } = require('express-4d-directory/postgres')
const { RedisLoginThrottle, RedisSessionStore } = require('express-4d-directory/redis')
const { behavesLikeASessionStore, openSession, stubDirectory } = require('express-4d-directory/testing')
const { Redis } = require('ioredis')
const pg = require('pg')
const { createClient } = require('redis')
const supertest = require('supertest')

const visits = require('../visits.cjs')

visits({ describe, it }, { express, directory, sessionConsole })
visits.shared(
  { describe, it },
  { express, directory, postgresSchema, PostgresSessionStore, RedisLoginThrottle, RedisSessionStore, Redis, pg, createClient }
)
visits.tested({ describe, it }, { express, directory, openSession, stubDirectory, supertest })
describe('LruSessionStore', () => behavesLikeASessionStore({ describe, it }, () => new directory.LruSessionStore()))
