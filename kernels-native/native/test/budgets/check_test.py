#!/usr/bin/env python3
"""check.py over code that was written down by hand: each budget, exceeded by one."""

import dataclasses
import unittest

import check

CODE = """
	.target	sm_90
		Function : fast
        /*0000*/                   LDC R1, c[0x0][0x28] ;                /* 0x00000a00ff017b82 */
                                                                         /* 0x000fe20000000800 */
        /*0010*/                   LD.E R9, desc[UR4][R2.64] ;           /* 0x1 */
        /*0020*/              @!P0 LDG.E.128 R4, desc[UR4][R2.64] ;      /* 0x1 */
        /*0030*/                   HMMA.16816.F32 R4, R8, R6, R4 ;       /* 0x1 */
        /*0040*/                   HMMA.16816.F32 R4, R8, R6, R4 ;       /* 0x1 */
        /*0050*/               @P1 LD.E.128 R20, desc[UR4][R2.64] ;      /* 0x1 */
        /*0060*/               @P0 BRA 0x20 ;                            /* 0x1 */
        /*0070*/                   IADD3 R4, R4, 0x1, RZ ;               /* 0x1 */
        /*0080*/               @P2 BRA P1, 0x70 ;                        /* 0x1 */
        /*0090*/                   STL [R1], R30 ;                       /* 0x1 */
        /*00a0*/                   EXIT ;                                /* 0x1 */
	.target	sm_90a
		Function : solve_by_groups
        /*0000*/                   HGMMA.64x64x16.F32 R24, R4, gdesc[UR4], R24 ;  /* 0x1 */
        /*0010*/               @P0 BRA 0x0 ;                             /* 0x1 */
"""


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.fast, self.groups = check.read_kernels(CODE.splitlines())

    def test_reads_what_a_kernel_takes(self):
        self.assertEqual(self.fast.arch, "sm_90")
        self.assertEqual(len(self.fast.instructions), 11)
        self.assertEqual(self.fast.hot_loop(), (0x20, 0x60))
        self.assertEqual(check.taken_by(self.fast), check.Budget(31, 1, 1, 2.5))
        self.assertEqual(check.taken_by(self.groups), check.Budget(28 - 3, 0, 0, 2.0))

    def test_a_loop_around_the_hot_one_does_not_hide_it(self):
        self.fast.instructions[-1:] = [(0xa0, "HMMA.16816.F32 R4, R8, R6, R4"), (0xb0, "@P0 BRA 0x0"), (0xc0, "EXIT")]
        self.assertEqual(self.fast.hot_loop(), (0x20, 0x60))  # two products of three, without the rest

    def test_what_is_within_its_budget_passes(self):
        budgets = {"fast": check.Budget(31, 1, 1, 2.5), "solve_by_groups": check.Budget(25, 0, 0, 2.0)}
        self.assertEqual(check.faults([self.fast, self.groups], budgets), [])
        for name in ("registers", "local", "generic", "for_product"):
            less = dataclasses.replace(budgets["fast"], **{name: getattr(budgets["fast"], name) - 1})
            found = check.faults([self.fast], {"fast": less})
            self.assertEqual(len(found), 1, name)
            self.assertTrue(found[0].startswith("fast: "), found)

    def test_a_kernel_without_a_line_may_have_neither_local_memory_nor_generic_loads(self):
        self.assertEqual([fault.split(", may")[0] for fault in check.faults([self.fast], {})],
                         ["fast: 1 accesses of local memory", "fast: 1 generic loads in its hot loop",
                          "fast: no line in budgets.txt; --write makes one"])

    def test_a_line_without_a_kernel_is_told(self):
        self.assertEqual(check.faults([], {"gone": check.Budget()}), ["gone: a line in budgets.txt, and no such kernel; --write takes it away"])

    def test_code_for_groups_has_to_hold_their_products(self):
        self.groups.instructions = [(0, "EXIT")]
        for name in ("solve_by_groups", "solve_by_groups<1>", "tile_mm<Floats<0>,8,false>"):
            self.groups.name = name
            self.assertEqual(check.faults([self.groups], {name: check.Budget()}), ["code for sm_90a holds no wgmma", f"{name}: no wgmma"])

    def test_ceilings(self):
        # Five instructions, four a clock, for two products of a clock each; 16 bytes a product come in 0.86 clocks.
        memory, matrix = check.ceilings(self.fast, check.Budget(bytes=16))
        self.assertAlmostEqual(matrix, 1.0)
        self.assertAlmostEqual(check.ceilings(self.fast, check.Budget(bytes=2))[0], 2 / 18.6 / (2.5 / 4))
        self.assertEqual(memory, 1.0)
        self.assertEqual(check.ceilings(self.groups, check.Budget()), (None, 1.0))
        self.assertEqual(self.groups.clocks((0, 16)), 32)
        # Each of a group's four warps issues the loop's instructions.
        self.groups.instructions[-1:] = [(at * 16, "IMAD R1, R1, R1, R1") for at in range(1, 63)] + [(63 * 16, "@P0 BRA 0x0")]
        self.assertAlmostEqual(check.ceilings(self.groups, check.Budget())[1], 0.5)

    def test_the_table_is_read_as_it_is_written(self):
        kernels = [self.fast, self.groups]
        budgets = check.read_budgets(check.table_of(kernels, {"fast": check.Budget(bytes=2.5, measured="77*")}))
        self.assertEqual(budgets["fast"], check.Budget(32, 1, 1, 2.5, 2.5, "77*"))
        self.assertEqual(check.faults(kernels, budgets), [])
        self.assertEqual(check.budget_of(check.Budget(249, 0, 0, 4.1)), check.Budget(255, 0, 0, 4.5))

    def test_bytes_of_weights_are_those_of_their_layout(self):
        for layout, bits in (("16,0,0,0", 16), ("8,0,2,0", 8.5), ("4,0,2,0", 4.5), ("4,1,4,0", 6), ("4,2,2,1", 6.5625), ("2,0,2,2", 2.625)):
            for tiles in (1, 8):
                name = f"stream_mm<PackedWeights<Layout<{layout}>,Codes<Layout<{layout}>,8>,BlockScales>,{tiles}>"
                self.assertAlmostEqual(check.weight_bytes(name), 256 * bits / 8 / tiles, delta=0.051, msg=name)
        self.assertIsNone(check.weight_bytes("norm_rows"))

    def test_every_product_has_its_bytes(self):
        lines = check.read_budgets(check.TABLE.read_text())
        products = {name: check.weight_bytes(name) for name in lines if name.startswith(("stream_mm<", "tile_mm<"))}
        self.assertGreater(len(products), 60)  # 13 kinds of weights, by five numbers of tiles
        self.assertEqual({name: lines[name].bytes for name in products}, products)

    def test_names_are_short(self):
        self.assertEqual(check.short_name("tramontane::cuda::(anonymous namespace)::norm_rows(tramontane::cuda::Norm, unsigned int*)"), "norm_rows")
        self.assertEqual(check.short_name("void tramontane::cuda::matmul<tramontane::cuda::Floats<tramontane::cuda::Layout<16, 0>, "
                                          "(tramontane::cuda::Operand)1>, 4>(tramontane::cuda::Product)"), "matmul<Floats<Layout<16,0>,1>,4>")

    def test_the_committed_table_can_be_read(self):
        self.assertGreater(len(check.read_budgets(check.TABLE.read_text())), 20)


if __name__ == "__main__":
    unittest.main()
