#include "support/error.h"

#include <new>

namespace jb {
namespace {

thread_local std::string last_error;

void remember(const char* words) noexcept {
  try {
    last_error = words;
  } catch (...) {
    last_error.clear();  // no memory even for the words
  }
}

}  // namespace

jb_status remember_current_exception() noexcept {
  try {
    throw;
  } catch (const Error& e) {
    remember(e.what());
    return e.status();
  } catch (const std::bad_alloc&) {
    remember("out of memory");
    return JB_OUT_OF_MEMORY;
  } catch (const std::exception& e) {
    remember(e.what());
    return JB_DEVICE_ERROR;
  } catch (...) {
    remember("unknown failure");
    return JB_DEVICE_ERROR;
  }
}

}  // namespace jb

extern "C" const char* jb_last_error(void) { return jb::last_error.c_str(); }
