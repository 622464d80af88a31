// npm's own flags: what stands before `--` in `npm start --port 9500` stays with npm.

import { SETTINGS } from '../settings.ts'
import { StartFault } from './run.ts'

/** Throws a StartFault that says how to hand on the flags that npm kept for itself. */
export function checkKeptByNpm(env: Readonly<Record<string, string | undefined>>): void {
  if (env.npm_lifecycle_event !== 'start') return
  const kept = ['--config', ...SETTINGS.map(({ flag }) => flag)].filter((flag) => {
    return env[`npm_config_${flag.slice(2).replaceAll('-', '_')}`] !== undefined
  })
  if (kept.length === 0) return
  const line = kept.map((flag) => `${flag} <value>`).join(' ')
  throw new StartFault(`npm keeps what stands before -- for itself. Write: npm start -- ${line}`)
}
