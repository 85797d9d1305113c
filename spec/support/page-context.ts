import type { Server } from 'node:http'

import type { Express } from 'express'

import type { DirectoryProvider, DirectoryUser, RestDirectory, SessionStore, StaticProvider } from '../../lib/index.js'

// What the snippets of the guides take for granted, by the names in their `<!-- context: ... -->`. Only types are looked at; nothing here runs.
export declare const app: Express
export declare const directory: RestDirectory
export declare const provider: DirectoryProvider
export declare const server: Server
export declare const staticProvider: StaticProvider
export declare const MyStore: new () => SessionStore
export declare function findByMagicLink(link: string): Promise<DirectoryUser | null>
export declare function findUserByEmail(email: string): Promise<{ readonly ID: string; readonly email: string } | null>
export declare function sendMail(to: string, text: string): Promise<void>
