// A story: the files and commands of a page, in a folder of their own, as its reader would do them.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect } from 'vitest'
import { decide, logIn, openBrowser, type Page, type TestBrowser } from './browser.ts'
import { type Block, openPage, ROOT } from './page.ts'
import { freePort } from './server.ts'

/** The addresses that pages use; each run of a story takes free ports for them. */
const PORTS = ['9400', '3000', '4000'] as const

const BIN = join(ROOT, 'node_modules/.bin')
const PATIENCE_MS = 20_000

// npm start goes to the root of the repository; the story stays in its folder.
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: { start: string }
}
const startsWith = `npx ${scripts.start}`

/** What a person has to do where the page says so, by the heading; answers what then is seen. */
export type People = Readonly<Record<string, (at: Place) => Promise<string>>>

/** Where a story plays. */
export type Place = {
  folder: string
  /** The text with the ports of this run. */
  here(text: string): string
  browser: TestBrowser
  /** Opens an address, signs in and allows where that is asked; answers the page at the end. */
  visit(url: string, username: string, password: string): Promise<Page>
  /** What the commands that stay have printed. */
  printed(): string
}

type Stayer = { words: string; child: ChildProcess; printed: () => string; ended: Promise<unknown> }

/**
 * Plays a page from top to bottom; throws where something else comes than stands on it. `env` is
 * what its commands find besides.
 */
export const play = async (
  path: string,
  people: People = {},
  env: NodeJS.ProcessEnv = {},
): Promise<void> => {
  const { blocks } = openPage(path)
  const stage = await openStage(env)
  const asked = new Set<string>()
  const askPerson = (heading: string): Promise<string> => {
    const person = people[heading]
    if (!person) throw new Error(`Who does what stands under “${heading}”?`)
    asked.add(heading)
    return person(stage.place)
  }
  try {
    for (const [index, block] of blocks.entries()) {
      const { language, note, heading } = block
      const text = stage.place.here(block.text)
      const before = blocks[index - 1]
      if (isFile(block)) writeFileSync(join(stage.place.folder, fileOf(block)), text)
      else if (isStaying(block)) await stage.stay(text)
      else if (language === 'sh' && note === 'alone') await stage.alone(text)
      else if (language === 'sh') await stage.run(text, !isOutput(blocks[index + 1]))
      else if (note === 'terminal' || isStaying(before)) await stage.until(text)
      else if (before?.language === 'sh') expectSeen(language, text, stage.seen())
      else expectSeen(language, text, await askPerson(heading))
    }
    expect([...asked]).toEqual(Object.keys(people))
    stage.checkStayers()
  } finally {
    await stage.close()
  }
}

/** The name of the file that a block is, out of its first line; empty when it is none. */
const fileOf = ({ text, language }: Block): string => {
  const [first = ''] = text.split('\n')
  const name = /^(?:#|\/\/|<!--) ([\w./-]+\.\w+)(?: -->)?$/.exec(first)?.[1] ?? ''
  return language === 'sh' ? '' : name
}

const isFile = (block: Block): boolean => fileOf(block) !== ''

/** True for a command that goes on while the page does. */
const isStaying = (block: Block | undefined): boolean =>
  block?.language === 'sh' && block.note === 'stays'

const isOutput = (block: Block | undefined): boolean =>
  block !== undefined && block.language !== 'sh' && !isFile(block)

const openStage = async (more: NodeJS.ProcessEnv) => {
  mkdirSync(join(ROOT, 'test-output'), { recursive: true })
  // Inside the repository, so that programs find their libraries and npx the command.
  const folder = mkdtempSync(join(ROOT, 'test-output/story-'))
  const ports = new Map<string, string>()
  for (const port of PORTS) ports.set(port, String(await freePort()))
  const here = (text: string) =>
    text.replaceAll(/\b\d{4}\b/g, (number) => ports.get(number) ?? number)
  const stayers: Stayer[] = []
  let seen = ''
  const browser = openBrowser()
  const options = {
    cwd: folder,
    timeout: PATIENCE_MS,
    env: {
      PATH: `${BIN}${delimiter}${process.env.PATH}`,
      HOME: folder,
      // Types are stripped once and not at every start, as for a server that was built.
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/node'),
      // The port that pages leave to its default.
      PATOIS_PORT: ports.get('9400'),
      npm_config_loglevel: 'error',
      npm_config_update_notifier: 'false',
      ...more,
    },
  }
  const place: Place = {
    folder,
    here,
    browser,
    visit: (url, username, password) => visit(browser, here(url), username, password),
    printed: () => stayers.map(({ printed }) => printed()).join('\n'),
  }
  /** Runs commands to their end, in the terminal of those before. */
  const run = (text: string, mustSucceed: boolean) =>
    new Promise<void>((resolve, reject) => {
      execFile('bash', ['-c', inTerminal(text, folder)], options, (error, out, err) => {
        seen = out + err
        if (error && mustSucceed) reject(error)
        else resolve()
      })
    })
  return {
    place,
    run,
    /** What they have printed. */
    seen: () => seen,
    /** Starts a command in a terminal of its own; it takes the place of one like it. */
    stay: async (text: string) => {
      const words = text.split(/\s/).slice(0, 2).join(' ')
      const before = stayers.findIndex((one) => one.words === words)
      if (before >= 0) await end(...stayers.splice(before, 1))
      stayers.push(startStayer(words, inTerminal(text, folder, false), options))
    },
    /** Runs commands once all that stayed was stopped, and had nothing to complain of. */
    alone: async (text: string) => {
      checkStayers(stayers)
      await end(...stayers.splice(0))
      await run(text, true)
    },
    /** Waits until the last one has printed this. */
    until: (text: string) => waitFor(stayers.at(-1), text),
    /** Expects that all still run and that nothing went wrong with them. */
    checkStayers: () => checkStayers(stayers),
    close: async () => {
      await end(...stayers)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// A variable that one block sets is there in the next one, as in a terminal.
const inTerminal = (page: string, folder: string, keeps = true): string => {
  const text = page.replaceAll('npm start --', startsWith)
  const state = join(folder, '.terminal')
  const before = existsSync(state) ? `. ${state} 2>/dev/null\n` : ''
  const after = keeps ? `\ncode=$?\nexport -p > ${state}\nexit $code` : ''
  return `${before}set -a\n${text}${after}`
}

const startStayer = (words: string, line: string, options: object): Stayer => {
  // A group of its own: npx is not the server.
  const child = spawn('bash', ['-c', line], { ...options, timeout: 0, detached: true })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (more) => {
      text += more
    })
  }
  return { words, child, printed: () => text, ended: once(child, 'close') }
}

const checkStayers = (stayers: readonly Stayer[]): void => {
  for (const { child, printed, words } of stayers) {
    expect([words, child.exitCode ?? 0, child.signalCode], printed()).toEqual([words, 0, null])
    expect(printed()).not.toMatch(/"level":"(error|fatal)"/)
  }
}

const end = async (...stayers: Stayer[]): Promise<void> => {
  for (const { child, ended } of stayers) {
    if (child.exitCode === null && child.pid) process.kill(-child.pid, 'SIGTERM')
    await ended
  }
}

const waitFor = async (stayer: Stayer | undefined, text: string): Promise<void> => {
  if (!stayer) throw new Error('Nothing was started.')
  const pattern = patternOf(text)
  const late = performance.now() + PATIENCE_MS
  while (!new RegExp(pattern).test(stayer.printed())) {
    if (stayer.child.exitCode !== null || performance.now() > late) {
      expect(stayer.printed()).toMatch(new RegExp(pattern))
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const visit = async (
  browser: TestBrowser,
  url: string,
  username: string,
  password: string,
): Promise<Page> => {
  let at = url
  let page = await browser.get(at)
  for (let step = 0; step < 10; step++) {
    const { origin } = new URL(at)
    const door = { origin, url: (path: string) => origin + path }
    if (page.location !== undefined) {
      at = new URL(page.location, at).href
      page = await browser.get(at)
    } else if (page.text.includes('name="password"')) {
      page = await logIn(door, browser, page, username, password)
    } else if (page.text.includes('value="allow"')) page = await decide(door, browser, page)
    else break
  }
  return page
}

/** A person who signs in as the pages' user at an address. */
export const ann =
  (url: string) =>
  async ({ visit }: Place): Promise<string> =>
    (await visit(url, 'ann', 'password-of-ann')).text

const quoted = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

// On a page … stands for what differs each time; alone on a line, for any lines.
const patternOf = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line.trim() === '…'
        ? '(?:.*\\n)*?'
        : `${line.trimEnd().split('…').map(quoted).join('.*?')}[ \\r]*\\n`,
    )
    .join('')

const expectSeen = (language: string, expected: string, seen: string): void => {
  if (language === 'json') expect(JSON.parse(seen)).toEqual(wanted(JSON.parse(expected)))
  else expect(`${seen.trim()}\n`).toMatch(new RegExp(`^${patternOf(expected)}$`))
}

const wanted = (value: unknown): unknown => {
  if (value === '…') return expect.anything()
  if (typeof value === 'string' && value.includes('…')) {
    return expect.stringMatching(new RegExp(`^${value.split('…').map(quoted).join('.*')}$`))
  }
  if (Array.isArray(value)) return value.map(wanted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, wanted(one)]))
}
