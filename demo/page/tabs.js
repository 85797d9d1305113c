import { element } from './wire.js'

const tabs = [element('wire-tab'), element('code-tab')]

/** @param {HTMLElement} chosen */
function choose(chosen) {
  for (const tab of tabs) {
    const isChosen = tab === chosen
    tab.setAttribute('aria-selected', String(isChosen))
    tab.tabIndex = isChosen ? 0 : -1
    element(tab.getAttribute('aria-controls') ?? '').hidden = !isChosen
  }
  if (chosen.id === 'code-tab') void showCode()
}

async function showCode() {
  const response = await fetch('app.ts').catch(() => null)
  element('code').textContent = response?.ok ? await response.text() : 'The server does not answer.'
}

for (const tab of tabs) {
  tab.addEventListener('click', () => choose(tab))
  // Of two tabs, either arrow leads to the other one.
  tab.addEventListener('keydown', ({ key }) => {
    const other = tabs.find((candidate) => candidate !== tab)
    if (other === undefined || !['ArrowLeft', 'ArrowRight'].includes(key)) return
    choose(other)
    other.focus()
  })
}
