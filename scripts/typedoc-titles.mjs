import { Converter } from 'typedoc'

/** Gives each guide in the reference the title that its first line has, where typedoc would take the name of its file. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const [first] = document.content
    const [line, title] = /^# (.*)\n/.exec(first?.text ?? '') ?? []
    if (title === undefined) return
    document.name = title
    first.text = first.text.slice(line.length)
  })
}
