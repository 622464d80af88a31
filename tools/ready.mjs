// Makes a fresh clone ready: installs what is locked, finds a Node that fits, and a browser for tests.
// Runs on Node 20 too, because it is what brings the newer one.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const kind = process.argv[2] === 'all' ? 'all' : 'run'
const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules/.bin')
const stamp = join(root, 'node_modules/.patois-ready')

if (!isInstalled()) install()
checkNode()
if (kind === 'all') bringBrowser()

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

/** The tests of the pages drive a Chromium. */
function bringBrowser() {
  const named = process.env.CHROMIUM_PATH
  const places = process.env.PATH.split(delimiter).map((folder) => join(folder, 'chromium'))
  if (named ? existsSync(named) : places.some((place) => existsSync(place))) return
  const canInstall = existsSync('/etc/debian_version') && process.getuid?.() === 0
  if (canInstall) {
    console.log('Installing Chromium for the tests of the pages (apt-get) ...')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const packages = ['--no-install-recommends', 'chromium', 'fonts-dejavu-core']
    const run = (...args) =>
      spawnSync('apt-get', ['-qq', ...args], { env, stdio: 'inherit' }).status
    if (run('update') === 0 && run('install', '-y', ...packages) === 0) return
  }
  console.error('The tests of the pages need Chromium: install it, or name it in CHROMIUM_PATH.')
}

function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}
