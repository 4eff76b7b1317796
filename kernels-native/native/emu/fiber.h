// A thread of an emulated block: a stack, and a switch that keeps the registers a call keeps. Fibers of one block share
// an operating system thread, so nothing here is atomic.
#pragma once

#include <cstdint>
#include <memory>

#if !(defined(__x86_64__) && defined(__ELF__))
#include <ucontext.h>
#endif

namespace tramontane::emu {

class Fiber {
 public:
  using Entry = void (*)(void* argument);

  // Prepares entry(argument) to run on this fiber's stack at the next resume. entry must end with leave(). What an
  // earlier entry left on the stack is forgotten.
  void start(Entry entry, void* argument);
  // Runs the fiber until it suspends or leaves. Called outside fibers.
  void resume();
  // Back to whoever resumed. Called on this fiber.
  void suspend();
  [[noreturn]] void leave();

 private:
  static void enter();
  void switch_back(bool for_ever);

  std::unique_ptr<uint8_t[]> stack_;
  Entry entry_ = nullptr;
  void* argument_ = nullptr;
#if defined(__x86_64__) && defined(__ELF__)
  void* own_ = nullptr;  // stack pointers while the other one runs
  void* caller_ = nullptr;
#else
  ucontext_t own_;
  ucontext_t caller_;
#endif
  void* fake_stack_ = nullptr;  // AddressSanitizer's
  const void* caller_bottom_ = nullptr;
  uint64_t caller_bytes_ = 0;
};

}  // namespace tramontane::emu
