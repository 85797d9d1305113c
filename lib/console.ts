export { sessionConsole, type SessionConsoleOptions } from './console/session-console.js'
