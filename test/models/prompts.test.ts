// Prompts: templates, their file, and phrases put through them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  DEFAULT_BACKGROUND,
  expandPrompts,
  loadTemplateSets,
  TEMPLATE_SETS,
  templatesOf,
} from '../../models/prompts.ts';

const folder = mkdtempSync(join(tmpdir(), 'verbcast-prompts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function templatesFile(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('the built-in sets', () => {
  test('every template has one place for the phrase, and none is there twice', () => {
    for (const templates of Object.values<readonly string[]>(TEMPLATE_SETS)) {
      for (const template of templates) expect(template.split('{}')).toHaveLength(2);
      expect(new Set(templates).size).toBe(templates.length);
    }
  });

  test('the action set is an ensemble, the plain set is the phrase alone', () => {
    expect(TEMPLATE_SETS.action.length).toBeGreaterThanOrEqual(12);
    expect(expandPrompts('playing guitar', TEMPLATE_SETS.plain)).toEqual(['playing guitar']);
  });
});

describe('expandPrompts', () => {
  const templates = ['a video of {}.', 'a person {}.', 'many people {} outside.'];

  test('a phrase that begins with an -ing word fits every template', () => {
    for (const phrase of ['playing guitar', 'Swimming', 'tight-rope-walking', 'bringing a tray']) {
      expect(expandPrompts(phrase, templates)).toEqual([
        `a video of ${phrase}.`,
        `a person ${phrase}.`,
        `many people ${phrase} outside.`,
      ]);
    }
  });

  test('a phrase with a subject of its own is given no other', () => {
    for (const phrase of [
      'a dog catching a ball',
      'nothing happening',
      'a person falling',
      'string quartet',
    ]) {
      expect(expandPrompts(phrase, templates)).toEqual([`a video of ${phrase}.`]);
    }
  });

  test('a set of nothing but subjects is used as it is', () => {
    expect(expandPrompts('a fall', ['a person {}.'])).toEqual(['a person a fall.']);
  });

  test('signs that mean something to a replacement stand for themselves', () => {
    expect(expandPrompts("running $& $' {}", ['see {}!'])).toEqual(["see running $& $' {}!"]);
  });

  test('templates that come out the same are embedded once', () => {
    expect(expandPrompts('x', ['{}', '{}'])).toEqual(['x']);
  });

  test('the default background phrases bring their own subject', () => {
    for (const phrase of DEFAULT_BACKGROUND) {
      const texts = expandPrompts(phrase, TEMPLATE_SETS.action);
      expect(texts.length).toBeGreaterThan(5);
      expect(texts.filter((text) => /(person|people|someone) (a|an|nothing)\b/.test(text))).toEqual([]);
    }
  });
});

describe('loadTemplateSets', () => {
  test('without a file there are the built-in sets', () => {
    expect(loadTemplateSets()).toBe(TEMPLATE_SETS);
  });

  test('sets of a file join the built-in ones and may replace them', () => {
    const sets = loadTemplateSets(
      templatesFile('good.json', { kitchen: ['cooking: {}'], plain: ['{}', '{}.'] }),
    );
    expect(templatesOf(sets, 'kitchen')).toEqual(['cooking: {}']);
    expect(templatesOf(sets, 'plain')).toEqual(['{}', '{}.']);
    expect(templatesOf(sets, 'action')).toEqual(TEMPLATE_SETS.action);
  });

  test.each([
    ['a template without a place', { a: ['no place'] }, /at a\.0: Expected exactly one `\{\}`/],
    ['a template with two places', { a: ['{} and {}'] }, /Expected exactly one/],
    ['an empty set', { a: [] }, /at a/],
    ['a name with spaces', { 'a b': ['{}'] }, /set names/],
    ['a list', ['{}'], /at top/],
    ['text that is not JSON', '{ "a": ', /JSON/],
  ])('%s is a fault that names the file and the remedy', (_, content, fault) => {
    const file = templatesFile('bad.json', content);
    const error = thrownBy(() => loadTemplateSets(file));
    expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringMatching(fault) });
    expect(String(error)).toContain(file);
    expect(String(error)).toContain('unset TEMPLATES_FILE');
  });

  test('a file that is not there is a fault of the configuration', () => {
    expect(thrownBy(() => loadTemplateSets(join(folder, 'missing.json')))).toMatchObject({
      code: 'E_CONFIG',
      message: expect.stringContaining('ENOENT'),
    });
  });
});

test('an unknown set is refused with the names there are', () => {
  for (const name of ['nope', 'toString', '__proto__']) {
    expect(thrownBy(() => templatesOf(TEMPLATE_SETS, name))).toMatchObject({
      code: 'E_LABELS_INVALID',
      message: expect.stringContaining('action, plain'),
    });
  }
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
