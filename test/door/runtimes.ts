// The runtimes besides the repository's own Node: brought when they are missing, and run on a story.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bring, modulesOf } from './bring.ts'
import { freePort } from './server.ts'

const run = promisify(execFile)
const MODULES = modulesOf('runtimes')

/** Programs that tests start, by their names. */
export const PROGRAMS = {
  'Node 22': join(MODULES, 'node-22/bin/node'),
  'Node 24': join(MODULES, 'node-24/bin/node'),
  Bun: join(MODULES, '@oven/bun-linux-x64/bin/bun'),
  Deno: join(MODULES, '@deno/linux-x64-glibc/deno'),
  workerd: join(MODULES, '@cloudflare/workerd-linux-64/bin/workerd'),
} as const

/** The test runner that is no runtime, and stands beside them. */
export const JEST = join(MODULES, 'jest/bin/jest.js')

/** Installs the runtimes when they are not there; answers why there are none. */
export const bringRuntimes = async (): Promise<string | undefined> => {
  const { platform, arch } = process
  return platform === 'linux' && arch === 'x64'
    ? bring('runtimes')
    : `they are for linux x64, not ${platform} ${arch}`
}

// Nobody's own settings, and no look for a newer version.
const env = { DENO_NO_UPDATE_CHECK: '1', DO_NOT_TRACK: '1', NO_COLOR: '1' }

/** Runs a module with a program to its end; answers the JSON that it prints. */
export const runModule = async (program: string, file: string, home: string): Promise<unknown> => {
  const line = program === PROGRAMS.Deno ? ['run', '--allow-net=127.0.0.1', file] : [file]
  const { stdout } = await run(program, line, { env: { ...env, HOME: home }, timeout: 30_000 })
  return JSON.parse(stdout)
}

/** Runs a worker in workerd; answers the JSON that it answers. */
export const runWorker = async (file: string, home: string): Promise<unknown> => {
  const port = await freePort()
  const config = join(home, 'worker.capnp')
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker", esModule = embed "${file}")],
      compatibilityDate = "2026-01-01",
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
);
`,
  )
  const child = spawn(PROGRAMS.workerd, ['serve', config], { env: { HOME: home } })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const ended = once(child, 'close')
  try {
    const answer = await untilThere(`http://127.0.0.1:${port}/`, () => child.exitCode === null)
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
    return await answer.json()
  } catch (cause) {
    throw new Error(`workerd: ${said}`, { cause })
  } finally {
    child.kill()
    await ended
  }
}

const untilThere = async (url: string, isAlive: () => boolean): Promise<Response> => {
  for (;;) {
    try {
      return await fetch(url)
    } catch (error) {
      if (!isAlive()) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
