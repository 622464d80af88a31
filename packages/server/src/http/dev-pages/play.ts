// Play: the playground's page, and the steps that are really taken from it.

import { type Answer, type Facts, type GivenFields, writeRequest } from '@patois/core'
import type { FastifyRequest } from 'fastify'
import { EmulatorFault } from '../../emulator/fault.ts'
import { outcome, type PlayStep, playPage } from '../../pages/dev/play.ts'
import { devWords } from '../../pages/words/dev/index.ts'
import { chooseWords } from '../../pages/words/index.ts'
import { baseOf, type DevSite, type Mount, type Site } from '../site.ts'
import { show, type Visit } from '../visit.ts'
import { snippetsOf } from './snippets.ts'
import { FILLED, grantsOf, mountsOf, nameOf, readFields, type Step, stepsOf } from './steps.ts'
import { take } from './take.ts'

/** Shows the playground: `dialect` and `grant` in the query choose a flow. */
export async function visitPlay(site: DevSite, visit: Visit): Promise<Answer> {
  const { dialect, grant } = visit.request.query as Record<string, string | undefined>
  const flow = flowOf(site, dialect, grant)
  const view = {
    base: site.base,
    dialects: mountsOf(site).map((mount) => ({ name: nameOf(mount), title: mount.dialect.title })),
    dialect: nameOf(flow.mount),
    grants: grantsOf(flow.mount),
    grant: flow.grant,
    steps: await Promise.all(flow.steps.map((step) => viewOf(site, flow.mount, step))),
  }
  return show(playPage(view, visit.words, devWords(visit.words)), { scripts: true })
}

function flowOf(site: DevSite, dialect: unknown, grant: unknown) {
  const mounts = mountsOf(site)
  const mount = mounts.find((one) => nameOf(one) === dialect) ?? mounts[0]
  if (!mount) throw new Error('no dialect is mounted')
  const grants = grantsOf(mount)
  const found = grants.find((one) => one === grant) ?? grants[0] ?? ''
  return { mount, grant: found, steps: stepsOf(site, site.demo, mount, found) }
}

async function viewOf(site: DevSite, flow: Mount, step: Step): Promise<PlayStep> {
  const { topic, mount, operation, fields } = step
  const [method] = operation.methods
  const href = hrefOf(site, step, fields)
  return {
    name: topic.name,
    call: `${method} ${mount.at}${operation.path}`,
    ...(mount !== flow && { borrowed: mount.dialect.title }),
    fields: Object.entries(fields).map(([name, value]) => {
      const from = FILLED[name]
      return { name, value: [value ?? ''].flat().join(' '), ...(from && value === '' && { from }) }
    }),
    ...(href && { href }),
    snippets: await snippetsOf(site, step, given(fields)),
  }
}

// Where a person would sign in; a call has no such place.
function hrefOf(site: Site, { mount, operation }: Step, fields: GivenFields): string | undefined {
  if (operation.does !== 'authorize' || operation.isCall) return undefined
  const { path, query } = writeRequest(operation, fields, mount.dialect.variables)
  return `${baseOf(site, mount)}${path}?${query}`
}

function given(fields: GivenFields): GivenFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
}

/** What the page is to show of a step, and which facts are there for the next ones. */
type TakenStep = { outcome: string; href: string | undefined; facts: Facts }

/** Takes a step that the page's script asks for, or only writes it, and answers what there is to see of it and the facts that were heard. */
export async function takeStep(
  site: DevSite,
  request: FastifyRequest,
  asked: Readonly<Record<string, unknown>>,
): Promise<TakenStep> {
  const { steps } = flowOf(site, asked.dialect, asked.grant)
  const step = steps.find(({ topic }) => topic.name === asked.step)
  if (!step) throw new EmulatorFault('step: is none of this flow')
  const fields = readFields(asked.fields)
  const snippets = await snippetsOf(site, step, fields)
  const taken = asked.run === true ? await take(site, request.server, step, fields) : undefined
  const words = devWords(chooseWords(undefined, request.headers['accept-language']))
  return {
    outcome: outcome({ snippets, ...(taken && { taken }) }, words),
    href: hrefOf(site, step, fields),
    facts: taken?.facts ?? {},
  }
}
