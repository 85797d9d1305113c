'use strict'

const { describe, it } = require('node:test')

const express = require('express')
const directory = require('express-4d-directory')
const { sessionConsole } = require('express-4d-directory/console')

const visits = require('../visits.cjs')

visits({ describe, it }, { express, directory, sessionConsole })
