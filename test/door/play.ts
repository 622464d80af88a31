// The playground over plain HTTP: its steps, what they print, and scripts made of that.

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './page.ts'
import type { Door } from './server.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#96;': '`',
}

/** The text of a piece of HTML. */
export const plain = (html: string): string =>
  html.replace(/<[^>]+>/g, '').replace(/&[\w#]+;/g, (one) => ENTITIES[one] ?? one)

/** The commands of a piece of a page, by their titles. */
export const commandsIn = (html: string): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<summary>(.*?)<\/summary>\s*<pre class="command"[^>]*>(.*?)<\/pre>/gs)].map(
      ([, title = '', text = '']) => [plain(title), plain(text)],
    ),
  )

/** A step of a flow. */
export type Step = {
  name: string
  fields: Record<string, string>
  commands: Record<string, string>
}

/** The steps of a flow as its page has them. */
export const stepsOf = async (server: Door, dialect: string, grant: string): Promise<Step[]> => {
  const query = new URLSearchParams({ dialect, grant })
  const page = await (await fetch(server.url(`/dev/play?${query}`))).text()
  return page
    .split('<li class="step"')
    .slice(1)
    .map((html) => ({
      name: /data-step="(\w+)"/.exec(html)?.[1] ?? '',
      fields: Object.fromEntries(
        [...html.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value = '']) => [
          name,
          plain(value),
        ]),
      ),
      commands: commandsIn(html),
    }))
}

/** What a step came to. */
export type Taken = { outcome: string; facts: Record<string, string> }

/** Asks for a step as the page's script does. */
export const ask = async (server: Door, said: Record<string, unknown>): Promise<Taken> => {
  const answer = await fetch(server.url('/dev/play'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(said),
  })
  if (!answer.ok) throw new Error(await answer.text())
  return (await answer.json()) as Taken
}

/** Runs a script that stands in the repository, with `print` at its end. */
export const runScript = async (name: string, script: string, print: string): Promise<string> => {
  const folder = join(ROOT, 'test-output')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `play-${name}.ts`)
  writeFileSync(path, `// A step of the playground.\n${script}\nconsole.log(${print})\n`)
  const line = ['--conditions=patois-source', path]
  return (await promisify(execFile)(process.execPath, line)).stdout.trim()
}
