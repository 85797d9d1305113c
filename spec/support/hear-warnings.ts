import { onTestFinished } from 'vitest'

/** The process warnings of this package from here to the end of the spec: their codes without what all begin with, and their messages. */
export function hearWarnings(): { readonly code: string; readonly message: string }[] {
  const heard: { code: string; message: string }[] = []
  const listen = ({ code = '', message }: Error & { readonly code?: string }) => {
    if (code.startsWith('EXPRESS_4D_DIRECTORY_')) heard.push({ code: code.slice('EXPRESS_4D_DIRECTORY_'.length), message })
  }
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  return heard
}
