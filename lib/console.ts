/**
 * The page of who is logged in, for operators.
 *
 * @module express-4d-directory/console
 */

export { sessionConsole, type SessionConsoleOptions } from './console/session-console.js'
