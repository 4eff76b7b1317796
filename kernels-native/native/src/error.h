// The text of the last failure. One sentence: what was wrong, where, what was expected and given.
#pragma once

#include <cstdint>

namespace tramontane {

class Error {
 public:
  // Keeps the formatted text and returns status, so that a check reads `return error.fail(...)`.
  [[gnu::format(printf, 3, 4)]] int32_t fail(int32_t status, const char* format, ...);
  [[gnu::format(printf, 2, 3)]] int32_t invalid(const char* format, ...);  // TM_INVALID_ARGUMENT
  const char* text() const { return text_; }
  // Copies the text, NUL-terminated and cut to capacity; capacity 0 or destination nullptr copies nothing.
  void copy(char* destination, uint64_t capacity) const;

 private:
  char text_[512] = {0};
};

}  // namespace tramontane
