// The emulator as a device that nobody has asked yet, of a capability (90 is 9.0), whose instructions add in these
// ways.
#pragma once

#include "matrix_step.h"
#include "runtime.h"

namespace test {

using tramontane::emu::StepArithmetic;
using tramontane::emu::use_arithmetic;

struct DeviceAs {
  DeviceAs(int capability, StepArithmetic of_warps, StepArithmetic of_groups) {
    tramontane::emu::exchange_device({capability, capability});
    use_arithmetic(of_warps, of_groups);
  }
  DeviceAs(const DeviceAs&) = delete;
  ~DeviceAs() {
    use_arithmetic(StepArithmetic::kPlain);
    tramontane::emu::exchange_device({90, 90});
  }
};

}  // namespace test
