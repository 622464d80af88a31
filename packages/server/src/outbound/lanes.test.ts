// Tests of the lanes: how many run at once, and that no fault blocks one.

import { expect, test } from 'vitest'
import { openLanes } from './lanes.ts'

/** A task that runs until it is told to end. */
function held() {
  const end = Promise.withResolvers<void>()
  return { ...end, task: () => end.promise }
}

const settle = (): Promise<void> => new Promise((done) => setImmediate(done))

test('so many tasks of a name run at once, and those of another name beside them', async () => {
  const { run: inLane } = openLanes(2)
  const started: string[] = []
  const tasks = ['a', 'a', 'a', 'b'].map((name, index) => {
    const { task, resolve } = held()
    const run = () => {
      started.push(`${name}${index}`)
      return task()
    }
    return { done: inLane(name, run), resolve }
  })
  await settle()
  expect(started).toEqual(['a0', 'a1', 'b3'])
  tasks[0]?.resolve()
  await settle()
  expect(started).toEqual(['a0', 'a1', 'b3', 'a2'])
  for (const { resolve } of tasks) resolve()
  await Promise.all(tasks.map(({ done }) => done))
})

test('a task that fails leaves its lane to the next', async () => {
  const { run: inLane } = openLanes(1)
  const first = held()
  const failing = inLane('a', first.task)
  const next = inLane('a', async () => 'next')
  first.reject(new Error('no'))
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('next')
  expect(await inLane('a', async () => 'later')).toBe('later')
})
