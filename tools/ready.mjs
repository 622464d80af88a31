// Makes a fresh clone ready: installs what is locked, finds a Node that fits, and programs for tests.
// Runs on Node 20 too, because it is what brings the newer one.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// For the promises as they were given there is more than for every test.
const asked = process.argv[2] ?? 'run'
const kind = asked === 'run' ? 'run' : 'all'
const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules/.bin')
const stamp = join(root, 'node_modules/.patois-ready')

/**
 * What tests drive besides Node: the command, its Debian packages, and how it is to be without;
 * `only` where only one kind of run has such tests.
 */
const PROGRAMS = [
  {
    name: 'chromium',
    named: process.env.CHROMIUM_PATH,
    packages: ['chromium', 'fonts-dejavu-core'],
    without: 'The tests of the pages need Chromium: install it, or name it in CHROMIUM_PATH.',
  },
  {
    name: 'nginx',
    packages: ['nginx'],
    without: 'There is no nginx and it cannot be installed here: the tests behind it are skipped.',
  },
  {
    name: 'caddy',
    packages: ['caddy'],
    without: 'There is no Caddy and it cannot be installed here: the tests behind it are skipped.',
  },
  {
    name: 'redis-server',
    packages: ['redis-server'],
    without: 'There is no Redis and it cannot be installed here: the tests with it are skipped.',
  },
  {
    name: 'pgbouncer',
    packages: ['pgbouncer'],
    without:
      'There is no PgBouncer and it cannot be installed here: the tests with it are skipped.',
  },
  {
    name: 'pg_basebackup',
    packages: ['postgresql'],
    without:
      'There is no pg_basebackup and it cannot be installed here: tests with a standby are skipped.',
  },
  {
    name: 'strace',
    packages: ['strace'],
    without:
      'There is no strace and it cannot be installed here: its test of a power cut is skipped.',
  },
  {
    name: 'faketime',
    packages: ['faketime'],
    without:
      'There is no faketime and it cannot be installed here: tests of jumping clocks are skipped.',
  },
  {
    name: 'patroni',
    only: 'promises',
    packages: ['patroni', 'etcd-server'],
    without: 'There is no Patroni and it cannot be installed here: its test is skipped.',
  },
]

if (!isInstalled()) install()
checkNode()
if (kind === 'all') bringPrograms()

/** True when the locked packages are in place; everything includes what a mere run needs. */
function isInstalled() {
  if (!existsSync(stamp)) return false
  const [lock, installed] = readFileSync(stamp, 'utf8').trim().split(' ')
  return lock === lockHash() && (installed === 'all' || installed === kind)
}

function install() {
  const what = kind === 'all' ? 'everything for running and testing' : 'what running needs'
  console.log(`Installing ${what} (npm ci, half a minute) ...`)
  npm('ci', '--loglevel=error', kind === 'all' ? '--include=dev' : '--omit=dev')
  // npm now and then leaves out the link to a workspace's own command.
  if (!existsSync(join(bin, 'patois'))) npm('rebuild', '--ignore-scripts', '--loglevel=error')
  writeFileSync(stamp, `${lockHash()} ${kind}\n`)
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** Runs npm on the Node that started it, never on the one inside the folder that npm replaces. */
function npm(...args) {
  const { npm_execpath: cli, npm_node_execpath: node = process.execPath } = process.env
  const [command, before] = cli?.endsWith('npm-cli.js') ? [node, [cli]] : ['npm', []]
  const shell = command === 'npm' && process.platform === 'win32'
  const { status } = spawnSync(command, [...before, ...args], {
    cwd: root,
    stdio: 'inherit',
    shell,
  })
  if (status !== 0) stop(`npm ${args[0]} failed; its message stands above.`)
}

function checkNode() {
  const own = join(bin, 'node')
  // Where the installed Node cannot run (another C library), its link would hide the system's.
  if (existsSync(own) && !version(own)) rmSync(own)
  const found = version('node')
  const [major, minor] = (found ?? '0.0').split('.').map(Number)
  // Older ones do not look where the sources are; the built package runs on 22.18 too.
  if (major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 19)) return
  const here = found ? `this is Node ${found}` : 'found none'
  stop(`The sources of Patois need Node 22.19, 24.5 or newer, and ${here}.`)
}

function version(node) {
  const env = { ...process.env, PATH: bin + delimiter + process.env.PATH }
  const { status, stdout } = spawnSync(node, ['-p', 'process.versions.node'], { env })
  return status === 0 ? String(stdout).trim() : undefined
}

/** Installs the programs that are missing, where that is this script's to do. */
function bringPrograms() {
  const missing = PROGRAMS.filter(
    (program) => (program.only ?? asked) === asked && !isThere(program),
  )
  if (missing.length === 0) return
  const canInstall = existsSync('/etc/debian_version') && process.getuid?.() === 0
  const left = canInstall
    ? withoutServices(() => missing.filter((one) => !aptInstall(one)))
    : missing
  for (const { without } of left) console.error(without)
}

function isThere({ name, named }) {
  if (named) return existsSync(named)
  // Debian keeps what serves in a folder that is not on everybody's PATH.
  const folders = [...process.env.PATH.split(delimiter), '/usr/sbin']
  return folders.some((folder) => existsSync(join(folder, name)))
}

function aptInstall({ name, packages }) {
  console.log(`Installing ${name} for the tests (apt-get) ...`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = (...args) => spawnSync('apt-get', ['-qq', ...args], { env, stdio: 'inherit' }).status
  return run('update') === 0 && run('install', '-y', '--no-install-recommends', ...packages) === 0
}

/** Debian starts a service as soon as it is installed, unless this file says no. */
function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    if (isOurs) rmSync(policy)
  }
}

function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}
