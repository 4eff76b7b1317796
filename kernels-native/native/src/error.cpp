#include "error.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "tramontane.h"

namespace tramontane {

int32_t Error::fail(int32_t status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text_, sizeof text_, format, arguments);
  va_end(arguments);
  return status;
}

int32_t Error::invalid(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text_, sizeof text_, format, arguments);
  va_end(arguments);
  return TM_INVALID_ARGUMENT;
}

void Error::copy(char* destination, uint64_t capacity) const {
  if (destination == nullptr || capacity == 0) return;
  const uint64_t n = std::min<uint64_t>(capacity - 1, strlen(text_));
  memcpy(destination, text_, n);
  destination[n] = 0;
}

}  // namespace tramontane
