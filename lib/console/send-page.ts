import { randomBytes } from 'node:crypto'

import type { NextFunction, Request, Response } from 'express'

import { escapeHtml, htmlPage, pageHeaders } from '../html.js'
import { browserFiles } from './browser-files.generated.js'
import type { Page } from './console-page.js'

/** In this order they make one script: later files call what earlier ones declare. */
const scripts = [
  'elements.js',
  'times.js',
  'actions.js',
  'chart.js',
  'session-table.js',
  'event-words.js',
  'audit.js',
  'figures.js',
  'stream.js'
] as const
const script = `'use strict'\n${scripts.map((name) => browserFiles[name]).join('\n')}`

/** Headers of every answer of the console, in place of whatever the host sets for its own pages. Scripts and styles run by a nonce of this answer alone. */
export function setConsoleHeaders(_req: Request, res: Response, next: NextFunction): void {
  const nonce = randomBytes(16).toString('base64')
  res.locals['consoleNonce'] = nonce
  res.set(
    pageHeaders(`script-src 'nonce-${nonce}'`, `style-src 'nonce-${nonce}'`, "connect-src 'self'", "require-trusted-types-for 'script'")
  )
  next()
}

/** With style and script inside, so that a page under any mount path and proxy prefix needs no other URL than its own. */
export function sendPage(res: Response, status: number, { title, body, hasScript }: Page): void {
  const nonce = escapeHtml(String(res.locals['consoleNonce']))
  res.status(status)
  res.setHeader('Content-Type', 'text/html; charset=utf-8')
  const scripted = hasScript ? `${body.text}<script nonce="${nonce}">${script}</script>` : body.text
  res.end(htmlPage({ title, style: `<style nonce="${nonce}">${browserFiles['console.css']}</style>`, body: scripted }))
}
