// Finds a kernel that touches what the kernel ahead of it may still be writing: while a block has not waited for that
// one, all of the device's memory but the weights can be neither read nor written. For tests, which turn it on before
// they take memory: it costs system calls for every block, and a handler of the process's memory faults.
#pragma once

#include <cstdint>

namespace tramontane::emu {

// Memory that is taken while this is on can be hidden. One context at a time.
void watch_early_access(bool on);
bool watches_early_access();

// The device's memory: aligned to 256 bytes, and poisoned. nullptr: there is no more.
void* take_memory(uint64_t bytes);
void give_memory_back(void* memory);
// What no kernel writes once it is there.
void may_be_read_early(void* memory);

// From here to reveal_memory() a touch is noted, with its first address; then everything is revealed.
void hide_memory();
void reveal_memory();
// The address that was touched first since the last call, or nullptr.
const void* touched_memory();

}  // namespace tramontane::emu
