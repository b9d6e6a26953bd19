// Precisions of a model's ONNX files, and how the hub names the files.

export type Dtype = 'fp32' | 'fp16' | 'quantized';
export type DtypeChoice = 'auto' | Dtype;
export type Tower = 'vision' | 'text';

export const DTYPES = ['fp32', 'fp16', 'quantized'] as const satisfies readonly Dtype[];

const SUFFIX: Readonly<Record<Dtype, string>> = { fp32: '', fp16: '_fp16', quantized: '_quantized' };

/** Returns the path of a tower's ONNX file inside a model folder. */
export function onnxFile(tower: Tower, dtype: Dtype): string {
  return `onnx/${tower}_model${SUFFIX[dtype]}.onnx`;
}
