/**
 * Checksums of what is on disk: CRC-32 (ISO 3309) of groups and texts, CRC-16
 * (CCITT) of single entries.
 *
 * @module
 */

const CRC32_POLYNOMIAL = 0xedb88320;
const CRC16_POLYNOMIAL = 0x1021;

const TABLE_32 = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ CRC32_POLYNOMIAL : value >>> 1;
  }
  return value;
});

const TABLE_16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 0x8000 ? (value << 1) ^ CRC16_POLYNOMIAL : value << 1;
  }
  return value;
});

/** CRC-32 as zip, gzip and PNG have it. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    value = TABLE_32[(value ^ bytes[at]!) & 0xff]! ^ (value >>> 8);
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** CRC-16 that begins with 0xffff: finds every error of up to three bits in an entry. */
export function crc16(bytes: Uint8Array): number {
  let value = 0xffff;
  for (let at = 0; at < bytes.length; at++) {
    value = (TABLE_16[((value >>> 8) ^ bytes[at]!) & 0xff]! ^ (value << 8)) &
      0xffff;
  }
  return value;
}
