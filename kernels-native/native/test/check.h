// A test header in one screen: TEST registers, CHECK* count failures and go on, main runs all or those whose name
// contains the first argument.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace check {

struct Test {
  const char* name;
  void (*body)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int failures = 0;

struct Register {
  Register(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

// TM_TEST_FIRST ends the program with the first failure, for those who ask only whether there is one.
inline void report(const char* file, int line, const std::string& what) {
  if (++failures <= 20) std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  if (std::getenv("TM_TEST_FIRST") != nullptr) std::_Exit(1);
}

template <class A, class B>
void equal(const char* file, int line, const char* text, const A& a, const B& b) {
  if (a == b) return;
  std::ostringstream out;
  out << text << ": " << a << " is not " << b;
  report(file, line, out.str());
}

inline void near(const char* file, int line, const char* text, double a, double b, double tolerance) {
  if (std::fabs(a - b) <= tolerance) return;
  std::ostringstream out;
  out << text << ": " << a << " is not within " << tolerance << " of " << b;
  report(file, line, out.str());
}

inline int run(int argc, char** argv) {
  int ran = 0;
  for (const Test& test : tests()) {
    if (argc > 1 && std::strstr(test.name, argv[1]) == nullptr) continue;
    const int before = failures;
    test.body();
    ++ran;
    std::printf("%s %s\n", failures == before ? "ok    " : "FAILED", test.name);
    std::fflush(stdout);
  }
  std::printf("%d tests, %d failures\n", ran, failures);
  return failures == 0 && ran > 0 ? 0 : 1;
}

}  // namespace check

#define TEST(name)                                           \
  static void name();                                        \
  static const check::Register register_##name(#name, name); \
  static void name()
#define CHECK(condition) \
  if (!(condition)) check::report(__FILE__, __LINE__, #condition)
#define CHECK_TEXT(condition, text) \
  if (!(condition)) check::report(__FILE__, __LINE__, std::string(#condition ": ") + (text))
#define CHECK_EQ(a, b) check::equal(__FILE__, __LINE__, #a, a, b)
#define CHECK_NEAR(a, b, tolerance) check::near(__FILE__, __LINE__, #a, a, b, tolerance)
