import { createRequire } from 'node:module'

/** `wakanda-client` as every version of it is used: what a version calls by another name, or rejects instead of answering, is evened out here. */
export interface WakandaVisitor {
  /** `false` also where the version rejects. */
  logsIn(userName: string, password: string, seconds?: number): Promise<boolean>
  logsOut(): Promise<boolean>
  /** `null` also where the version rejects. */
  currentUser(): Promise<unknown>
  belongsTo(group: string): Promise<boolean>
}

interface WakandaDirectory {
  login(userName: string, password: string, seconds?: number): Promise<boolean>
  logout(): Promise<boolean>
  getCurrentUser?(): Promise<unknown>
  getCurrentUserBelongsTo?(group: string): Promise<boolean>
  currentUser?(): Promise<unknown>
  currentUserBelongsTo?(group: string): Promise<boolean>
}

interface WakandaModule {
  readonly WakandaClient: new (host: unknown) => { readonly directory: WakandaDirectory }
}

export const wakandaClients = [
  { version: '3.1.0', visit: (url: string) => visitWith('wakanda-client', { host: url }) },
  { version: '2.0.0', visit: (url: string) => visitWith('wakanda-client-2', { host: url }) },
  { version: '0.3.6', visit: (url: string) => visitWith('wakanda-client-0', url) }
] as const

function visitWith(packageName: string, host: unknown): WakandaVisitor {
  const { WakandaClient } = createRequire(__filename)(packageName) as WakandaModule
  const { directory } = new WakandaClient(host)
  return {
    logsIn: (userName, password, seconds) => directory.login(userName, password, seconds).catch(() => false),
    logsOut: () => directory.logout().catch(() => false),
    currentUser: async () => (directory.getCurrentUser ?? directory.currentUser)?.().catch(() => null) ?? null,
    belongsTo: async (group) => (directory.getCurrentUserBelongsTo ?? directory.currentUserBelongsTo)?.(group) ?? false
  }
}
