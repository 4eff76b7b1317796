// The element types: everything that has to be said of one to the whole library, a line each. What follows from it is
// made from here: sizes and lookup (dtype.h), the layout in the cpu backend's memory (cpu/pack.h), the tables of its
// kernels (cpu/packed_types.h, cpu/kernel_table.h), what a device multiplies (cuda/weights.h), and what the binding
// compares its own list with (tm_element_type).
//
// A line is completed by functions of its name, and a missing one doesn't compile or link, under that name:
// read_NAME (dequantise.cpp), with `yes` write_NAME (quantise.cpp) and an entry of `narrow` (cpu/kernel_table.h), for a
// packed type pack_NAME (cpu/pack.cpp, cpu/pack_super.cpp) and, at each level, the struct NAME (the file of its list).
// What a device multiplies has code_NAME (cuda/arrange.cu) and NAMEWeights (cuda/weights.h) besides.
//
//   name      TM_NAME is its number in tramontane.h
//   elements  of a block: a row is a whole number of blocks
//   bytes     of a block in a file
//   written   yes: tm_convert writes it, and weights can be rounded to it when they are prepared
//   device    how a device keeps it (cuda/weights.h): bits of a code, low and high ones apart; 32-bit words of scales
//   for
//             two rows of 64 columns, and for two rows of 256. 0, 0, 0, 0: no device multiplies it
//   strip     how cpu/ packs sixteen rows: blocks of 32 columns that share a header, bytes of the header, bytes of a
//             block. Packed rows are read by the kernels of the type's list. 0, 0, 0: elements used in place
#pragma once

// clang-format off

//          name  elements bytes written device        strip
#define TM_FLOAT_TYPES(X) \
  X(F32,     1,   4, yes, 0, 0, 0, 0,   0,  0,   0) \
  TM_SHORT_FLOAT_TYPES(X)
#define TM_SHORT_FLOAT_TYPES(X) \
  X(F16,     1,   2, yes, 16, 0, 0, 0,  0,  0,   0) \
  X(BF16,    1,   2, yes, 16, 0, 0, 0,  0,  0,   0) \
  X(F8_E4M3, 1,   1, no,  8, 0, 0, 0,   0,  0,   0)

// Blocks of 32 (cpu/packed_blocks.h). Low nibbles are elements 0..15, high ones 16..31; bit i of `high` is the fifth bit
// of element i.
#define TM_BLOCK_TYPES(X) \
  X(Q4_0,   32,  18, yes, 4, 0, 2, 0,   1,  0, 288) /* {f16 d; u8 q[16]}                    x = d * (nibble - 8)              */ \
  X(Q4_1,   32,  20, yes, 4, 0, 4, 0,   1,  0, 320) /* {f16 d; f16 m; u8 q[16]}             x = d * nibble + m                */ \
  X(Q5_0,   32,  22, yes, 4, 1, 2, 0,   1,  0, 352) /* {f16 d; u32 high; u8 q[16]}          x = d * (code - 16)               */ \
  X(Q5_1,   32,  24, yes, 4, 1, 4, 0,   1,  0, 384) /* {f16 d; f16 m; u32 high; u8 q[16]}   x = d * code + m                  */ \
  X(Q8_0,   32,  34, yes, 8, 0, 2, 0,   1,  0, 544) /* {f16 d; i8 q[32]}                    x = d * q                         */ \
  X(IQ4_NL, 32,  18, no,  4, 0, 2, 0,   1,  0, 288) /* {f16 d; u8 q[16]}                    x = d * kIQ4Values[nibble]        */

// Blocks of 256 with minima (cpu/packed_super_affine.h).
#define TM_SUPER_AFFINE_TYPES(X) \
  X(Q2_K,  256,  84, no,  2, 0, 2, 2,   8, 64, 160) /* {u8 scales[16]; u8 q[64]; f16 d, dmin}                 16 sub-blocks   */ \
  X(Q4_K,  256, 144, no,  4, 0, 2, 2,   8, 64, 288) /* {f16 d, dmin; u8 scales[12]; u8 q[128]}                 8 sub-blocks   */ \
  X(Q5_K,  256, 176, no,  4, 1, 2, 2,   8, 64, 352) /* {f16 d, dmin; u8 scales[12]; u8 high[32]; u8 q[128]}    8 sub-blocks   */

// Blocks of 256 without (cpu/packed_super_signed.h).
#define TM_SUPER_SIGNED_TYPES(X) \
  X(Q3_K,  256, 110, no,  2, 1, 2, 1,   8, 32, 224) /* {u8 high[32]; u8 q[64]; u8 scales[12]; f16 d}          16 sub-blocks   */ \
  X(Q6_K,  256, 210, no,  4, 2, 2, 1,   8, 32, 416) /* {u8 ql[128]; u8 qh[64]; i8 scales[16]; f16 d}          16 sub-blocks   */ \
  X(IQ4_XS, 256, 136, no, 4, 0, 1, 1,   8, 32, 272) /* {f16 d; u16 scales_h; u8 scales_l[4]; u8 q[128]}        8 sub-blocks   */

// clang-format on

#define TM_PACKED_TYPES(X) TM_BLOCK_TYPES(X) TM_SUPER_AFFINE_TYPES(X) TM_SUPER_SIGNED_TYPES(X)
#define TM_DEVICE_TYPES(X) TM_SHORT_FLOAT_TYPES(X) TM_PACKED_TYPES(X)
#define TM_ELEMENT_TYPES(X) TM_FLOAT_TYPES(X) TM_PACKED_TYPES(X)

// The arguments, if the column `written` says yes.
#define TM_WRITTEN_yes(...) __VA_ARGS__
#define TM_WRITTEN_no(...)
