// Two PostgreSQLs that a real Patroni each looks after, with an etcd between: who is primary is theirs to say.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { folders, makeDatabase, OWNER, replicates, USER, whyNoStandby } from './postgres.ts'
import { findProgram, tie } from './program.ts'
import { freePort } from './server.ts'
import { startTcpProxy, type TcpProxy } from './tcp.ts'

/** A PostgreSQL and its Patroni. */
export type Member = {
  name: string
  port: number
  /** What the other one reads its log through. */
  line: TcpProxy
  /** Makes an empty database, where it leads, and answers its URL. */
  newDatabase(): Promise<string>
  /** Kills both at once, as a machine that dies does. */
  kill(): Promise<void>
  start(): void
  said(): string
}

/** Who leads, and who may follow it without loss; undefined while there is nobody. */
export type Roles = { leader: Member | undefined; follower: Member | undefined }

/** Two members; one leads. */
export type PatroniCluster = {
  members: readonly [Member, Member]
  /** What Patroni says of the roles, asked at a member. */
  rolesAt(member: Member): Promise<Roles>
  /** Resolves when one leads and the other follows it synchronously. */
  settled(): Promise<{ leader: Member; follower: Member }>
  close(): Promise<void>
}

/** Why there is no Patroni on this machine; undefined when there is one. */
export const whyNoPatroni = (): string | undefined => {
  const missing = ['patroni', 'etcd'].find((name) => !findProgram(name))
  return missing ? `there is no ${missing} on this machine` : whyNoStandby()
}

// Seconds: shorter than anybody's own, so that a test need not wait for half a minute.
const TIMES = { ttl: 6, loop_wait: 1, retry_timeout: 2 }

type Running = { child: ChildProcess; ended: Promise<unknown>; said: () => string }

const run = (name: string, args: readonly string[], cwd: string): Running => {
  const child = spawn(findProgram(name) ?? name, args, {
    ...OWNER,
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const untie = tie(child.pid)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece) => {
      text += piece
    })
  }
  return { child, ended: once(child, 'close').finally(untie), said: () => text }
}

const startEtcd = async (folder: string): Promise<Running & { at: string }> => {
  const [port, peers] = [await freePort(), await freePort()]
  const [own, other] = [port, peers].map((one) => `http://127.0.0.1:${one}`) as [string, string]
  const flags = {
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': own,
    'advertise-client-urls': own,
    'listen-peer-urls': other,
    'initial-advertise-peer-urls': other,
    'initial-cluster': `default=${other}`,
  }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  const running = run('etcd', args, folder)
  while (!(await fetch(`${own}/health`).catch(() => undefined))?.ok) {
    if (running.child.exitCode !== null) throw new Error(`etcd does not start: ${running.said()}`)
    await sleep(50)
  }
  return { ...running, at: `127.0.0.1:${port}` }
}

/** Patroni reads YAML, and what is JSON is YAML. */
const configure = (folder: string, name: string, etcd: string, ports: Record<string, number>) => ({
  scope: 'patois',
  name,
  etcd3: { host: etcd },
  restapi: {
    listen: `127.0.0.1:${ports.asked}`,
    connect_address: `127.0.0.1:${ports.asked}`,
  },
  bootstrap: {
    dcs: {
      ...TIMES,
      synchronous_mode: true,
      postgresql: { use_pg_rewind: true, use_slots: true },
    },
    initdb: ['no-locale', { encoding: 'UTF8' }, { auth: 'trust' }, 'data-checksums'],
  },
  postgresql: {
    listen: `127.0.0.1:${ports.own}`,
    connect_address: `127.0.0.1:${ports.line}`,
    data_dir: join(folder, name, 'data'),
    bin_dir: folders().find(replicates),
    pgpass: join(folder, name, 'pgpass'),
    authentication: {
      superuser: { username: USER },
      replication: { username: 'follower' },
    },
    pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
    parameters: {
      unix_socket_directories: join(folder, name),
      fsync: 'off',
      shared_buffers: '32MB',
    },
  },
})

const startMember = async (folder: string, name: string, etcd: string) => {
  const [port, asked] = [await freePort(), await freePort()]
  const line = await startTcpProxy(port)
  const home = join(folder, name)
  mkdirSync(home)
  if (OWNER.uid !== undefined) chownSync(home, OWNER.uid, OWNER.gid)
  const file = join(folder, `${name}.yml`)
  const ports = { own: port, asked, line: line.port }
  writeFileSync(file, JSON.stringify(configure(folder, name, etcd, ports)))
  let running = run('patroni', [file], home)
  const member: Member = {
    name,
    port,
    line,
    newDatabase: () => makeDatabase(port, 'patois'),
    kill: async () => {
      running.child.kill('SIGKILL')
      const [pid = ''] = readFileSync(join(home, 'data/postmaster.pid'), 'utf8').split('\n')
      process.kill(Number(pid), 'SIGKILL')
      await running.ended
    },
    start: () => {
      running = run('patroni', [file], home)
    },
    said: () => running.said(),
  }
  // Patroni that is told to end ends its PostgreSQL, too.
  const close = async () => {
    running.child.kill('SIGTERM')
    await running.ended
    await line.close()
  }
  return { member, asked, close }
}

type Listed = { members: { name: string; role: string; state: string }[] }

/** Starts an etcd and two members on loopback, with `synchronous_mode`. */
export const startPatroni = async (): Promise<PatroniCluster> => {
  const folder = mkdtempSync(join(tmpdir(), 'patois-patroni-'))
  chmodSync(folder, 0o755)
  if (OWNER.uid !== undefined) chownSync(folder, OWNER.uid, OWNER.gid)
  const etcd = await startEtcd(folder)
  const started = [
    await startMember(folder, 'one', etcd.at),
    await startMember(folder, 'two', etcd.at),
  ] as const
  const rolesAt = async (member: Member): Promise<Roles> => {
    const { asked } = started.find((one) => one.member === member) ?? started[0]
    const answer = await fetch(`http://127.0.0.1:${asked}/cluster`).catch(() => undefined)
    const { members = [] } = answer?.ok ? ((await answer.json()) as Listed) : {}
    const find = (role: string) => {
      const found = members.find((one) => one.role === role && one.state === 'running')
      return started.find((one) => one.member.name === found?.name)?.member
    }
    return { leader: find('leader'), follower: find('sync_standby') }
  }
  return {
    members: [started[0].member, started[1].member],
    rolesAt,
    settled: async () => {
      for (;;) {
        const { leader, follower } = await rolesAt(started[0].member)
        if (leader && follower) return { leader, follower }
        await sleep(100)
      }
    },
    close: async () => {
      for (const { close } of started) await close()
      etcd.child.kill('SIGTERM')
      await etcd.ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
