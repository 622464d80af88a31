// Play: takes the steps of the playground, and hands what came of one to those behind it.

import { addCopyButtons } from './copy.js'

const page = /** @type {HTMLElement} */ (document.querySelector('#play'))
const forms = /** @type {HTMLFormElement[]} */ ([...page.querySelectorAll('form')])

/**
 * Asks for a step with its fields as they stand, and shows what comes.
 *
 * @param {HTMLFormElement} form
 * @param {boolean} run
 */
async function ask(form, run) {
  const { url = '', dialect, grant } = page.dataset
  const fields = Object.fromEntries(new FormData(form))
  const said = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dialect, grant, step: form.dataset.step, run, fields }),
  })
  if (!said.ok) throw new Error(await said.text())
  const { outcome, href, facts } = await said.json()
  const place = /** @type {HTMLElement} */ (form.parentElement?.querySelector('.outcome'))
  // The server has escaped all that is not its own.
  place.innerHTML = outcome
  addCopyButtons(place, page.dataset)
  if (href) form.querySelector('a')?.setAttribute('href', href)
  return facts
}

/** @param {HTMLFormElement} form */
async function take(form) {
  const status = /** @type {HTMLElement} */ (form.querySelector('.status'))
  form.setAttribute('aria-busy', 'true')
  try {
    fill(form, await ask(form, true))
    const result = form.parentElement?.querySelector('.result')
    status.textContent = result?.getAttribute('data-status') ?? ''
  } catch (error) {
    status.textContent = String(error)
  } finally {
    form.removeAttribute('aria-busy')
  }
}

/**
 * Fills the fields that wait for these facts, in the forms behind this one.
 *
 * @param {HTMLFormElement | undefined} form
 * @param {Record<string, unknown>} facts
 */
function fill(form, facts) {
  for (const next of forms.slice(form ? forms.indexOf(form) + 1 : 0)) {
    let isFilled = false
    for (const input of next.querySelectorAll('input')) {
      const fact = facts[input.dataset.from ?? '']
      if (typeof fact !== 'string') continue
      input.value = fact
      isFilled = true
    }
    if (isFilled) void ask(next, false)
  }
}

for (const form of forms) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void take(form)
  })
  form.addEventListener('change', () => void ask(form, false))
}
addCopyButtons(page, page.dataset)
document.documentElement.classList.add('scripted')

// A sign-in on the pages ends in another tab, which tells its code.
new BroadcastChannel('patois').addEventListener('message', ({ data }) => fill(undefined, data))
