// What a device can do at best (device_ceilings.h), as one line of JSON: device_ceilings [backend=cuda|emu]
#include "device_ceilings.h"

#include <cstdio>
#include <cstring>

#include "tramontane.h"

int main(int argc, char** argv) {
  const bool emulated = argc == 2 && std::strcmp(argv[1], "backend=emu") == 0;
  if (argc > 2 || (argc == 2 && !emulated && std::strcmp(argv[1], "backend=cuda") != 0)) {
    std::fprintf(stderr, "unknown option; see the top of device_ceilings.cpp\n");
    return 2;
  }
  bench::Ceilings ceilings;
#if defined(TM_CEILINGS_ON_DEVICE)
  const std::string wrong = emulated ? bench::measure_emulated(true, ceilings) : bench::measure_cuda(false, ceilings);
#else
  const std::string wrong = emulated ? bench::measure_emulated(true, ceilings) : "it was built without nvcc";
#endif
  if (!wrong.empty()) {
    std::fprintf(stderr, "device_ceilings: %s\n", wrong.c_str());
    return 1;
  }
  char message[256];
  if (tm_measure_device(emulated ? TM_BACKEND_EMU : TM_BACKEND_CUDA, 0, emulated ? 1 << 20 : 1 << 30,
                        &ceilings.upload_bytes, message, sizeof message) != TM_OK) {
    std::fprintf(stderr, "device_ceilings: %s\n", message);
    return 1;
  }
  std::printf("{\"read_bytes\": %.6g, \"warp_products\": %.6g, \"group_products\": %.6g, \"upload_bytes\": %.6g}\n",
              ceilings.read_bytes, ceilings.warp_products, ceilings.group_products, ceilings.upload_bytes);
  return 0;
}
