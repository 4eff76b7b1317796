#include "backends.h"

// A backend is a folder of this name that defines kBackend in a namespace of this name, and a line here. (emu is the
// folder cuda/ compiled against the emulator.)
#define TM_EACH_BACKEND(BACKEND) \
  BACKEND(ref)                   \
  BACKEND(cpu)                   \
  BACKEND(cuda)                  \
  BACKEND(emulated)

namespace tramontane {

#define TM_DECLARE(name)             \
  namespace name {                   \
  extern const BackendKind kBackend; \
  }
TM_EACH_BACKEND(TM_DECLARE)

std::span<const BackendKind* const> backends() {
#define TM_ENTRY(name) &name::kBackend,
  static constexpr const BackendKind* kAll[] = {TM_EACH_BACKEND(TM_ENTRY)};
  return kAll;
}

const BackendKind* backend_of(uint32_t number) {
  for (const BackendKind* kind : backends()) {
    if (kind->number == number) return kind;
  }
  return nullptr;
}

}  // namespace tramontane
