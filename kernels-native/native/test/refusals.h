// What tests of refusals share: a status is compared together with the message that explains it.
#pragma once

#include <cstring>
#include <limits>
#include <string>

#include "check.h"
#include "tramontane.h"

namespace test {

inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

// An attempt to open a model; closes what it opened.
struct Opened {
  tm_context* context = nullptr;
  char message[512] = {0};
  int32_t status;

  explicit Opened(const tm_model_config* config) { status = tm_open(config, &context, message, sizeof message); }
  ~Opened() { tm_close(context); }
};

inline void expect(int32_t status, int32_t expected_status, const char* message, const char* expected_message) {
  CHECK_EQ(status, expected_status);
  CHECK_TEXT(std::strstr(message, expected_message) != nullptr,
             std::string("\"") + message + "\" lacks \"" + expected_message + "\"");
}

}  // namespace test
