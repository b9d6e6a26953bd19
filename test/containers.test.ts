// No container engine is needed here: what is written is held to what the program is.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SCHEMAS } from '../scripts/env-example.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const Service = z.looseObject({
  command: z.string(),
  healthcheck: z.looseObject({ test: z.array(z.string()) }),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  stop_grace_period: z.string().optional(),
});
const Compose = z.looseObject({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
});
const compose = Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
const { redis, ...own } = compose.services;

describe('docker-compose.yml', () => {
  test('has a service for each folder that is one, each running its command', () => {
    const folders = readdirSync(ROOT).filter(
      (name) => existsSync(join(ROOT, name, 'config.ts')) && name !== 'cli',
    );
    const services = folders.filter((name) => name !== 'runtime').sort();
    expect(Object.keys(own).sort()).toEqual([...services, 'worker-gpu'].sort());
    for (const [name, { command }] of Object.entries(own)) expect(command).toBe(name.replace('-gpu', ''));
  });

  test('has a Redis that evicts nothing and keeps an append-only file', () => {
    expect(redis?.command).toContain('--maxmemory-policy noeviction');
    expect(redis?.command).toContain('--appendonly yes');
  });

  test('opens no port to other machines', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('starts the GPU worker only when its profile is asked for', () => {
    const profiles = Object.entries(own).map(([name, service]) => [name, service.profiles]);
    expect(profiles.filter(([, names]) => names?.length)).toEqual([['worker-gpu', ['gpu']]]);
  });

  test('sets only variables that the services know, and gives them time to drain', () => {
    const known = new Set(Object.values(SCHEMAS).flatMap((schema) => Object.keys(schema.shape)));
    for (const service of Object.values(own)) {
      expect(Object.keys(service.environment).filter((name) => !known.has(name))).toEqual([]);
      expect(service).toMatchObject({ read_only: true, stop_grace_period: '30s' });
    }
  });
});

describe('the image', () => {
  const dockerfile = read('Dockerfile');
  const ignore = read('.dockerignore').split('\n');

  test('copies only what the checkout has and .dockerignore lets through', () => {
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) =>
      list.split(' '),
    );
    expect(sources).toContain('package-lock.json');
    for (const source of sources.filter((name) => name !== '.')) {
      expect(existsSync(join(ROOT, source))).toBe(true);
      expect(ignore).toContain(`!${source}`);
    }
  });

  test('is built from every folder that the build compiles', () => {
    const { include } = z
      .object({ include: z.array(z.string()) })
      .parse(JSON.parse(read('tsconfig.build.json')));
    expect(include.filter((folder) => !ignore.includes(`!${folder}`))).toEqual([]);
  });

  test('does not run as root, and has signals passed on', () => {
    expect(dockerfile).toMatch(/^USER 10001:10001$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["tini", "--", "node", "dist\/cli\/main.js"\]$/m);
  });
});
