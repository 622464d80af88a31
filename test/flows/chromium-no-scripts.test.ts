// People at a real Chromium whose JavaScript is off: nothing that they need goes without it.

import { describe } from 'vitest'
import { setStage } from '../door/stage.ts'
import { tellStories } from './chromium-stories.ts'

setStage()

describe('a person without JavaScript', () => tellStories(false))
