// The pages for whoever runs, tests or embeds a server, played: what they say to do does what they show.

import { test } from 'vitest'
import { startPostgres, whyNoPostgres } from '../door/postgres.ts'
import { play } from '../door/story.ts'

test('a server of one’s own in a Node program', () => play('docs/tasks/embed.md'))

test('tests against a server in dev mode', () => play('docs/tasks/test-locally.md'))

test('secrets and keys that rotate', () => play('docs/tasks/rotate.md'))

test('the log and the table of events', () => play('docs/tasks/log.md'))

test('a backup, and what it brings back', () => play('docs/tasks/backup.md'))

test.skipIf(whyNoPostgres())('a move to PostgreSQL', async () => {
  const postgres = await startPostgres()
  try {
    await play('docs/tasks/move.md', {}, { NEW_DATABASE: await postgres.newDatabase() })
  } finally {
    await postgres.close()
  }
})
