#include "support/last_error.h"

#include <string>

namespace {
thread_local std::string last_error;
}

extern "C" {

void jb_set_last_error(const char* words) {
  try {
    last_error = words;
  } catch (...) {
    last_error.clear();  // no memory even for the words
  }
}

const char* jb_last_error(void) { return last_error.c_str(); }
}
