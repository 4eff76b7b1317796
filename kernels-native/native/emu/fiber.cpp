#include "fiber.h"

#include <cstdlib>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__x86_64__) && defined(__ELF__)
extern "C" void emu_switch_stack(void** save, void* load);

// Keeps the six registers that the System V ABI asks a callee to keep.
asm(R"(
.text
.type emu_switch_stack, @function
emu_switch_stack:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size emu_switch_stack, .-emu_switch_stack
)");
#endif

namespace tramontane::emu {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kStackBytes = 256 << 10;
#else
constexpr uint64_t kStackBytes = 64 << 10;
#endif

thread_local Fiber* entering = nullptr;

}  // namespace

void Fiber::start(Entry entry, void* argument) {
  if (!stack_) stack_.reset(new uint8_t[kStackBytes]);
  entry_ = entry;
  argument_ = argument;
  fake_stack_ = nullptr;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(stack_.get(), kStackBytes);
#endif
#if defined(__x86_64__) && defined(__ELF__)
  // As a call would leave it: the return address on a 16-byte boundary less 8, above it six registers to pop.
  const uintptr_t top = (reinterpret_cast<uintptr_t>(stack_.get()) + kStackBytes) / 16 * 16;
  void** at = reinterpret_cast<void**>(top);
  *--at = nullptr;
  *--at = reinterpret_cast<void*>(&Fiber::enter);
  for (int i = 0; i < 6; ++i) *--at = nullptr;
  own_ = at;
#else
  getcontext(&own_);
  own_.uc_stack.ss_sp = stack_.get();
  own_.uc_stack.ss_size = kStackBytes;
  own_.uc_link = nullptr;
  makecontext(&own_, &Fiber::enter, 0);
#endif
}

void Fiber::resume() {
  entering = this;
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, stack_.get(), kStackBytes);
#endif
#if defined(__x86_64__) && defined(__ELF__)
  emu_switch_stack(&caller_, own_);
#else
  swapcontext(&caller_, &own_);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

void Fiber::enter() {
  Fiber* self = entering;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self->caller_bottom_, &self->caller_bytes_);
#endif
  self->entry_(self->argument_);
  self->leave();
}

void Fiber::switch_back([[maybe_unused]] bool for_ever) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(for_ever ? nullptr : &fake_stack_, caller_bottom_, caller_bytes_);
#endif
#if defined(__x86_64__) && defined(__ELF__)
  emu_switch_stack(&own_, caller_);
#else
  swapcontext(&own_, &caller_);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack_, &caller_bottom_, &caller_bytes_);
#endif
}

void Fiber::suspend() { switch_back(false); }

void Fiber::leave() {
  switch_back(true);
  std::abort();  // nobody resumes a fiber that has left
}

}  // namespace tramontane::emu
