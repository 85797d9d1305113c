import { describe, it } from 'node:test'

import express from 'express'
import * as directory from 'express-4d-directory'
import { sessionConsole } from 'express-4d-directory/console'

import visits from '../visits.cjs'

visits({ describe, it }, { express, directory, sessionConsole })
