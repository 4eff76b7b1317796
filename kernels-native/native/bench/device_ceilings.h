// What a device can do at best, by small kernels of our own: read its memory, and multiply in either instruction.
#pragma once

#include <string>

namespace bench {

struct Ceilings {
  double read_bytes = 0;      // a second
  double warp_products = 0;   // multiplications and additions a second, by mma on operands in registers
  double upload_bytes = 0;    // a second over the bus, from pinned memory
  double group_products = 0;  // by wgmma of 64 columns, A in registers; 0 where the device has none
};

// toy: so little work that the emulator does it, whose figures mean nothing. Returns what went wrong, or "".
std::string measure_emulated(bool toy, Ceilings& ceilings);
// On the current device, if the bench was built with nvcc.
std::string measure_cuda(bool toy, Ceilings& ceilings);

}  // namespace bench
