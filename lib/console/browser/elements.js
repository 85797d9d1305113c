/**
 * The element of this id, which the page has.
 * @param {string} id
 */
function element(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element ${id}`)
  return found
}

/**
 * A new element. Children that are text stay text: nothing that a client sent is ever read as HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
function create(tag, attributes, ...children) {
  const created = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value)
  created.append(...children)
  return created
}

/**
 * The same for SVG.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
function createSvg(tag, attributes, ...children) {
  const created = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, String(value))
  created.append(...children)
  return created
}

/**
 * Touches the page only where the text is another.
 * @param {Element} shown
 * @param {string} text
 */
function setText(shown, text) {
  if (shown.textContent !== text) shown.textContent = text
}

/**
 * @param {string} text
 * @param {boolean} [isProblem]
 */
function notify(text, isProblem = false) {
  const notice = element('notice')
  notice.classList.toggle('problem', isProblem)
  setText(notice, text)
  clearTimeout(notices.timer)
  notices.timer = setTimeout(() => setText(notice, ''), 6000)
}

const notices = { timer: 0 }
