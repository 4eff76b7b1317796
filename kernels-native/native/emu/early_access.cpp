#include "early_access.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace tramontane::emu {
namespace {

struct Taken {
  uint64_t bytes;  // whole pages
  bool hides;
};

// Never destroyed: a process may end while a step runs.
std::mutex& mutex = *new std::mutex();  // of what is watched, not of hiding: one thread runs kernels then
std::map<uintptr_t, Taken>& taken = *new std::map<uintptr_t, Taken>();  // that can be hidden, by its first byte
bool watching = false;
volatile bool hidden = false;
const void* volatile touched = nullptr;

#if defined(__unix__) || defined(__APPLE__)

struct sigaction before[2];  // the handlers that were there

uint64_t page_bytes() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

void protect_all(int protection) {
  for (const auto& [first, memory] : taken) {
    if (memory.hides) mprotect(reinterpret_cast<void*>(first), memory.bytes, protection);
  }
}

void on_fault(int signal, siginfo_t* info, void*) {
  const uintptr_t at = reinterpret_cast<uintptr_t>(info->si_addr);
  auto place = taken.upper_bound(at);
  if (hidden && place != taken.begin()) {
    --place;
    if (at < place->first + place->second.bytes) {
      touched = info->si_addr;
      hidden = false;
      protect_all(PROT_READ | PROT_WRITE);
      return;  // the access is tried again
    }
  }
  sigaction(signal, &before[signal == SIGSEGV ? 0 : 1], nullptr);  // not ours: as if nobody had looked
}

void* take_pages(uint64_t bytes) {
  const uint64_t body = (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
  void* memory = mmap(nullptr, body, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  taken[reinterpret_cast<uintptr_t>(memory)] = {body, true};
  return memory;
}

bool give_pages_back(void* memory) {
  const auto place = taken.find(reinterpret_cast<uintptr_t>(memory));
  if (place == taken.end()) return false;
  munmap(memory, place->second.bytes);
  taken.erase(place);
  return true;
}

void install_handler(bool on) {
  if (!on) {
    sigaction(SIGSEGV, &before[0], nullptr);
    sigaction(SIGBUS, &before[1], nullptr);
    return;
  }
  struct sigaction ours = {};
  ours.sa_sigaction = on_fault;
  ours.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSEGV, &ours, &before[0]);
  sigaction(SIGBUS, &ours, &before[1]);
}

#else

void protect_all(int) {}
void* take_pages(uint64_t) { return nullptr; }
bool give_pages_back(void*) { return false; }
void install_handler(bool) {}

#endif

}  // namespace

void watch_early_access(bool on) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (watching != on) install_handler(on);
  watching = on;
}

bool watches_early_access() { return watching; }

void* take_memory(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex);
  // 256, as cudaMalloc aligns; poisoned, because a device's memory comes as it was left.
  void* memory = watching ? take_pages(bytes) : std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (memory != nullptr) memset(memory, 0xff, bytes);
  return memory;
}

void give_memory_back(void* memory) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (!give_pages_back(memory)) std::free(memory);
}

void may_be_read_early(void* memory) {
  const std::lock_guard<std::mutex> lock(mutex);
  const auto place = taken.find(reinterpret_cast<uintptr_t>(memory));
  if (place != taken.end()) place->second.hides = false;
}

#if defined(__unix__) || defined(__APPLE__)

void hide_memory() {
  if (!watching) return;
  hidden = true;
  protect_all(PROT_NONE);
}

void reveal_memory() {
  if (!hidden) return;
  hidden = false;
  protect_all(PROT_READ | PROT_WRITE);
}

#else

void hide_memory() {}
void reveal_memory() {}

#endif

const void* touched_memory() {
  const void* first = touched;
  touched = nullptr;
  return first;
}

}  // namespace tramontane::emu
