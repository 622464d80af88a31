// Writes a batch of plans: all spends at once, then what the winners change, in one transaction.

import { type Plan, type Spend, Unavailable } from '@patois/core'
import type { Waiting } from '../queue.ts'
import { changeSteps, type Step, spendStep, type Writer } from '../write.ts'
import type { Connections, Result, Run } from './connections.ts'
import { isPassing, isUndone, unavailable } from './errors.ts'
import { statements } from './statements.ts'

/** What writing takes; `written` hears what was kept before whoever waits for it does. */
export type PostgresWriter = Writer & {
  connections: Connections
  written(plans: readonly Plan[]): void
}

// A server that is frozen while it holds locks must not keep the others waiting.
const BEGIN = {
  text: `BEGIN;
    SET LOCAL idle_in_transaction_session_timeout = 1000;
    SET LOCAL statement_timeout = 2000`,
}
const COMMIT = { text: 'COMMIT' }

/**
 * Answers the function that writes a batch. Plans are written together as long as no spend has to
 * see what an earlier plan changed; when one of them fails, each is written alone.
 */
export function openTransact(writer: PostgresWriter): (batch: readonly Waiting[]) => Promise<void> {
  const { connections } = writer
  const together = async (wave: readonly Waiting[]): Promise<void> => {
    try {
      const plans = wave.map(({ plan }) => plan)
      const kept = await connections.using((run) => transact(run, writer, plans))
      writer.written(plans)
      for (const [at, { won }] of wave.entries()) won(kept[at] === true)
    } catch (error) {
      if (wave.length === 1 || error instanceof Unavailable) {
        for (const { lost } of wave) lost(error)
      } else for (const one of wave) await together([one])
    }
  }
  return async (batch) => {
    for (const wave of waves(batch)) await together(wave)
  }
}

async function transact(run: Run, writer: Writer, plans: readonly Plan[]): Promise<boolean[]> {
  const send = ({ sql, values }: Step) => run(statements[sql], values)
  const spends = plans.map(({ spend }) => spend && spendStep(writer, spend))
  const [, ...decided] = await all([run(BEGIN), ...spends.map((step) => step && send(step))])
  const kept = decided.map((result) => result === undefined || result.changed === 1)
  const steps = plans.flatMap((plan, at) => (kept[at] ? changeSteps(writer, plan) : []))
  const changed = await all(steps.map(send))
  const failed = steps.find(({ must }, at) => must !== undefined && changed[at]?.changed === 0)
  if (failed) throw new Error(failed.must)
  await commit(run)
  return kept
}

// Whether a commit without an answer was kept nobody knows: trying again might spend twice.
async function commit(run: Run): Promise<void> {
  try {
    await run(COMMIT)
  } catch (error) {
    throw isPassing(error) && !isUndone(error) ? unavailable(error) : error
  }
}

// All are sent at once; after a failure the rest only hear that there was one.
async function all(sent: readonly (Promise<Result> | undefined)[]) {
  const settled = await Promise.allSettled(sent)
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}

/** Parts the batch before each plan whose spend may hang on what those before it change. */
function waves(batch: readonly Waiting[]): Waiting[][] {
  const parts: Waiting[][] = []
  let part: Waiting[] = []
  for (const one of batch) {
    const { spend } = one.plan
    if (spend && part.some(({ plan }) => touches(plan, spend))) {
      parts.push(part)
      part = []
    }
    part.push(one)
  }
  return part.length > 0 ? [...parts, part] : parts
}

function touches({ changes }: Plan, spend: Spend): boolean {
  return changes.some((change) => {
    if ('end' in change || 'count' in change) return true
    if (!('put' in change)) return false
    if (change.put === 'code') return spend.what === 'code' && change.code.id === spend.id
    return (
      change.put === 'refresh_token' &&
      spend.what === 'refresh_token' &&
      change.token.id === spend.id
    )
  })
}
