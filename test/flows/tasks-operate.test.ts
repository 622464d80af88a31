// The pages for whoever runs, tests or embeds a server, played: what they say to do does what they show.

import { test } from 'vitest'
import { play } from '../door/story.ts'

test('a server of one’s own in a Node program', () => play('docs/tasks/embed.md'))

test('tests against a server in dev mode', () => play('docs/tasks/test-locally.md'))

test('secrets and keys that rotate', () => play('docs/tasks/rotate.md'))

test('the log and the table of events', () => play('docs/tasks/log.md'))
