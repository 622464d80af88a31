// Flow: draws what happens as it happens, and steers the clock and the faults.

import { copy } from './copy.js'

const page = /** @type {HTMLElement} */ (document.querySelector('#flow'))
const calls = /** @type {HTMLElement} */ (document.querySelector('#calls'))
const { base = '', query = '', live = '', cut = '', copied = '' } = page.dataset
let latest = Number(page.dataset.latest)

/**
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} selector
 */
function find(selector) {
  return /** @type {E} */ (document.querySelector(selector))
}

/** @param {string} path */
async function piece(path) {
  return (await fetch(`${base}/dev/flow/${path}`)).text()
}

/** @type {Promise<void>} */
let pulling = Promise.resolve()

/** Draws the calls that are not drawn yet: the server writes them, as it does for the whole page. */
function pull() {
  pulling = pulling.then(async () => {
    const asked = new URLSearchParams(query)
    asked.set('after', String(latest))
    const rows = await piece(`calls?${asked}`)
    await Promise.all([showFaults(), readClock()])
    if (rows === '') return
    const isAtEnd = innerHeight + scrollY > document.documentElement.scrollHeight - 120
    calls.insertAdjacentHTML('beforeend', rows)
    latest = Number(calls.lastElementChild?.getAttribute('data-seq'))
    if (isAtEnd) scrollTo({ top: document.documentElement.scrollHeight })
  })
}

async function showFaults() {
  find('#faults').innerHTML = await piece('faults')
}

/**
 * Calls the server's API, and says in `status` what it refuses.
 *
 * @param {'POST' | 'DELETE'} method
 * @param {string} path
 * @param {unknown} body
 * @param {HTMLElement} status
 */
async function drive(method, path, body, status) {
  const answer = await fetch(`${base}/dev/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const said = await answer.json()
  status.textContent = answer.ok ? '' : said.error
  return answer.ok ? said : undefined
}

const clock = find('#clock')
const clockStatus = find('#clock-status')

/** @param {{ now: number, frozen: boolean, offsetSeconds: number } | undefined} reading */
function showClock(reading) {
  if (!reading) return
  const { now, frozen, offsetSeconds } = reading
  clock.dataset.now = String(now)
  clock.dataset.frozen = String(frozen)
  find('#frozen').hidden = !frozen
  const ahead = find('#ahead')
  ahead.hidden = offsetSeconds === 0
  ahead.textContent = (ahead.dataset.text ?? '').replace('{seconds}', String(offsetSeconds))
  writeTime(now)
}

/** @param {number} now */
function writeTime(now) {
  const moment = new Date(now * 1000).toISOString()
  clock.setAttribute('datetime', moment)
  clock.textContent = moment.slice(0, 19).replace('T', ' ')
}

async function readClock() {
  showClock(await (await fetch(`${base}/dev/clock`)).json())
}

setInterval(() => {
  if (clock.dataset.frozen === 'true') return
  const now = Number(clock.dataset.now) + 1
  clock.dataset.now = String(now)
  writeTime(now)
}, 1000)

/** @param {unknown} body */
async function moveClock(body) {
  showClock(await drive('POST', 'clock', body, clockStatus))
}

/**
 * @param {HTMLElement} button
 * @param {unknown} body
 */
async function decide(button, body) {
  if (!(await drive('POST', 'consent', body, clockStatus))) return
  for (const other of button.parentElement?.children ?? []) {
    other.setAttribute('aria-pressed', String(other === button))
  }
}

const fault = find('#fault')

/** @param {FormData} form */
async function addFault(form) {
  const status = find('#fault-status')
  const text = (/** @type {string} */ name) => String(form.get(name) ?? '')
  const names = ['operation', 'dialect', 'client']
  const where = Object.fromEntries(
    names.filter((name) => text(name)).map((name) => [name, text(name)]),
  )
  try {
    const times = text('times') ? { times: Number(text('times')) } : {}
    const asked = { where, ...times, fault: JSON.parse(text('fault')) }
    await drive('POST', 'faults', asked, status)
    await showFaults()
  } catch (error) {
    status.textContent = String(error)
  }
}

page.addEventListener('submit', (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target)
  if (form.id === 'filter') return
  event.preventDefault()
  const said = new FormData(form)
  if (form.id === 'advance') void moveClock({ advance: said.get('advance') })
  else void addFault(said)
})

page.addEventListener('click', (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('button')
  const { post, body = '{}', clear } = button?.dataset ?? {}
  if (post === 'clock') void moveClock(JSON.parse(body))
  if (button && post === 'consent') void decide(button, JSON.parse(body))
  if (clear) void drive('DELETE', `faults/${clear}`, {}, find('#fault-status')).then(showFaults)
})

page.addEventListener('change', (event) => {
  const field = /** @type {HTMLSelectElement} */ (event.target)
  if (field.name === 'sample') {
    const text = /** @type {HTMLTextAreaElement} */ (fault.querySelector('textarea'))
    text.value = field.value
  }
})

const link = find('#mermaid')
const button = document.createElement('button')
button.type = 'button'
button.className = 'small quiet'
button.textContent = link.textContent
button.addEventListener('click', async () => {
  await copy(button, await piece(`mermaid?${query}`), copied)
})
link.replaceWith(button)

document.documentElement.classList.add('scripted')
const status = find('#live')
const asked = new URLSearchParams(query)
asked.set('after', String(latest))
const stream = new EventSource(`${base}/dev/journal/stream?${asked}`)
stream.addEventListener('message', pull)
let wasCut = false
stream.addEventListener('open', () => {
  // Another server may be there now, which counts from 1 again.
  if (wasCut) location.reload()
  status.textContent = live
  status.className = 'on'
  pull()
})
stream.addEventListener('error', () => {
  wasCut = true
  status.textContent = cut
  status.className = ''
})
