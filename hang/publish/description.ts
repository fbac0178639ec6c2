/**
 * Extra data for decoders, as catalogs write it.
 *
 * @module
 */

const AAC_RATES = [
  96_000,
  88_200,
  64_000,
  48_000,
  44_100,
  32_000,
  24_000,
  22_050,
  16_000,
  12_000,
  11_025,
  8000,
  7350,
];
const AAC_LC = 2;

/** The bytes in hex. */
export function hexOf(description: AllowSharedBufferSource): string {
  const bytes = ArrayBuffer.isView(description)
    ? new Uint8Array(
      description.buffer,
      description.byteOffset,
      description.byteLength,
    )
    : new Uint8Array(description);
  return bytes.toHex();
}

/** The AudioSpecificConfig of AAC-LC in hex, ISO 14496-3, 1.6.2.1; `undefined` for a rate that has no index. */
export function aacDescription(
  { sampleRate, numberOfChannels }: Pick<
    AudioEncoderConfig,
    "sampleRate" | "numberOfChannels"
  >,
): string | undefined {
  const rate = AAC_RATES.indexOf(sampleRate);
  if (rate < 0) return undefined;
  const bits = AAC_LC << 11 | rate << 7 | numberOfChannels << 3;
  return Uint8Array.of(bits >> 8, bits & 0xff).toHex();
}
