// Writes a batch of plans: all spends at once, then what the winners change, in one transaction.

import { type Plan, type Spend, Unavailable } from '@patois/core'
import type { Waiting } from '../queue.ts'
import { changeSteps, spendStep, spentSteps, type Writer } from '../write.ts'
import type { Connections, Result, Run } from './connections.ts'
import { isDisconnect } from './errors.ts'
import { changed, type Gathered, gatherChanges, gatherSpends } from './gather.ts'
import { InDoubt, type Leave, type Receipts } from './receipts.ts'
import { endOf, isOver } from './retry.ts'

/** What writing takes; `written` hears what was kept before whoever waits for it does. */
export type PostgresWriter = Writer & {
  connections: Connections
  receipts: Receipts
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
  const { connections, receipts } = writer
  const together = async (wave: readonly Waiting[]): Promise<void> => {
    try {
      const plans = wave.map(({ plan }) => plan)
      const end = endOf(wave[0]?.since ?? 0)
      const kept = await receipts.decide(
        (leave) => connections.using((run) => transact({ run, leave, writer }, plans), end),
        end,
      )
      writer.written(plans)
      for (const [at, { won }] of wave.entries()) won(kept[at] === true)
    } catch (error) {
      if (wave.length === 1 || error instanceof Unavailable) {
        for (const { lost } of wave) lost(error)
      } else for (const one of wave) await together([one])
    }
  }
  return async (batch) => {
    for (const wave of waves(batch)) {
      // Whoever waited in vain while the database did not answer is not written any more.
      const due = wave.filter(({ since, lost }) => {
        if (!isOver(since)) return true
        lost(new Unavailable('The database answers too slowly.'))
        return false
      })
      if (due.length > 0) await together(due)
    }
  }
}

type On = { run: Run; leave: Leave; writer: Writer }

async function transact({ run, leave, writer }: On, plans: readonly Plan[]): Promise<boolean[]> {
  const send = ({ statement, values }: Gathered) => run(statement, values)
  const spends = plans.map(({ spend }) => spend && spendStep(writer, spend))
  const decisions = gatherSpends(spends.filter((step) => step !== undefined))
  const [, , ...decided] = await all([run(BEGIN), leave(run), ...decisions.map(send)])
  const won = new Set(decisions.flatMap((one, at) => changed(one, decided[at] ?? nothing)))
  const kept = spends.map((step) => step === undefined || won.has(step))
  const winners = plans.filter((_, at) => kept[at])
  const gone = winners.flatMap((plan) => spentSteps(writer, plan))
  const steps = [...gone, ...winners.flatMap((plan) => changeSteps(writer, plan))]
  const changes = gatherChanges(steps)
  const sent = changes.map(send)
  // What may turn out to be wrong is looked at before it is kept.
  if (steps.some(({ must }) => must !== undefined)) check(changes, await all(sent))
  await all([...sent, run(COMMIT)]).catch((error) => {
    throw isDisconnect(error) ? new InDoubt(kept, error) : error
  })
  return kept
}

const nothing: Result = { rows: [], changed: 0 }

function check(changes: readonly Gathered[], results: readonly Result[]): void {
  for (const [at, change] of changes.entries()) {
    const [{ must } = {}] = change.steps
    if (must !== undefined && changed(change, results[at] ?? nothing).length === 0) {
      throw new Error(must)
    }
  }
}

// All are sent at once; after a failure the rest only hear that there was one.
async function all(sent: readonly Promise<Result>[]): Promise<Result[]> {
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
