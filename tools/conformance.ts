// The tables of conformance modules for the docs, read from the titles of the tests that port them.

import { readFileSync } from 'node:fs'

/** A module of the conformance suite; `reason` when its test is skipped. */
export type Module = { name: string; reason?: string }

/** The plans that are ported: the profile's name, the suite's name for the plan, and our tests. */
const PLANS = [
  ['Basic OP', 'oidcc-basic-certification-test-plan', 'openid-basic'],
  ['Config OP', 'oidcc-config-certification-test-plan', 'openid-config'],
  ['RP-Initiated Logout OP', 'oidcc-rp-initiated-logout-certification-test-plan', 'openid-logout'],
  ['Dynamic OP', 'oidcc-dynamic-certification-test-plan', 'openid-dynamic'],
  ['FAPI 2 Security Profile', 'fapi2-security-profile-final-test-plan', 'fapi2'],
] as const

const TESTS = new URL('../test/conformance/', import.meta.url)
const TITLE = /^test(\.skip)?\(\s*'((?:oidcc-|fapi2-|auth\/)[\w-]+)(?: — ([^']+))?'/gm
/** What a reason begins with when the module would apply and does not pass. */
const FAILS = 'fails: '

/** The modules that a file of tests names, in its order. Throws when a skipped one has no reason. */
export function modulesOf(text: string): Module[] {
  return [...text.matchAll(TITLE)].map(([, skipped, name = '', reason]) => {
    if (!skipped !== (reason === undefined)) throw new Error(`${name}: skipped without a reason.`)
    return reason === undefined ? { name } : { name, reason }
  })
}

function row({ name, reason }: Module): string {
  if (reason === undefined) return `| \`${name}\` | passes | |`
  if (!reason.startsWith(FAILS)) return `| \`${name}\` | does not apply | ${reason} |`
  return `| \`${name}\` | **fails** | ${reason.slice(FAILS.length)} |`
}

function summary(modules: readonly Module[]): string {
  const fails = modules.filter(({ reason }) => reason?.startsWith(FAILS)).length
  const apart = modules.filter(({ reason }) => reason !== undefined).length - fails
  const passes = modules.length - fails - apart
  return `${passes} of ${modules.length} pass, ${fails} fail, ${apart} do not apply`
}

/** The rows of a file of tests, under the head that they all have. */
function tableOf(modules: readonly Module[], what: string): string {
  return [`| ${what} | outcome | reason |`, '|---|---|---|', ...modules.map(row)].join('\n')
}

function modulesIn(path: string): Module[] {
  const modules = modulesOf(readFileSync(new URL(path, TESTS), 'utf8'))
  if (modules.length === 0) throw new Error(`test/conformance/${path} names no module.`)
  return modules
}

/** The scenarios of the MCP conformance tool for clients, as Markdown. */
export function mcpClientTable(): string {
  const modules = modulesIn('mcp-client-scenarios.test.ts')
  return `${summary(modules)}.\n\n${tableOf(modules, 'scenario')}`
}

/** A section for each plan, as Markdown. */
export function conformanceTables(): string {
  const sections = PLANS.map(([profile, plan, file]) => {
    const path = `${file}.test.ts`
    const modules = modulesIn(path)
    return `### ${profile}

\`${plan}\` in \`test/conformance/${path}\`: ${summary(modules)}.

${tableOf(modules, 'module')}`
  })
  return `\n${sections.join('\n\n')}\n`
}
