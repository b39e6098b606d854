// A program of tests runs those whose "file.name" begins with one of its arguments, or all.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "test.h"

namespace {

struct Test {
  std::string name;
  void (*body)();
};

std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

uint64_t seed() {
  const char* wanted = std::getenv("JAUBERT_TEST_SEED");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : std::random_device{}();
}

bool wanted(const std::string& name, int argc, char** argv) {
  if (argc == 1) return true;
  for (int i = 1; i < argc; ++i) {
    if (name.rfind(argv[i], 0) == 0) return true;
  }
  return false;
}

}  // namespace

namespace test {

Registration::Registration(const char* file, const char* name, void (*body)()) {
  std::string stem(file);
  stem = stem.substr(stem.rfind('/') + 1);
  stem = stem.substr(0, stem.rfind("_test.cpp"));
  tests().push_back({stem + "." + name, body});
}

std::mt19937_64& random() {
  static std::mt19937_64 generator;
  return generator;
}

int run(int argc, char** argv) {
  const uint64_t first_seed = seed();
  std::printf("isa %s, JAUBERT_TEST_SEED=%llu\n", jb_isa_name(), static_cast<unsigned long long>(first_seed));
  int run = 0, failed = 0;
  for (const Test& one : tests()) {
    if (!wanted(one.name, argc, argv)) continue;
    ++run;
    test::random().seed(first_seed);  // so that a test sees the same numbers whichever others run
    const auto start = std::chrono::steady_clock::now();
    std::string words;
    try {
      one.body();
    } catch (const std::exception& e) {
      words = e.what();
      ++failed;
    }
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    std::printf("%-4s %s (%.0f ms)%s%s\n", words.empty() ? "ok" : "FAIL", one.name.c_str(), time.count(),
                words.empty() ? "" : "\n     ", words.c_str());
    std::fflush(stdout);
  }
  std::printf("%d tests, %d failed\n", run, failed);
  return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace test
