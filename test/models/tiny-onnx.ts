// ONNX files of a few hundred bytes, written by hand, for what no real model at hand shows: other types, names and shapes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Element types of ONNX tensors. */
export const ELEMENT = { float: 1, int32: 6, int64: 7, float16: 10 } as const;
export type Element = keyof typeof ELEMENT;

export interface Value {
  readonly name: string;
  readonly type: Element;
  /** A number is a fixed dimension, a text a free one. */
  readonly shape: readonly (number | string)[];
}
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly integers?: Readonly<Record<string, number | readonly number[]>>;
}
export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly constants?: Readonly<Record<string, { shape: readonly number[]; floats: readonly number[] }>>;
}

/** Writes `graph` as `onnx/<file>` of a model folder. */
export function writeOnnx(directory: string, file: string, graph: Graph): void {
  mkdirSync(join(directory, 'onnx'), { recursive: true });
  const body = [
    ...graph.nodes.map((node) => message(1, nodeBytes(node))),
    text(2, 'tiny'),
    ...Object.entries(graph.constants ?? {}).map(([name, { shape, floats }]) =>
      message(5, [
        ...shape.map((side) => integer(1, side)),
        integer(2, ELEMENT.float),
        text(8, name),
        message(9, [Buffer.from(Float32Array.from(floats).buffer)]),
      ]),
    ),
    ...graph.inputs.map((value) => message(11, valueBytes(value))),
    ...graph.outputs.map((value) => message(12, valueBytes(value))),
  ];
  const model = [integer(1, 8), message(7, body), message(8, [text(1, ''), integer(2, 13)])];
  writeFileSync(join(directory, 'onnx', file), Buffer.concat(model));
}

function nodeBytes({ op, inputs, outputs, integers = {} }: Node): Buffer[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(integers).map(([name, value]) =>
      message(
        5,
        typeof value === 'number'
          ? [text(1, name), integer(3, value), integer(20, 2)]
          : [text(1, name), ...value.map((item) => integer(8, item)), integer(20, 7)],
      ),
    ),
  ];
}

function valueBytes({ name, type, shape }: Value): Buffer[] {
  const sides = shape.map((side) =>
    message(1, [typeof side === 'number' ? integer(1, side) : text(2, side)]),
  );
  return [text(1, name), message(2, [message(1, [integer(1, ELEMENT[type]), message(2, sides)])])];
}

/** Protocol buffers: a tag, then a varint, or a length and bytes. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}
const integer = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const message = (field: number, parts: readonly Buffer[]): Buffer => {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
};
const text = (field: number, value: string) => message(field, [Buffer.from(value)]);
