// Failures inside the library are exceptions; at the C ABI they become a status, and words for jb_last_error().
#ifndef JAUBERT_CPU_SUPPORT_ERROR_H
#define JAUBERT_CPU_SUPPORT_ERROR_H

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "jaubert/common.h"
#include "support/flush.h"

namespace jb {

class Error : public std::runtime_error {
 public:
  Error(jb_status status, const std::string& words) : std::runtime_error(words), status_(status) {}
  jb_status status() const { return status_; }

 private:
  jb_status status_;
};

// Remembers the exception being handled as this thread's last error and gives its status. To be called in a catch
// block.
jb_status remember_current_exception() noexcept;

namespace detail {

inline void append_formatted(std::ostringstream& out, std::string_view pattern) { out << pattern; }

template <typename First, typename... Rest>
void append_formatted(std::ostringstream& out, std::string_view pattern, const First& first, const Rest&... rest) {
  const size_t hole = pattern.find("{}");
  out << pattern.substr(0, hole);
  if (hole == std::string_view::npos) return;
  out << first;
  append_formatted(out, pattern.substr(hole + 2), rest...);
}

}  // namespace detail

// format("m is {}", -1) is "m is -1".
template <typename... Values>
[[gnu::cold]] std::string format(std::string_view pattern, const Values&... values) {
  std::ostringstream out;
  detail::append_formatted(out, pattern, values...);
  return out.str();
}

template <typename... Values>
[[noreturn, gnu::cold, gnu::noinline]] void fail(jb_status status, std::string_view pattern, const Values&... values) {
  throw Error(status, format(pattern, values...));
}

// Runs the body of a function of the C ABI: with denormal numbers taken for 0, and no exception leaves it.
template <typename Body>
jb_status guard(Body&& body) noexcept {
  const FlushDenormals flush;
  try {
    // Where the body's values lie is hidden, so that no arithmetic on them is done before that.
    auto* hidden = &body;
    asm volatile("" : "+r"(hidden)::"memory");
    (*hidden)();
    return JB_OK;
  } catch (...) {
    return remember_current_exception();
  }
}

}  // namespace jb

// JB_CHECK(n >= 0, "fill: n is {}", n): refuses an argument. The words name the function and the values.
#define JB_CHECK(condition, ...)                    \
  do {                                              \
    if (!(condition)) [[unlikely]]                  \
      ::jb::fail(JB_INVALID_ARGUMENT, __VA_ARGS__); \
  } while (false)

#endif
